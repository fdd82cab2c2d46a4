import { defineConfig } from "tsup";

export default defineConfig(({ watch }) => ({
  entry: ["src/index.ts", "src/config.ts"],
  format: "esm",
  target: "node22",
  platform: "node",
  sourcemap: true,
  clean: !watch,
  dts: false,
}));
