/** What a time zone looks like, for messages. */
export const TIME_ZONE_FORM = 'a time zone of the tz database, for example Europe/Berlin or UTC';

/** Is it a name of the tz database? Names are told by their case too, as Temporal and hosts do. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*)*$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
