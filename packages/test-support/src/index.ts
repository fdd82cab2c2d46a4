// This file is the whole surface of @wheelhouse/test-support.

// What a test may need from the machine
export { requirement } from "./requirement.js";
export type { Found, Requirement, RequirementName } from "./requirement.js";
export { findExecutable } from "./programs/find-executable.js";
export { CHROMIUM_FLAGS, chromiumPath, findChromium } from "./programs/chromium.js";
export { startChromium } from "./programs/start-chromium.js";
export type { BrowserPage } from "./programs/start-chromium.js";
export { claudeCliPath, findClaudeCli } from "./programs/claude-cli.js";

// Services
export { findMlflow } from "./services/find-mlflow.js";
export { findPostgres } from "./services/find-postgres.js";
export { findRedis } from "./services/find-redis.js";
export type { RunningService } from "./services/running-service.js";
export { startMlflow } from "./services/start-mlflow.js";
export { startPostgres } from "./services/start-postgres.js";
export { startRedis } from "./services/start-redis.js";

// Small helpers
export { collectSse } from "./collect-sse.js";
export type { CollectedFrame, CollectSseOptions } from "./collect-sse.js";
export { freePort } from "./free-port.js";
export { rawRequest } from "./raw-request.js";
export type { RawRequestOptions } from "./raw-request.js";
export { soakSeconds } from "./soak-seconds.js";
export { tempDir } from "./temp-dir.js";
export type { TempDir } from "./temp-dir.js";
export { until } from "./until.js";
export type { UntilOptions } from "./until.js";
