import type { Progress } from '../progress.ts';
export async function bringUpMirror(_v: readonly string[] | undefined, _p: Progress): Promise<void> {}
