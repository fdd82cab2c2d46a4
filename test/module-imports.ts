import { parseSync } from "vite";

/** One module specifier in a source file. */
export interface ModuleImport {
  readonly specifier: string;
  /** True when it is gone at run time. */
  readonly typeOnly: boolean;
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/**
 * Every module that a TypeScript file names: imports and exports of values and types, dynamic imports,
 * `import("x").T` types, `import x = require("x")` and `require("x")`. Throws when it does not parse.
 */
export function moduleImports(file: string, code: string): ModuleImport[] {
  const { program, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file}: ${errors.map((one) => one.message).join("; ")}`);
  const found: ModuleImport[] = [];
  visit(program, (node) => {
    const specifier = literal(sourceOf(node));
    if (specifier !== undefined) found.push({ specifier, typeOnly: isTypeOnly(node) });
  });
  return found;
}

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const one of value) visit(one, see);
  } else if (isNode(value)) {
    see(value);
    for (const one of Object.values(value)) visit(one, see);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}

/** The node that says which module `node` names, if it names one. */
function sourceOf(node: Node): unknown {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
    case "TSImportType":
      return node["source"];
    case "TSExternalModuleReference":
      return node["expression"];
    case "CallExpression": {
      const callee = node["callee"] as Node;
      return callee["name"] === "require" ? (node["arguments"] as unknown[])[0] : undefined;
    }
    default:
      return undefined;
  }
}

function literal(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (typeof node["value"] === "string") return node["value"];
  const quasis = node["quasis"] as { value: { cooked: string } }[] | undefined;
  return quasis?.length === 1 ? quasis[0]?.value.cooked : undefined;
}

function isTypeOnly(node: Node): boolean {
  if (node.type === "TSImportType") return true;
  if (node["importKind"] === "type" || node["exportKind"] === "type") return true;
  const specifiers = node["specifiers"] as Node[] | undefined;
  return (
    specifiers !== undefined &&
    specifiers.length > 0 &&
    specifiers.every((one) => one["importKind"] === "type" || one["exportKind"] === "type")
  );
}
