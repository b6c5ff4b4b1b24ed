/** An expression; `at` is its offset in the text of the value. */
export type Node = { at: number } & (
  | { kind: 'literal'; value: unknown }
  | { kind: 'name'; name: string }
  | { kind: 'list'; items: Node[] }
  | { kind: 'map'; entries: [Node, Node][] }
  | { kind: 'member'; of: Node; key: Node }
  | { kind: 'slice'; of: Node; from: Node | undefined; to: Node | undefined }
  | { kind: 'call'; of: Node; args: Node[] }
  | { kind: 'filter'; name: string; of: Node; args: Node[] }
  | { kind: 'test'; name: string; of: Node; args: Node[]; negated: boolean }
  | { kind: 'unary'; op: 'not' | '-' | '+'; of: Node }
  | { kind: 'binary'; op: string; left: Node; right: Node }
  | { kind: 'if'; condition: Node; body: Node; otherwise: Node | undefined }
);

/** A mistake in an expression, or something that kha does not evaluate. */
export class JinjaError extends Error {
  readonly at: number;
  readonly hint: string;
  constructor(at: number, message: string, hint: string) {
    super(message);
    this.at = at;
    this.hint = hint;
  }
}
