import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder of Markdown files that is removed at the end of its scope. */
export async function tempDocs(files: Readonly<Record<string, string>>) {
  const root = await mkdtemp(join(tmpdir(), "docs-agent-"));
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  };
  for (const [name, text] of Object.entries(files)) await write(name, text);
  return {
    root,
    write,
    remove: (name: string) => rm(join(root, name)),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
