import { expect, it } from 'vitest';
import { cronTrouble } from '../../../src/cluster/cron.ts';
import { isScheduleName, readDuration } from '../../../src/cluster/schedule.ts';
import { isTimeZone } from '../../../src/cluster/time-zone.ts';
import { BAD_CRONS, GOOD_CRONS } from '../../fakes/cron-samples.ts';

it.each(GOOD_CRONS)('takes the cron expression %s', (text) => expect(cronTrouble(text)).toBeUndefined());
it.each([
  ...BAD_CRONS,
  '',
  'TZ=Europe/Berlin 0 3 * * *',
  '0 0 31 2 *',
  '0 0 30,31 2,feb *',
  '@every 0s',
  '@every 2h/3h',
])('says what is wrong with %j', (text) => expect(cronTrouble(text)).toMatch(/\w/));

it('names the field, the part and what it must be', () => {
  expect(cronTrouble('0 3,25 * * *')).toBe('has "25" as its hour: it must be 0 to 23');
  expect(cronTrouble('0 3 * * FUN')).toBe('has "FUN" as its day of the week: it must be 0 to 7 or a name such as MON');
  expect(cronTrouble('0 3 * *')).toMatch(/^has 4 fields; it takes 5: minute, hour/);
  expect(cronTrouble('0 0 31 apr,jun *')).toBe('means a day that never comes');
});

it('knows time zones by their very names', () => {
  for (const zone of [
    'Europe/Berlin',
    'UTC',
    'America/Argentina/Buenos_Aires',
    'Asia/Kolkata',
    'US/Pacific',
    'Etc/GMT+1',
  ])
    expect(isTimeZone(zone)).toBe(true);
  for (const zone of ['europe/berlin', 'Europe/Nowhere', '+01:00', 'Local', '', '../etc/passwd', 'CEST'])
    expect(isTimeZone(zone)).toBe(false);
});

it('says which times a schedule may have', () => {
  expect(readDuration('waitSeconds', '30s')).toBe('must be from 1m to 30d');
  expect(readDuration('catchUpSeconds', 'long')).toMatch(/^must be a duration/);
});

it('takes names that fit into ids', () => {
  expect(['monthly', 'a', 'renew-certificates'].every(isScheduleName)).toBe(true);
  expect(['', 'A', 'a/b', '-a', 'a.b', 'x'.repeat(64)].some(isScheduleName)).toBe(false);
});
