import { AppError, issuePath, type ParseCustomInputs } from "@wheelhouse/core";
import type { StandardResult, StandardSchema } from "./standard-schema.js";

/**
 * Makes a schema into the check of a request's `custom_inputs`. Absent or null counts as `{}`, so that
 * defaults apply. Gives a promise when the schema checks asynchronously.
 * Errors: `invalid_request` with the field as param.
 */
export function customInputsParser(schema: StandardSchema): ParseCustomInputs {
  return (value) => {
    const result = schema["~standard"].validate(value ?? {});
    return result instanceof Promise ? result.then(unwrap) : unwrap(result);
  };
}

function unwrap(result: StandardResult<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  const [first] = result.issues;
  const path = (first?.path ?? []).map((step) => (typeof step === "object" ? step.key : step));
  const param = issuePath(["custom_inputs", ...path]);
  throw new AppError("invalid_request", {
    param,
    message: `${param}: ${first?.message ?? "Invalid input"}`,
  });
}
