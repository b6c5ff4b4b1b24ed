/** One step of a long work. */
export interface Step {
  title: string;
  /** Counted from 1. */
  number: number;
  of: number;
  /** What it usually takes. */
  seconds: number;
  /** What this and all later steps usually take. */
  secondsLeft: number;
}

/** How the lab tells what it is doing. */
export interface Progress {
  say: (line: string) => void;
  /** Run an action, show that it is going on, and at its end how long it took. */
  step: <T>(step: Step, action: () => Promise<T>) => Promise<T>;
}

/** 95 as `1 min 35 s`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1).replace('.0', '')} s`;
  const whole = Math.round(seconds);
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  return [minutes > 0 && `${minutes} min`, (rest > 0 || minutes === 0) && `${rest} s`].filter(Boolean).join(' ');
}

/** Shows on standard error: on a terminal a line that counts, elsewhere a line at the start, every minute and at the end. */
export function showProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const live = stream.isTTY;
  return {
    say: (line) => void stream.write(`${line}\n`),
    async step(step, action) {
      const start = performance.now();
      const elapsed = () => (performance.now() - start) / 1000;
      const head = `[${step.number}/${step.of}] ${step.title}`;
      const line = () => {
        const left = Math.max(0, step.secondsLeft - Math.min(elapsed(), step.seconds));
        const so = elapsed() < 1 ? '' : `${duration(Math.floor(elapsed()))}, `;
        return `${head}: ${so}usually ${duration(step.seconds)}; about ${duration(Math.round(left))} to go in all`;
      };
      stream.write(live ? line() : `${line()}\n`);
      const timer = setInterval(() => stream.write(live ? `\r\x1b[K${line()}` : `${line()}\n`), live ? 1000 : 60_000);
      try {
        const result = await action();
        stream.write(`${live ? '\r\x1b[K' : ''}${head}: done in ${duration(elapsed())}\n`);
        return result;
      } catch (error) {
        stream.write(`${live ? '\r\x1b[K' : ''}${head}: failed after ${duration(elapsed())}\n`);
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}

/** Tells nobody. */
export const quietly: Progress = { say: () => undefined, step: (_step, action) => action() };
