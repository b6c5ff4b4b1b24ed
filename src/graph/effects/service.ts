import { sh, shJoin, shRaw } from '../../formats/sh.ts';
import type { EffectKind } from './effect.ts';

/** A systemd unit that is enabled and running with its present configuration. */
export interface ServiceEffect {
  kind: 'service';
  unit: string;
  enabled: boolean;
  /** false: it must not run. */
  active: boolean;
  /** Files it reads at its start: when their content differs from that of its last start by kha, it is restarted. */
  restartOn: string[];
}

export const service = (
  unit: string,
  options: { enabled?: boolean; active?: boolean; restartOn?: string[] } = {},
): ServiceEffect => ({
  kind: 'service',
  unit,
  enabled: options.enabled ?? true,
  active: options.active ?? true,
  restartOn: options.restartOn ?? [],
});

const stamp = (e: ServiceEffect): string => `/var/lib/kha/started/${e.unit}`;
// `cat` of globs: a missing file is a state like any other.
const current = (e: ServiceEffect) =>
  e.restartOn.length === 0 ? sh`echo -` : sh`cat ${e.restartOn} 2>/dev/null | sha256sum | cut -d' ' -f1`;

export const serviceKind: EffectKind<ServiceEffect> = {
  kind: 'service',
  title: (e) =>
    `service ${e.unit} ${e.enabled ? 'enabled' : 'disabled'} and ${e.active ? 'running with its present files' : 'stopped'}`,
  want: (e) => `${e.enabled ? 'enabled' : 'disabled'} ${e.active ? 'active' : 'inactive'} current`,
  look: (e) =>
    shJoin([
      sh`a=$(systemctl is-active ${e.unit} 2>/dev/null)`,
      sh`case $(systemctl is-enabled ${e.unit} 2>/dev/null) in enabled*|static|alias|generated) n=enabled;; *) n=disabled;; esac`,
      shRaw('case $a in active) ;; failed|inactive|unknown|"") a=inactive;; esac'),
      e.active && e.restartOn.length > 0
        ? sh`if [ "$(cat ${stamp(e)} 2>/dev/null)" = "$(${current(e)})" ]; then c=current; else c=outdated; fi`
        : shRaw('c=current'),
      shRaw('echo "$n $a $c"'),
    ]),
  act: (e) =>
    e.active
      ? shJoin([
          sh`systemctl daemon-reload`,
          e.enabled ? sh`systemctl -q enable ${e.unit}` : sh`systemctl -q disable ${e.unit}`,
          sh`systemctl reset-failed ${e.unit} 2>/dev/null || :`,
          sh`systemctl restart ${e.unit} || { echo ${`--- journal of ${e.unit}`} >&2; journalctl -u ${e.unit} -n 10 --no-pager -o cat >&2; exit 1; }`,
          sh`mkdir -p /var/lib/kha/started`,
          sh`${current(e)} >${stamp(e)}`,
        ])
      : shJoin([
          sh`systemctl stop ${e.unit}`,
          e.enabled ? sh`systemctl -q enable ${e.unit}` : sh`systemctl -q disable ${e.unit}`,
          sh`systemctl reset-failed ${e.unit} 2>/dev/null || :`,
        ]),
};
