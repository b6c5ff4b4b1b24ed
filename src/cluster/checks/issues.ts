import type { Issue, Path } from '../issue.ts';

export const error = (path: Path, message: string, hint: string): Issue => ({ path, message, hint, severity: 'error' });
export const warning = (path: Path, message: string, hint: string): Issue => ({
  path,
  message,
  hint,
  severity: 'warning',
});
