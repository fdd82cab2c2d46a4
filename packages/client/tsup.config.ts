import { defineConfig } from "tsup";

export default defineConfig(({ watch }) => ({
  entry: ["src/index.ts"],
  format: "esm",
  target: "node22",
  platform: "neutral",
  sourcemap: true,
  clean: !watch,
  dts: false,
}));
