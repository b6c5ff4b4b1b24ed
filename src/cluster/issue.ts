/** Way to a value inside the cluster file, for example `['hosts', 'm1', 'address']`. */
export type Path = (string | number)[];

/** Something wrong in a cluster, by its path in the cluster file; the loader of the file adds the place. */
export interface Issue {
  path: Path;
  /** What is wrong, a full sentence without the place. */
  message: string;
  /** What to do about it, an imperative sentence. */
  hint?: string;
  severity: 'error' | 'warning';
}

/** `hosts.m1.ssh.jump[0]`; a name with a dot stands in brackets. */
export function formatPath(path: Path): string {
  return path
    .map((step, i) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[\w-]+$/.test(step)) return `["${step}"]`;
      return i === 0 ? step : `.${step}`;
    })
    .join('');
}
