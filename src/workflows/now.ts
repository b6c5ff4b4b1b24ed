/** Time inside a workflow: Temporal replaces Date with the history's clock, so this is the same at every replay. */
export const now = (): number => Date.now();
