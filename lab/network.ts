/** First three numbers of the lab's /24. */
export const prefix = '10.88.0';

/** The bridge: default gateway of the hosts, where everything bound for outside is refused. */
export const gateway = `${prefix}.1`;

/** Name of the host that serves packages and images, outside the numbering of the others. */
export const mirrorName = 'mirror';

/** What the mirror host serves. */
export const mirror = {
  address: `${prefix}.10`,
  /** Kubernetes and containerd packages, suite `stable`, component `main`. */
  packages: `http://${prefix}.10/apt`,
  /** Key of both repositories. */
  packagesKey: `http://${prefix}.10/apt/key.asc`,
  /** Debian packages that a node needs, suite `bookworm`, component `main`. */
  debian: `http://${prefix}.10/debian`,
  /** OCI registry, plain HTTP. */
  registry: `${prefix}.10:5000`,
} as const;

/** Hosts that one lab can have: h1 to h200. */
export const maxHosts = 200;

/** Name of host number `n`, counted from 1. */
export function hostName(n: number): string {
  return `h${n}`;
}

/** Address of a host by its name; undefined where no lab host can have that name. */
export function addressOf(name: string): string | undefined {
  if (name === mirrorName) return mirror.address;
  const n = Number(/^h([1-9]\d*)$/.exec(name)?.[1]);
  return n >= 1 && n <= maxHosts ? `${prefix}.${10 + n}` : undefined;
}
