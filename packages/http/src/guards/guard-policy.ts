import { AppError, type User } from "@wheelhouse/core";
import type { RoutePolicy } from "../route.js";
import type { Verdict } from "./verdict.js";

/** Last guard: what the route itself asks of the user. Without authentication there is no user to ask it of. */
export function guardPolicy(policy: RoutePolicy, user: User | null): Verdict {
  if (policy.access !== "admin" || user === null || user.isAdmin) return undefined;
  return new AppError("permission_denied");
}
