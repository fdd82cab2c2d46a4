import { transform } from "esbuild";
import { defaultServerConditions, type Plugin } from "vite";
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { PlainReporter } from "./scripts/plain-reporter.js";

/** Vite 8's own transformer leaves standard decorators as they are and no Node runs them: esbuild lowers them. */
const lowerTypeScript: Plugin = {
  name: "lower-typescript",
  enforce: "pre",
  async transform(code, id) {
    const file = id.split("?", 1)[0] ?? id;
    if (!/\.[cm]?tsx?$/.test(file) || file.includes("/node_modules/")) return null;
    const out = await transform(code, {
      loader: file.endsWith("x") ? "tsx" : "ts",
      target: "node22",
      sourcemap: true,
      sourcefile: file,
    });
    return { code: out.code, map: out.map };
  },
};

const HEAVY = ["services", "browser", "cli", "soak", "chaos"] as const;
const heavyFiles = `**/*.{${HEAVY.join(",")}}.test.ts`;
/** Milliseconds that a soak or chaos test may take: its own time and a minute around it. */
const soakTimeout = (Number(process.env["WHEELHOUSE_SOAK_SECONDS"] ?? 30) + 60) * 1000;

/** Tests that need nothing but Node; their files run side by side. */
const light = (name: string, include: string[]): TestProjectInlineConfiguration => ({
  extends: true,
  test: {
    name,
    include,
    exclude: [...configDefaults.exclude, heavyFiles],
    testTimeout: 15_000,
    hookTimeout: 15_000,
  },
});

/** Tests `*.<name>.test.ts` that start services, browsers or long loads: after the others, one file at a time. */
const heavy = (name: (typeof HEAVY)[number], index: number): TestProjectInlineConfiguration => ({
  extends: true,
  test: {
    name,
    include: [`**/*.${name}.test.ts`],
    testTimeout: name === "soak" || name === "chaos" ? soakTimeout : 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
    maxWorkers: 1,
    sequence: { groupOrder: 1 + index },
  },
});

export default defineConfig({
  plugins: [lowerTypeScript],
  oxc: false,
  ssr: { resolve: { conditions: ["@wheelhouse/source", ...defaultServerConditions] } },
  test: {
    reporters: ["default", new PlainReporter()],
    coverage: {
      provider: "v8",
      include: ["packages/*/src/**", "apps/*/src/**"],
      reporter: ["text", "lcov"],
    },
    projects: [
      light("unit", [
        "packages/*/test/**/*.test.ts",
        "apps/*/test/**/*.test.ts",
        "examples/*/test/**/*.test.ts",
        "test/**/*.test.ts",
      ]),
      light("conformance", ["conformance/test/**/*.test.ts"]),
      ...HEAVY.map(heavy),
    ],
  },
});
