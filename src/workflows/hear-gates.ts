import { ApplicationFailure, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import type { Gates } from './gates.ts';
import type { GateRefusal } from './judge-gate.ts';
import { APPROVE, type Failure, type GateAnswer, REJECT, type TaskView } from './protocol.ts';
import type { Sayings } from './said.ts';
import { readWord, type Word } from './words.ts';

interface HearingGates {
  gates: Gates;
  sayings: Sayings;
  /** Why no word is taken any more, whatever it says. */
  whyOver: () => string | undefined;
  say: () => void;
}

/**
 * Hears approvals and rejections: as updates, which tell their sender at once why they are not taken and leave no trace then, and as signals,
 * which anybody can send from the Web UI; what of these is not taken is said.
 */
export function hearGates({ gates, sayings, whyOver, say }: HearingGates): void {
  const read = (verb: 'approve' | 'reject', input: readonly unknown[]): { word: Word; on: TaskView[] } | Refusal => {
    const word = readWord(verb, input);
    if ('problem' in word) return { code: 'KHA7020', text: `${verb} is not understood: ${word.problem}` };
    const over = whyOver();
    const on = over === undefined ? gates.judge(word) : { code: 'KHA7023', text: over };
    const what = word.tasks.length === 0 ? verb : `${verb} of ${word.tasks.join(' ')}`;
    return Array.isArray(on) ? { word, on } : { code: on.code, text: `${what}: ${on.text}`, by: word.by };
  };

  for (const verb of [APPROVE, REJECT] as const) {
    setHandler(
      defineUpdate<GateAnswer, unknown[]>(verb),
      (...input) => {
        const heard = read(verb, input);
        if ('code' in heard) throw refusalOf(heard);
        gates.decide(heard.word, heard.on, 'update');
        return { gates: heard.on.map((v) => v.id) };
      },
      {
        validator: (...input) => {
          const heard = read(verb, input);
          if ('code' in heard) throw refusalOf(heard);
        },
      },
    );
    setHandler(defineSignal<unknown[]>(verb), (...input) => {
      const heard = read(verb, input);
      if ('code' in heard) sayings.refused(heard.text, heard.by, { say: verb, gates: [] });
      else gates.decide(heard.word, heard.on, 'signal');
      say();
    });
  }
}

type Refusal = GateRefusal & { by?: string | undefined };

function refusalOf({ code, text }: Refusal): ApplicationFailure {
  const failure: Failure = { message: text, code, blame: 'configuration', lastLines: [] };
  return ApplicationFailure.create({ message: text, type: code, nonRetryable: true, details: [failure] });
}
