import { type ChildServer, startChildServer } from "./child-server.js";
import { type Spread, spreadOf } from "./statistics.js";
import type { Case, Sample, Target } from "./workload.js";

/** How long and how often is measured. */
export interface Rounds {
  readonly rounds: number;
  /** Of one target in one round. */
  readonly milliseconds: number;
}

/** What a target came to, beside the first target of its case. */
export interface TargetResult {
  readonly name: string;
  readonly value: Spread;
  readonly cpuUs: Spread;
  /** Per-round ratios to the first target. */
  readonly valueRatio: Spread;
  readonly cpuRatio: Spread;
  readonly generatorShare: Spread;
}

/**
 * Measures the targets of a case in turn, round after round, each round beginning with another one: a
 * machine that gets slower or busier meets all of them alike. A server runs all the time; an idle one
 * costs nothing.
 */
export async function runCase(
  { targets }: Case,
  rounds: Rounds,
  behind?: string,
): Promise<TargetResult[]> {
  const servers: ChildServer[] = [];
  const app = behind === undefined ? undefined : await startChildServer(behind);
  try {
    for (const target of targets) servers.push(await startWarm(target, rounds, app?.port));
    const samples = targets.map((): Sample[] => []);
    for (let round = 0; round < rounds.rounds; round++) {
      for (let turn = 0; turn < targets.length; turn++) {
        const at = (turn + round) % targets.length;
        samples[at]!.push(await measure(targets[at]!, servers[at]!, rounds.milliseconds));
      }
    }
    for (const [at, target] of targets.entries()) await target.check(servers[at]!.port);
    return targets.map((target, at) => summarise(target.name, samples[at]!, samples[0]!));
  } finally {
    await Promise.all(servers.map((server) => server.close()));
    await app?.close();
  }
}

async function startWarm(
  target: Target,
  { milliseconds }: Rounds,
  behindPort: number | undefined,
): Promise<ChildServer> {
  const server = await startChildServer(target.server, behindPort);
  await target.check(server.port);
  await target.load(server.port, milliseconds);
  return server;
}

async function measure(target: Target, server: ChildServer, milliseconds: number): Promise<Sample> {
  // The first moments of a load are not measured: connections are made and queues fill.
  await target.load(server.port, milliseconds / 5);
  const cpuBefore = await server.cpuUs();
  const own = process.cpuUsage();
  const began = performance.now();
  const { value, units } = await target.load(server.port, milliseconds);
  const elapsedUs = (performance.now() - began) * 1000;
  const { user, system } = process.cpuUsage(own);
  const cpuAfter = await server.cpuUs();
  return {
    value,
    cpuUs: (cpuAfter - cpuBefore) / units,
    generatorShare: (user + system) / elapsedUs,
  };
}

function summarise(
  name: string,
  samples: readonly Sample[],
  first: readonly Sample[],
): TargetResult {
  const ratios = (of: (sample: Sample) => number): Spread =>
    spreadOf(samples.map((sample, round) => of(sample) / of(first[round]!)));
  return {
    name,
    value: spreadOf(samples.map(({ value }) => value)),
    cpuUs: spreadOf(samples.map(({ cpuUs }) => cpuUs)),
    valueRatio: ratios(({ value }) => value),
    cpuRatio: ratios(({ cpuUs }) => cpuUs),
    generatorShare: spreadOf(samples.map(({ generatorShare }) => generatorShare)),
  };
}
