import { chmod, mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { findChromium, findClaudeCli, findExecutable, tempDir } from "../src/index.js";

async function program(folder: string, name: string, mode: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(path, "#!/bin/sh\n");
  await chmod(path, mode);
  return path;
}

test("an executable is found by PATH first, in its order, then in the further folders", async () => {
  await using folder = await tempDir();
  const [one, two, three] = ["one", "two", "three"].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  const last = await program(three, "tool", 0o755);
  const env = { PATH: ["", one, two].join(delimiter) };
  expect(findExecutable("tool", [], env)).toBeUndefined();
  expect(findExecutable("tool", [three], env)).toBe(last);
  const second = await program(two, "tool", 0o755);
  expect(findExecutable("tool", [three], env)).toBe(second);
  await mkdir(join(one, "tool"), { recursive: true });
  expect(findExecutable("tool", [three], env)).toBe(second);
});

test("a file that may not be run is no program", async () => {
  await using folder = await tempDir();
  await program(folder.path, "tool", 0o644);
  expect(findExecutable("tool", [folder.path], {})).toBeUndefined();
});

test.each([
  ["CHROMIUM_PATH", findChromium],
  ["CLAUDE_CLI", findClaudeCli],
] as const)("%s chooses the program, and a wrong one is not passed over", async (name, find) => {
  await using folder = await tempDir();
  const path = await program(folder.path, "chosen", 0o755);
  expect(find({ [name]: path })).toEqual({ path });
  const gone = join(folder.path, "gone");
  expect(find({ ...process.env, [name]: gone })).toEqual({
    missing: `${name} names no program: ${gone}`,
  });
});

test("a missing program is told with the way to get it", () => {
  expect(findClaudeCli({ PATH: "" })).toEqual({
    missing: expect.stringContaining("npm install") as string,
  });
});
