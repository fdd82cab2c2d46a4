/** Label sets one instrument keeps; more are counted together as `other`. */
const MAX_SETS = 200;

type Labels = Readonly<Record<string, string>>;

/** One metric in Prometheus's text form, version 0.0.4. */
export interface Instrument {
  text(): string;
}

/** Only grows. */
export class Counter implements Instrument {
  readonly #name: string;
  readonly #help: string;
  readonly #values = new Map<string, number>();

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  add(labels: Labels, amount: number): void {
    const key = labelKey(labels, this.#values);
    this.#values.set(key, (this.#values.get(key) ?? 0) + amount);
  }

  text(): string {
    const lines = [...this.#values].map(
      ([labels, value]) => `${this.#name}${braces(labels)} ${value}`,
    );
    return block(this.#name, this.#help, "counter", lines);
  }
}

/** Read when it is asked for. */
export class Gauge implements Instrument {
  readonly #name: string;
  readonly #help: string;
  readonly #read: () => number;

  constructor(name: string, help: string, read: () => number) {
    this.#name = name;
    this.#help = help;
    this.#read = read;
  }

  text(): string {
    return block(this.#name, this.#help, "gauge", [`${this.#name} ${this.#read()}`]);
  }
}

interface Distribution {
  /** By bound, not yet added up; the last is what is over all bounds. */
  readonly counts: number[];
  sum: number;
}

/** How often values were at most so large. */
export class Histogram implements Instrument {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #values = new Map<string, Distribution>();

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.#name = name;
    this.#help = help;
    this.#bounds = bounds;
  }

  observe(labels: Labels, value: number): void {
    const key = labelKey(labels, this.#values);
    let found = this.#values.get(key);
    if (found === undefined) {
      found = { counts: this.#bounds.map(() => 0).concat(0), sum: 0 };
      this.#values.set(key, found);
    }
    let at = 0;
    while (at < this.#bounds.length && value > this.#bounds[at]!) at++;
    found.counts[at]!++;
    found.sum += value;
  }

  text(): string {
    const lines: string[] = [];
    for (const [labels, { counts, sum }] of this.#values) {
      let total = 0;
      for (const [at, count] of counts.entries()) {
        total += count;
        const bound = `le="${this.#bounds[at] ?? "+Inf"}"`;
        const all = labels === "" ? bound : `${labels},${bound}`;
        lines.push(`${this.#name}_bucket{${all}} ${total}`);
      }
      lines.push(`${this.#name}_sum${braces(labels)} ${sum}`);
      lines.push(`${this.#name}_count${braces(labels)} ${total}`);
    }
    return block(this.#name, this.#help, "histogram", lines);
  }
}

function labelKey(labels: Labels, values: ReadonlyMap<string, unknown>): string {
  const key = labelText(labels);
  if (values.size < MAX_SETS || values.has(key)) return key;
  return labelText(Object.fromEntries(Object.keys(labels).map((name) => [name, "other"])));
}

/** Backslash, quote and line end are escaped, and nothing else. */
function labelText(labels: Labels): string {
  let text = "";
  for (const name in labels) {
    const value = labels[name]!;
    const escaped = /[\\"\n]/.test(value)
      ? value.replaceAll(/[\\"]/g, String.raw`\$&`).replaceAll("\n", String.raw`\n`)
      : value;
    text += `${text === "" ? "" : ","}${name}="${escaped}"`;
  }
  return text;
}

const braces = (labels: string): string => (labels === "" ? "" : `{${labels}}`);

const block = (name: string, help: string, type: string, lines: readonly string[]): string =>
  [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
