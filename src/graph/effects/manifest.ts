import { type Command, sh, shJoin } from '../../formats/sh.ts';
import type { EffectKind } from './effect.ts';
import { printing } from './file.ts';

/** Kubernetes objects as declared, by server-side apply from a master. */
export interface ManifestEffect {
  kind: 'manifest';
  title: string;
  yaml: string;
}

export const manifest = (title: string, yaml: string): ManifestEffect => ({ kind: 'manifest', title, yaml });

const kubectl = sh`kubectl --kubeconfig /etc/kubernetes/admin.conf`;
const withYaml = (e: ManifestEffect, rest: Command): Command =>
  shJoin([sh`kha_content() {`, printing(e.yaml), sh`}`, rest]);

export const manifestKind: EffectKind<ManifestEffect> = {
  kind: 'manifest',
  title: (e) => `objects of ${e.title}`,
  want: () => 'same',
  look: (e) =>
    withYaml(
      e,
      sh`if kha_content | ${kubectl} diff --server-side --force-conflicts --field-manager=kha -f - >/dev/null 2>&1; then echo same; else echo differ; fi`,
    ),
  act: (e) => withYaml(e, sh`kha_content | ${kubectl} apply --server-side --force-conflicts --field-manager=kha -f -`),
  content: (e) => e.yaml,
};
