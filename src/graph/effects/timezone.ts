import { sh } from '../../formats/sh.ts';
import type { EffectKind } from './effect.ts';

/** The host's time zone, for example Europe/Berlin. */
export interface TimezoneEffect {
  kind: 'timezone';
  zone: string;
}

export const timezone = (zone: string): TimezoneEffect => ({ kind: 'timezone', zone });

export const timezoneKind: EffectKind<TimezoneEffect> = {
  kind: 'timezone',
  title: (e) => `time zone ${e.zone}`,
  want: (e) => e.zone,
  look: () => sh`readlink /etc/localtime | sed 's,.*zoneinfo/,,'`,
  act: (
    e,
  ) => sh`[ -e /usr/share/zoneinfo/${e.zone} ] || { echo "no time zone ${e.zone} on this host (package tzdata)" >&2; exit 1; }
ln -sfn /usr/share/zoneinfo/${e.zone} /etc/localtime`,
};
