type Environment = Record<string, string | undefined>;

/** Of the user, of the place, of the Go runtime. */
const NEEDED = /^(PATH|HOME|USER|LOGNAME|TMPDIR|TZ|LANG|KHA_HOME|LC_.*|XDG_.*|GO.*)$/;

/**
 * What Temporal needs of an environment. Not the rest: a worker's passwords may be in variables, and the server, which
 * outlives its worker, has no use for them.
 */
export const serverEnvironment = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([name]) => NEEDED.test(name)));
