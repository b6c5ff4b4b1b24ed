import { stringify } from 'yaml';

/**
 * YAML of one or more documents. Fields that are undefined are left out; strings that YAML 1.1 reads as something else
 * (`yes`, `0o17`, `1:30`) are quoted, since Kubernetes' readers are of that kind; no anchors, no folded lines.
 */
export function toYaml(...documents: unknown[]): string {
  return documents
    .map((document) =>
      stringify(document, { aliasDuplicateObjects: false, compat: 'yaml-1.1', lineWidth: 0, keepUndefined: false }),
    )
    .join('---\n');
}
