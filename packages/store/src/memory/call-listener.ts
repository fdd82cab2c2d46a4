import { errorText, type Logger } from "@wheelhouse/core";

/** Calls a listener so that its failure is logged and reaches nobody else. */
export function callListener<Value>(
  listener: (value: Value) => void,
  value: Value,
  logger: Logger,
): void {
  try {
    listener(value);
  } catch (error) {
    logger.error({ err: error }, `A store listener threw: ${errorText(error)}`);
  }
}
