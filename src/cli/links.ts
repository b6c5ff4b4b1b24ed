import type { TemporalPlace } from '../ports/operations.ts';

/** Address of a run in Temporal's Web UI, where that is known. */
export const webLink = ({ ui, namespace }: TemporalPlace, workflowId: string, runId: string): string | undefined =>
  ui &&
  `${ui}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}/${encodeURIComponent(runId)}`;
