/** One level of a {@link Logger}: fields first, as pino takes them. */
export interface LogMethod {
  (fields: Readonly<Record<string, unknown>>, message?: string): void;
  (message: string): void;
}

/** Where log lines go; pino fits as it is. */
export interface Logger {
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
}

const nothing = (): void => {};

/** A logger that drops everything: the default of libraries. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};
