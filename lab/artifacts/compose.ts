import { goPrograms } from './go.ts';

/** Docker Compose's own loader of Compose files: `compose-load FILE…` prints what they come to, as JSON, or what is wrong. */
export const compose = goPrograms({
  id: 'compose-load',
  version: '2.16.2',
  sources: ['compose'],
  programs: [{ name: 'compose-load', package: '.', tags: [] }],
  seconds: 20,
});
