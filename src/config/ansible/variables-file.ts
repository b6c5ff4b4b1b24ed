import { isMap, isNode, isScalar, parseDocument } from 'yaml';
import type { SourceFile } from '../source.ts';
import { explainYaml } from '../yaml-source.ts';
import type { Located, Trouble } from './located.ts';
import { splitWords } from './words.ts';

export interface VariablesFile {
  variables: Map<string, Located>;
  troubles: Trouble[];
}

/** Reads a file of extra variables (`-e @variables.yaml`): a YAML or JSON map. An empty one has no variables. */
export function readVariablesFile(file: SourceFile): VariablesFile {
  const document = parseDocument(file.text, { prettyErrors: false, merge: true, version: '1.1', logLevel: 'error' });
  const troubles: Trouble[] = document.errors.map((error) => {
    const [message, hint] = explainYaml(error.code, error.message, file.text.slice(error.pos[0]));
    return { file, offset: error.pos[0], message, ...(hint && { hint }) };
  });
  for (const warning of document.warnings)
    if (warning.code === 'TAG_RESOLVE_FAILED') troubles.push(unknownTag(file, warning.pos[0]));
  const variables = new Map<string, Located>();
  if (troubles.length > 0 || document.contents === null) return { variables, troubles };
  if (!isMap(document.contents)) {
    troubles.push({
      file,
      offset: 0,
      message: 'The file is not a map of variables.',
      hint: 'Write `name: value`, one a line.',
    });
    return { variables, troubles };
  }
  for (const pair of document.contents.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : '';
    const nameOffset = isNode(pair.key) ? (pair.key.range?.[0] ?? 0) : 0;
    const node = isNode(pair.value) ? pair.value : null;
    const quoted = isScalar(node) && node.type?.startsWith('QUOTE_') ? 1 : 0;
    try {
      const value: unknown = node ? node.toJS(document, { maxAliasCount: 100 }) : null;
      variables.set(key, { value, file, offset: (node?.range?.[0] ?? nameOffset) + quoted, nameOffset });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      troubles.push({ file, offset: nameOffset, message: `The value can't be read: ${message}.` });
    }
  }
  return { variables, troubles };
}

/** Reads `name=value other=value` of a command line; values are texts, as in Ansible. */
export function readVariablesText(file: SourceFile): VariablesFile {
  if (/^\s*[{[]/.test(file.text)) return readVariablesFile(file);
  const words = splitWords(file.text);
  if (!Array.isArray(words))
    return { variables: new Map(), troubles: [{ file, offset: words.offset, message: words.message }] };
  const variables = new Map<string, Located>();
  const troubles: Trouble[] = [];
  for (const { text, offset } of words) {
    const equals = text.indexOf('=');
    if (equals < 1)
      troubles.push({
        file,
        offset,
        message: `${text} is not a variable.`,
        hint: 'Write name=value, or @file for a file of variables.',
      });
    else
      variables.set(text.slice(0, equals), {
        value: text.slice(equals + 1),
        file,
        offset: offset + equals + 1,
        nameOffset: offset,
      });
  }
  return { variables, troubles };
}

function unknownTag(file: SourceFile, offset: number): Trouble {
  const tag = /^!\S+/.exec(file.text.slice(offset))?.[0] ?? 'the tag';
  return tag === '!vault'
    ? {
        file,
        offset,
        message: 'The value is encrypted with Ansible Vault, which kha does not read.',
        hint: 'Keep the secret with `kha secret put`, and take the variable out of the file.',
      }
    : { file, offset, message: `The YAML tag ${tag} is not understood.`, hint: 'Write the value without it.' };
}
