import { z } from 'zod';
import { clusterFile } from './schema/cluster.ts';

/** The cluster file's JSON Schema (draft 7, which editors read best), for config/cluster.schema.json. */
export function clusterJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(clusterFile, { io: 'input', target: 'draft-7', unrepresentable: 'any' });
}

/** The text of config/cluster.schema.json. */
export const clusterJsonSchemaText = (): string => `${JSON.stringify(clusterJsonSchema(), null, 2)}\n`;
