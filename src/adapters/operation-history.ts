import type { Client, WorkflowHandle } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { Spoken } from '../ports/operations.ts';
import {
  ABORT_SIGNAL,
  APPROVE,
  EXPIRY_MEMO,
  type GateAnswer,
  REJECT,
  RETRY_SIGNAL,
  SKIP_SIGNAL,
} from '../workflows/protocol.ts';

const WORDS: readonly string[] = [RETRY_SIGNAL, SKIP_SIGNAL, ABORT_SIGNAL, APPROVE, REJECT];
const isWord = (name: unknown): name is Spoken['say'] => typeof name === 'string' && WORDS.includes(name);

/** What was said to a run, and by whom it was ended from outside, as its history has it; needs no worker. Oldest first. */
export async function readSpoken(client: Client, handle: WorkflowHandle): Promise<Spoken[]> {
  const converter = client.options.loadedDataConverter;
  // One payload that can't be read, for want of its key, hides no other.
  const decode = async (payloads: readonly Payload[] | null | undefined): Promise<unknown[]> => {
    const values = await Promise.all(
      (payloads ?? []).map((payload) => decodeArrayFromPayloads(converter, [payload]).catch(() => [UNREADABLE])),
    );
    return values.flat();
  };
  const events = (await handle.fetchHistory()).events ?? [];
  const answers = answersTo(events);
  const heardAt = hearingTimes(events);
  const spoken: Spoken[] = [];
  for (const [i, event] of events.entries()) {
    const at = tsToMs(event.eventTime);
    const signal = event.workflowExecutionSignaledEventAttributes;
    const accepted = event.workflowExecutionUpdateAcceptedEventAttributes;
    const update = accepted?.acceptedRequest?.input;
    const memo = event.workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields;
    const cancel = event.workflowExecutionCancelRequestedEventAttributes;
    const end = event.workflowExecutionTerminatedEventAttributes;
    if (isWord(signal?.signalName)) {
      const heard = heardAt[i];
      const input = await decode(signal.input?.payloads);
      spoken.push({ at, say: signal.signalName, input, ...(heard === undefined ? {} : { heardAt: heard }) });
    } else if (isWord(update?.name)) {
      const [answer] = await decode(answers.get(accepted?.protocolInstanceId ?? ''));
      const input = await decode(update.args?.payloads);
      spoken.push({ at, say: update.name, input, ...(isAnswer(answer) ? { gates: answer.gates } : {}) });
    } else if (memo) {
      for (const [key, payload] of Object.entries(memo))
        if (key.startsWith(EXPIRY_MEMO)) {
          const [value] = await decode([payload]);
          spoken.push({ at, say: 'expire', input: [{ gate: key.slice(EXPIRY_MEMO.length), reason: textOf(value) }] });
        }
    } else if (cancel) spoken.push({ at, say: 'cancel', input: [{ by: cancel.identity, reason: cancel.cause }] });
    else if (end) spoken.push({ at, say: 'terminate', input: [{ by: end.identity, reason: end.reason }] });
  }
  return spoken;
}

type Events = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;

/** What updates were answered, by their id. */
function answersTo(events: Events): Map<string, Payload[]> {
  const answers = new Map<string, Payload[]>();
  for (const { workflowExecutionUpdateCompletedEventAttributes: completed } of events) {
    const id = completed?.meta?.updateId;
    if (id) answers.set(id, completed.outcome?.success?.payloads ?? []);
  }
  return answers;
}

/** Of each event the time that the workflow sees when it hears of it: when the next of its tasks began that came to its end. */
function hearingTimes(events: Events): (number | undefined)[] {
  const ended = new Set(events.map((e) => String(e.workflowTaskCompletedEventAttributes?.startedEventId ?? '')));
  let next: number | undefined;
  return events
    .toReversed()
    .map((event) => {
      const heard = next;
      if (event.workflowTaskStartedEventAttributes && ended.has(String(event.eventId))) next = tsToMs(event.eventTime);
      return heard;
    })
    .toReversed();
}

const isAnswer = (value: unknown): value is GateAnswer =>
  typeof value === 'object' && value !== null && 'gates' in value && Array.isArray(value.gates);

const UNREADABLE = '(encrypted with a key that is not here)';

const textOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'text' in value ? value.text : value;
