/** One heading of a Markdown file with the text under it, up to the next heading. */
export interface Section {
  /** The file's path from the root, and the heading's anchor: `docs/guide/streaming.md#pings`. */
  id: string;
  file: string;
  /** The heading's text without markup; the file's name where text comes before any heading. */
  title: string;
  /** The titles of the headings above this one, outermost first. */
  trail: string[];
  /** The Markdown under the heading, without the heading. Links are paths from the root. */
  body: string;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$/;

/** Splits a Markdown file at its headings. A `#` inside a code block is code. */
export function splitSections(file: string, markdown: string): Section[] {
  const sections: Section[] = [];
  const anchors = new Map<string, number>();
  const open: { level: number; title: string }[] = [];
  let current: { id: string; title: string; trail: string[]; lines: string[] } = {
    id: file,
    title: file.split("/").at(-1) ?? file,
    trail: [],
    lines: [],
  };
  let fence: string | undefined;

  const finish = (): void => {
    const body = current.lines.join("\n").trim();
    // A heading with nothing of its own under it is still an answer's title, through the trail of its children.
    if (body === "") return;
    const { id, title, trail } = current;
    sections.push({ id, file, title, trail, body: rebaseLinks(file, body) });
  };

  for (const line of markdown.split(/\r?\n/)) {
    const mark = FENCE.exec(line)?.[1];
    if (fence === undefined) fence = mark;
    else if (mark !== undefined && mark.startsWith(fence) && line.trim() === mark)
      fence = undefined;

    const heading = fence === undefined && mark === undefined ? HEADING.exec(line) : null;
    if (heading === null) {
      current.lines.push(line);
      continue;
    }
    finish();
    const level = heading[1]!.length;
    const title = plainText(heading[2]!);
    while ((open.at(-1)?.level ?? 0) >= level) open.pop();
    const trail = open.map((entry) => entry.title);
    open.push({ level, title });
    current = { id: `${file}#${anchor(title, anchors)}`, title, trail, lines: [] };
  }
  finish();
  return sections;
}

/** A heading's anchor as GitHub makes it: the second of a name gets `-1`. */
function anchor(title: string, seen: Map<string, number>): string {
  const slug = title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
  const count = seen.get(slug) ?? 0;
  seen.set(slug, count + 1);
  return count === 0 ? slug : `${slug}-${count}`;
}

function plainText(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[`*]/g, "")
    .trim();
}

/** Makes links to other files hold from the root, where the answer is read. Code is left as it is. */
function rebaseLinks(file: string, body: string): string {
  const folder = file.split("/").slice(0, -1);
  return body
    .split(/(^ {0,3}(?:`{3,}|~{3,})[\s\S]*?^ {0,3}(?:`{3,}|~{3,})[ \t]*$)/m)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part.replace(/\]\((?![a-z][a-z0-9+.-]*:|\/)([^)\s]+)\)/gi, (_, target: string) => {
            if (target.startsWith("#")) return `](${file}${target})`;
            const path = [...folder];
            for (const step of target.split("/")) {
              if (step === "..") path.pop();
              else if (step !== ".") path.push(step);
            }
            return `](${path.join("/")})`;
          }),
    )
    .join("");
}
