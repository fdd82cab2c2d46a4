import { httpClient, readBody } from "./http-client.js";
import { until } from "./until.js";

/** Time for connections to close and the last runs to end, in milliseconds. */
const SETTLE_MS = 15_000;

/** How much more there may be at the end than after the warm-up. */
const MARGIN = {
  /** Compiled code, caches of numbers and strings: bytes. */
  heapUsed: 2 * 1024 * 1024,
  descriptors: 2,
  /** Of one kind: a timer of the connection that asks, or one that the next collection takes. */
  resources: 2,
  objects: 3,
  /** Everything that inherits from Object, which is nearly everything; a run that is kept has dozens. */
  anyObject: 100,
};

/** What the fixture tells about its process. */
export interface Measure {
  readonly runs: { started: number; ended: number; left: number };
  readonly objects: Readonly<Record<string, number>>;
  readonly resources: Readonly<Record<string, number>>;
  readonly heapUsed: number;
  /** Where the system tells. */
  readonly descriptors?: number;
}

/** Asks the fixture `soak-agent.mjs` what its process holds. */
async function measure(port: number): Promise<Measure> {
  using client = httpClient(port, { keepAlive: false });
  const body = { input: [{ role: "user", content: "" }] };
  const answer = await client.send({ path: "/agents/measuring/invocations", body });
  return JSON.parse(await readBody(answer)).custom_outputs;
}

/** What `later` has too much of. */
export function excess(base: Measure, later: Measure): string[] {
  const found: string[] = [];
  const compare = (name: string, before = 0, after = 0, margin: number): void => {
    if (after > before + margin) found.push(`${name}: ${before}, then ${after}`);
  };
  compare("heapUsed", base.heapUsed, later.heapUsed, MARGIN.heapUsed);
  compare("descriptors", base.descriptors, later.descriptors, MARGIN.descriptors);
  for (const kind of ["objects", "resources"] as const)
    for (const [name, after] of Object.entries(later[kind]))
      compare(name, base[kind][name], after, name === "Object" ? MARGIN.anyObject : MARGIN[kind]);
  return found;
}

/** The last measure, once all runs have ended and `holds` is true of it, or when the time for that is over. */
export async function measureAtRest(
  port: number,
  holds: (measured: Measure) => boolean = () => true,
): Promise<Measure> {
  let last = await measure(port);
  await until(
    "the server is at rest",
    async () => {
      last = await measure(port);
      return last.runs.started === last.runs.ended && holds(last);
    },
    SETTLE_MS,
  ).catch(() => {});
  return last;
}
