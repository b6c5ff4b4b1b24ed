/**
 * One thing that is built once and then kept: a program, a file system, a repository. Pieces are data; what they need are
 * other pieces, by object, so that a missing one does not compile.
 */
export interface Piece {
  /** Names it in logs and in the cache, together with the version. */
  readonly id: string;
  readonly version: string;
  /** Pieces that are built before and whose stamps enter this one's. */
  readonly needs: readonly Piece[];
  /** Whatever the result depends on besides `inputs` and `needs`; JSON. */
  readonly definition: unknown;
  /** Files and folders, relative to `lab/`, whose contents the result depends on. */
  readonly inputs: readonly string[];
  /** What it took on two free cores with nothing downloaded yet, in seconds. */
  readonly seconds: number;
  /** Fill `context.out`. May fail and be called again. */
  readonly build: (context: BuildContext) => Promise<void>;
}

export interface BuildContext {
  /** An empty directory for the result. It becomes the piece when `build` returns. */
  out: string;
  /** An empty directory for anything else; removed afterwards. */
  work: string;
  /** A file for the output of programs. */
  log: string;
  /** Where a piece of `needs` is. */
  directoryOf: (piece: Piece) => string;
}

/** `id version`, as people see it. */
export function titleOf(piece: Piece): string {
  return piece.version === '' ? piece.id : `${piece.id} ${piece.version}`;
}

/** Every piece that the given ones need, and these, each once, in an order in which they can be built. */
export function inBuildOrder(pieces: readonly Piece[]): Piece[] {
  const order = new Set<Piece>();
  const visit = (piece: Piece) => {
    piece.needs.forEach(visit);
    order.add(piece);
  };
  pieces.forEach(visit);
  return [...order];
}
