/** A part of a JSON Schema, as far as `kha explain` reads it. */
interface Schema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  examples?: unknown[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  anyOf?: Schema[];
  required?: string[];
  $ref?: string;
  definitions?: Record<string, Schema>;
}

export interface FieldExplanation {
  path: string;
  type: string;
  description?: string;
  default?: unknown;
  examples?: unknown[];
  choices?: unknown[];
  /** Fields inside, with their descriptions. */
  fields: { name: string; type: string; required: boolean; description?: string }[];
}

/** Finds a field by its path, such as `kubernetes.podSubnet` or `hosts.m1.address`. Undefined, with the nearest part's fields, where there is none. */
export function explainField(root: unknown, path: string): FieldExplanation | { missing: string; known: string[] } {
  const top = root as Schema;
  const parts = path
    .replaceAll(/\[[^\]]*\]/g, '.[]')
    .split('.')
    .filter((p) => p !== '');
  let candidates = [resolve(top, top)];
  let walked = '';
  for (const part of parts) {
    const open = candidates.flatMap((c) => variants(c, top));
    const next = open.flatMap((c) => child(c, part, top));
    if (next.length === 0) return { missing: part, known: open.flatMap((c) => Object.keys(c.properties ?? {})) };
    walked = walked === '' ? part : `${walked}.${part}`;
    candidates = next;
  }
  return describe(walked || 'the cluster file', candidates, top);
}

function describe(path: string, found: Schema[], top: Schema): FieldExplanation {
  const all = found.flatMap((s) => [s, ...variants(s, top)]);
  const first = <K extends keyof Schema>(key: K): Schema[K] | undefined => all.find((s) => s[key] !== undefined)?.[key];
  const inside = new Map<string, FieldExplanation['fields'][number]>();
  for (const schema of all.flatMap((s) => (s.items ? [s, ...variants(resolve(s.items, top), top)] : [s])))
    for (const [name, of] of Object.entries(schema.properties ?? {})) {
      const field = resolve(of, top);
      const description = field.description ?? variants(field, top).find((v) => v.description)?.description;
      inside.set(name, {
        name,
        type: typeOf(field, top),
        required: schema.required?.includes(name) ?? false,
        ...(description === undefined ? {} : { description }),
      });
    }
  const description = first('description');
  const examples = first('examples');
  const choices = first('enum');
  const otherwise = first('default');
  return {
    path,
    type: [...new Set(found.map((s) => typeOf(s, top)))].join(' or '),
    ...(description === undefined ? {} : { description }),
    ...(otherwise === undefined ? {} : { default: otherwise }),
    ...(examples === undefined ? {} : { examples }),
    ...(choices === undefined ? {} : { choices }),
    fields: [...inside.values()],
  };
}

function child(schema: Schema, part: string, top: Schema): Schema[] {
  if (part === '[]') return schema.items ? [resolve(schema.items, top)] : [];
  const known = schema.properties?.[part];
  if (known) return [resolve(known, top)];
  if (typeof schema.additionalProperties === 'object') return [resolve(schema.additionalProperties, top)];
  // `hosts[2].address` and `hosts.address` alike mean the field of each item.
  return schema.items ? variants(resolve(schema.items, top), top).flatMap((v) => child(v, part, top)) : [];
}

const variants = (schema: Schema, top: Schema): Schema[] =>
  schema.anyOf ? schema.anyOf.flatMap((v) => variants(resolve(v, top), top)) : [schema];

function resolve(schema: Schema, top: Schema): Schema {
  const name = schema.$ref?.replace('#/definitions/', '');
  const target = name === undefined ? undefined : top.definitions?.[name];
  return target ? { ...target, ...schema } : schema;
}

function typeOf(schema: Schema, top: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf) return [...new Set(schema.anyOf.map((v) => typeOf(resolve(v, top), top)))].join(' or ');
  if (schema.enum) return schema.enum.map(String).join(' | ');
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(resolve(schema.items, top), top) : 'values'}`;
  if (schema.type === 'object') return 'map';
  return [schema.type ?? 'any value'].flat().join(' or ');
}
