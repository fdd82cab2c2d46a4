/** A line longer than this is cut. */
const LONGEST_LINE = 8_192;

/** Makes a function that takes pieces of text and hands on whole lines, without what ends them. */
export function splitLines(onLine: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop()!;
    for (const line of lines) onLine(line.slice(0, LONGEST_LINE));
    if (rest.length > LONGEST_LINE) {
      onLine(rest.slice(0, LONGEST_LINE));
      rest = "";
    }
  };
}
