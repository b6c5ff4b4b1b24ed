/** The longest first. */
const SECONDS: Record<string, number> = { d: 86_400, h: 3600, m: 60, s: 1 };

/** What a duration looks like, for messages. */
export const DURATION_FORM = 'a duration with units, for example 45d, 12h, 30m or 1h30m';

/** `45d`, `12h`, `1h30m`, `90s` in seconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d{1,6}[smhd])+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhd])/g)) seconds += Number(count) * (SECONDS[unit ?? ''] ?? 0);
  return seconds;
}

/** 43200 as `12h`, 5400 as `1h30m`: what `parseDuration` reads. */
export function formatDuration(seconds: number): string {
  let left = seconds;
  const parts = Object.entries(SECONDS).map(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.join('') || '0s';
}
