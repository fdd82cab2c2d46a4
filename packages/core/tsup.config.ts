import { defineConfig } from "tsup";

export default defineConfig(({ watch }) => ({
  // One file a module: a bundler for browsers can leave whole modules out, so that who takes `decodeSse`
  // does not carry the schemas and zod.
  entry: ["src/**/*.ts"],
  bundle: false,
  format: "esm",
  target: "node22",
  platform: "neutral",
  sourcemap: true,
  clean: !watch,
  dts: false,
}));
