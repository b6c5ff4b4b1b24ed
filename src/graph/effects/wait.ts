import { type Command, sh, shJoin, shRaw } from '../../formats/sh.ts';
import type { EffectKind } from './effect.ts';

/** Something that comes about by itself (a static pod that kubelet starts) and is waited for. */
export interface WaitEffect {
  kind: 'wait';
  title: string;
  /** Exits 0 when it has come about. */
  probe: string;
  timeoutSeconds: number;
  /** Prints why it may not have come about. */
  explain?: string;
  /** The containers on this host that it depends on: their last words tell why it does not come about. */
  containers?: string[];
}

export const wait = (
  title: string,
  parts: { probe: Command; timeoutSeconds: number; explain?: Command; containers?: string[] },
): WaitEffect => ({
  kind: 'wait',
  title,
  probe: parts.probe.text,
  timeoutSeconds: parts.timeoutSeconds,
  ...(parts.explain ? { explain: parts.explain.text } : {}),
  ...(parts.containers ? { containers: parts.containers } : {}),
});

export const waitKind: EffectKind<WaitEffect> = {
  kind: 'wait',
  title: (e) => e.title,
  want: () => 'so',
  // It was waited for already.
  hopeless: /^not so after \d+ s: /m,
  look: (e) => sh`if ( ${shRaw(e.probe)} ) >/dev/null 2>&1; then echo so; else echo 'not yet'; fi`,
  act: (e) =>
    shJoin([
      sh`t=$(( $(date +%s) + ${e.timeoutSeconds} ))`,
      sh`until ( ${shRaw(e.probe)} ) >/dev/null 2>&1; do`,
      sh`  if [ "$(date +%s)" -ge "$t" ]; then echo ${`not so after ${e.timeoutSeconds} s: ${e.title}`} >&2; ${e.explain === undefined ? shRaw('') : sh`( ${shRaw(e.explain)} ) >&2; `}exit 1; fi`,
      sh`  sleep 0.2`,
      sh`done`,
    ]),
};
