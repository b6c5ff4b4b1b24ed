import type { Path } from '../../cluster/issue.ts';

/** The part of zod's definitions that the walk needs; stable since zod 4.0. */
interface Definition {
  type: string;
  shape?: Record<string, SchemaNode>;
  innerType?: SchemaNode;
  element?: SchemaNode;
  valueType?: SchemaNode;
  options?: SchemaNode[];
  in?: SchemaNode;
  out?: SchemaNode;
}
export interface SchemaNode {
  _zod: { def: unknown };
}

/** Keys that the schema allows at a path; empty where it allows any or the path is not an object. */
export function knownKeys(schema: SchemaNode, path: Path): string[] {
  return [...new Set(nodesAt(schema, path).flatMap((node) => Object.keys(definition(node).shape ?? {})))];
}

/** All dotted paths of settings that the schema knows, for `kha explain config` and "did you mean". */
export function knownPaths(schema: SchemaNode, prefix: string[] = []): string[] {
  return unwrap(schema).flatMap((node) =>
    Object.entries(definition(node).shape ?? {}).flatMap(([key, value]) => {
      const path = [...prefix, key];
      return [path.join('.'), ...knownPaths(value, path)];
    }),
  );
}

function nodesAt(schema: SchemaNode, path: Path): SchemaNode[] {
  let nodes = unwrap(schema);
  for (const step of path)
    nodes = nodes.flatMap((node) => {
      const { shape, element, valueType } = definition(node);
      const next = typeof step === 'number' ? element : (shape?.[step] ?? valueType);
      return next ? unwrap(next) : [];
    });
  return nodes;
}

/** Sees through optional, default, pipe and union. */
function unwrap(node: SchemaNode): SchemaNode[] {
  const { type, innerType, options, in: before, out } = definition(node);
  if (type === 'union') return (options ?? []).flatMap(unwrap);
  if (type === 'pipe' && out) return [...(before ? unwrap(before) : []), ...unwrap(out)];
  return innerType ? unwrap(innerType) : [node];
}

// oxlint-disable-next-line no-underscore-dangle -- the name that zod gives its definitions.
const definition = (node: SchemaNode): Definition => node._zod.def as Definition;
