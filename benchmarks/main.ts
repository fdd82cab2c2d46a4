import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { runCase } from "./lib/run-case.js";
import { formatCase, formatLoad, machine } from "./lib/report.js";
import { proxyTable } from "./proxies/proxy-table.js";
import { w1 } from "./w1.js";
import { w2a } from "./w2a.js";
import { w3 } from "./w3.js";
import { w4 } from "./w4.js";
import { w7 } from "./w7.js";

const WORKLOADS = [w1, w2a, w3, w4, w7];
const names = WORKLOADS.map(({ id }) => id).join(", ");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "6" },
    seconds: { type: "string", default: "2" },
    case: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
if (positionals[0] === "proxies") {
  await proxyTable();
  process.exit(0);
}
const rounds = Number(values.rounds);
const milliseconds = Number(values.seconds) * 1000;
const workload = WORKLOADS.find(({ id }) => id === positionals[0]);
if (workload === undefined || !(rounds >= 1) || !(milliseconds > 0)) {
  console.error(
    `Usage: npm run bench -- <${names}, proxies> [--rounds 6] [--seconds 2] [--case "4 KB"] [--json]`,
  );
  process.exit(2);
}

const before = loadavg();
const results = [];
if (!values.json) console.log(`${workload.id}: ${workload.title}\n${machine()}\n`);
for (const one of workload.cases) {
  if (values.case !== undefined && values.case !== one.name) continue;
  const targets = await runCase(one, { rounds, milliseconds }, workload.behind);
  const unit = one.unit ?? workload.unit;
  results.push({ case: one.name, unit, targets });
  if (!values.json) console.log(formatCase(one.name, unit, targets));
}
const load = { before, after: loadavg() };
if (values.json)
  console.log(
    JSON.stringify({
      workload: workload.id,
      machine: machine(),
      rounds,
      milliseconds,
      load,
      results,
    }),
  );
else console.log(formatLoad(load.before, load.after));
