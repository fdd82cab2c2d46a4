/** One field of a protobuf message: the wire format, https://protobuf.dev/programming-guides/encoding/ */
interface Field {
  readonly number: number;
  /** Varints and fixed64 as bigint, the rest as bytes. */
  readonly value: bigint | Uint8Array;
}

/** The fields of a message in their order. Throws for bytes that are no message. */
function fieldsOf(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("The message ends within a number.");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Error("The message ends within a field.");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >> 3;
    switch (tag & 7) {
      case 0:
        fields.push({ number, value: varint() });
        break;
      case 1:
        fields.push({ number, value: view.getBigUint64(at, true) });
        take(8);
        break;
      case 2:
        fields.push({ number, value: take(Number(varint())) });
        break;
      case 5:
        fields.push({ number, value: BigInt(view.getUint32(at, true)) });
        take(4);
        break;
      default:
        throw new Error(`Field ${number} has a wire type that is none.`);
    }
  }
  return fields;
}

const all = (fields: readonly Field[], number: number): Uint8Array[] =>
  fields
    .filter((field) => field.number === number)
    .map(({ value }) => (typeof value === "bigint" ? new Uint8Array() : value));
const one = (fields: readonly Field[], number: number): Uint8Array =>
  all(fields, number).at(-1) ?? new Uint8Array();
const int = (fields: readonly Field[], number: number): bigint => {
  const value = fields.findLast((field) => field.number === number)?.value;
  return typeof value === "bigint" ? value : 0n;
};
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** A span as it arrived (opentelemetry-proto, trace.proto). */
export interface ArrivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** "" for a root. */
  readonly parentId: string;
  readonly name: string;
  readonly kind: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { name: string; attributes: Readonly<Record<string, unknown>> }[];
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly message: string;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** The spans of an ExportTraceServiceRequest. */
export function decodeTraces(body: Uint8Array): ArrivedSpan[] {
  return all(fieldsOf(body), 1).flatMap((resourceSpans) => {
    const fields = fieldsOf(resourceSpans);
    const resource = attributesOf(all(fieldsOf(one(fields, 1)), 1));
    return all(fields, 2).flatMap((scope) =>
      all(fieldsOf(scope), 2).map((span) => toSpan(fieldsOf(span), resource)),
    );
  });
}

function toSpan(fields: readonly Field[], resource: ArrivedSpan["resource"]): ArrivedSpan {
  const status = fieldsOf(one(fields, 15));
  return {
    traceId: hex(one(fields, 1)),
    spanId: hex(one(fields, 2)),
    parentId: hex(one(fields, 4)),
    name: text(one(fields, 5)),
    kind: Number(int(fields, 6)),
    start: int(fields, 7),
    end: int(fields, 8),
    attributes: attributesOf(all(fields, 9)),
    events: all(fields, 11).map((event) => {
      const parts = fieldsOf(event);
      return { name: text(one(parts, 2)), attributes: attributesOf(all(parts, 3)) };
    }),
    status: Number(int(status, 3)),
    message: text(one(status, 2)),
    resource,
  };
}

function attributesOf(pairs: readonly Uint8Array[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const fields = fieldsOf(pair);
      return [text(one(fields, 1)), anyValue(one(fields, 2))];
    }),
  );
}

function anyValue(bytes: Uint8Array): unknown {
  const field = fieldsOf(bytes)[0];
  if (field === undefined) return undefined;
  const { number, value } = field;
  if (typeof value === "bigint") {
    if (number === 2) return value === 1n;
    if (number === 3) return Number(BigInt.asIntN(64, value));
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, value);
    return view.getFloat64(0);
  }
  if (number === 5) return all(fieldsOf(value), 1).map(anyValue);
  return text(value);
}
