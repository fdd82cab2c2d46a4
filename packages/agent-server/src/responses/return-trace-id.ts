import type { MlflowTraceId, Span } from "@wheelhouse/core";
import { mlflowTraceId } from "@wheelhouse/core";

/** MLflow's name for a trace where the client asked for it: the header says `true`, in any case (B39, B40). */
export function returnTraceId(
  headers: Readonly<Record<string, string>>,
  span: Pick<Span, "traceId">,
): MlflowTraceId | undefined {
  return headers["x-mlflow-return-trace-id"]?.toLowerCase() === "true"
    ? mlflowTraceId(span.traceId)
    : undefined;
}
