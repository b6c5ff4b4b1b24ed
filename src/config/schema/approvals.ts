import { z } from 'zod';
import { ASKED_PER, EXPIRY_OUTCOMES } from '../../cluster/approvals.ts';
import { parseWindow } from '../../cluster/maintenance-window.ts';
import { DURATION_FORM, parseDuration } from '../../formats/duration.ts';
import { httpUrl, integer, oneOf } from '../fields.ts';
import { secretRef } from './ssh.ts';

const period = z
  .string({ error: `must be ${DURATION_FORM}` })
  .refine((text) => (parseDuration(text) ?? 0) > 0, { error: `must be ${DURATION_FORM}` });

const PLACE = 'must be the name of a step, or start, each-host, each-master or each-batch';
const place = z.string({ error: PLACE }).regex(/^[a-z][a-z0-9-]*$/, { error: PLACE });

const rule = z.strictObject(
  {
    before: place.meta({ description: 'A step, or `start`, `each-host`, `each-master`, `each-batch`.' }),
    per: oneOf(ASKED_PER).default('host').meta({ description: 'Of a step: how often is asked.' }),
    expires: period
      .optional()
      .meta({ description: 'How long a decision is waited for, such as 24h. Absent: for ever.' }),
    outcome: oneOf(EXPIRY_OUTCOMES).default('park').meta({ description: 'What comes when nobody decided by then.' }),
    remind: period.optional().meta({ description: 'How often the webhook reminds.' }),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? `${PLACE}, or a map with \`before\`` : undefined) },
);

export const approvals = z
  .strictObject({
    rules: z
      .array(
        z.preprocess((v) => (typeof v === 'string' ? { before: v } : v), rule),
        { error: 'must be a list of rules' },
      )
      .default([])
      .meta({
        description: 'Before what a person is asked: names, or maps with `before` and more.',
        examples: [['reboot', { before: 'each-master', expires: '24h', outcome: 'reject' }]],
      }),
    webhook: z
      .strictObject({
        url: httpUrl.meta({ description: 'Gets a JSON POST at each request, reminder, decision and expiry.' }),
        secret: secretRef.optional().meta({ description: 'Signs what is sent. Absent: it is not signed.' }),
      })
      .optional()
      .meta({ description: 'Who is told.' }),
  })
  .prefault({})
  .meta({ description: 'Operations wait for a person: `kha approve`, `kha reject`.' });

const maintenanceWindow = z.string({ error: 'must be a text' }).superRefine((text, context) => {
  const window = parseWindow(text);
  if (typeof window === 'string') context.addIssue({ code: 'custom', message: window });
});

export const maintenance = z
  .strictObject({
    window: z
      .preprocess(
        (v) => (typeof v === 'string' ? [v] : v),
        z.array(maintenanceWindow, { error: 'must be a text or a list of texts' }),
      )
      .default([])
      .meta({
        description:
          'Times at which what takes nodes away may begin: `Sat 01:00-05:00 Europe/Berlin`. Default: at any time.',
        examples: ['Sat 01:00-05:00 Europe/Berlin', ['Mon-Fri 22:00-04:00 UTC', 'Sun 00:00-24:00 UTC']],
      }),
    hostMinutes: integer(1, 1440, 'a number of minutes').default(15).meta({
      description: 'What a host takes, until one was measured: none begins later than that before the end of a window.',
    }),
    maxUnavailable: z
      .union([integer(1, 10000), z.string().regex(/^(100|[1-9]\d?)%$/)], {
        error: 'must be a number of hosts from 1, or a share from 1% to 100%',
      })
      .default(1)
      .meta({
        description: 'Workers that may be away at once, a number or a share; hosts with another role go one by one.',
        examples: [3, '10%'],
      }),
    settleSeconds: integer(0, 3600, 'a number of seconds')
      .default(10)
      .meta({ description: 'How long a host that is back is watched before the next one goes.' }),
  })
  .prefault({})
  .meta({ description: 'When nodes may be away, how many of them, and for how long one is watched that is back.' });
