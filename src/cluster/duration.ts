const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30d`, `12h`, `1h30m` in ms; undefined for any other text. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+[smhd])+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+)([smhd])/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ''] ?? 0),
    0,
  );
}

/** What a duration looks like, for messages. */
export const DURATION_FORM = 'a duration with units, for example 45d, 12h, 30m or 1h30m';

/** 43,200,000 as `12h`: what `parseDuration` reads. */
export function formatDuration(ms: number): string {
  let left = ms;
  const parts = Object.entries(UNITS)
    .toReversed()
    .map(([unit, size]) => {
      const count = Math.floor(left / size);
      left -= count * size;
      return count === 0 ? '' : `${count}${unit}`;
    });
  return parts.join('') || '0s';
}
