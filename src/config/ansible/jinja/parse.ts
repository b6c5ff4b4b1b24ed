import { JinjaError, type Node } from './syntax.ts';

interface Token {
  kind: 'name' | 'number' | 'string' | 'op' | 'end';
  text: string;
  at: number;
}

const OPERATORS = /(?:\/\/|\*\*|==|!=|<=|>=|[-+*/%~<>=|.,:()[\]{}])/y;
const DEPTH = 100;
const HINT = 'Write the value itself here.';

/** Splits a value into texts and expressions: `a{{ b }}c`. */
export function splitTemplate(text: string): (string | Node)[] {
  const parts: (string | Node)[] = [];
  let at = 0;
  while (at < text.length) {
    const next = /\{\{|\{%|\{#/g;
    next.lastIndex = at;
    const open = next.exec(text);
    if (!open) break;
    if (open.index > at) parts.push(text.slice(at, open.index));
    if (open[0] === '{%')
      throw new JinjaError(
        open.index,
        'Statements ({% … %}) are not evaluated.',
        'Write an expression, for example {{ a if b else c }}, or the value itself.',
      );
    const close = text.indexOf(open[0] === '{{' ? '}}' : '#}', open.index + 2);
    const end = open[0] === '{{' ? closeOf(text, open.index + 2) : close;
    if (end < 0) throw new JinjaError(open.index, `${open[0]} is not closed.`, 'Close it, or quote it as text.');
    if (open[0] === '{{') {
      const inner = text.slice(open.index + 2, end);
      const lead = inner.startsWith('-') ? 1 : 0;
      parts.push(parseExpression(inner.slice(lead).replace(/-$/, ''), open.index + 2 + lead));
    }
    at = end + 2;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

/** The `}}` that is neither in a string nor the end of a map. */
function closeOf(text: string, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const char = text[i];
    if (char === '"' || char === "'") {
      const end = text.indexOf(char, i + 1);
      if (end < 0) return -1;
      i = end;
    } else if (char === '{') depth++;
    else if (char === '}') {
      if (depth > 0) depth--;
      else return text[i + 1] === '}' ? i : -1;
    }
  }
  return -1;
}

function parseExpression(text: string, base: number): Node {
  const tokens = tokenize(text, base);
  let position = 0;
  let depth = 0;
  const peek = (): Token => tokens[Math.min(position, tokens.length - 1)] as Token;
  const isOp = (...ops: string[]): boolean => peek().kind === 'op' && ops.includes(peek().text);
  const isWord = (...words: string[]): boolean => peek().kind === 'name' && words.includes(peek().text);
  const take = (): Token => tokens[Math.min(position++, tokens.length - 1)] as Token;
  const expect = (op: string): void => {
    if (!isOp(op)) fail(`${op} is expected`);
    take();
  };
  function fail(what: string, token: Token = peek()): never {
    const found = token.kind === 'end' ? 'the end' : `"${token.text}"`;
    throw new JinjaError(token.at, `The expression is not understood: ${what}, and there is ${found}.`, HINT);
  }

  function expression(): Node {
    if (++depth > DEPTH) throw new JinjaError(peek().at, 'The expression is nested too deeply.', HINT);
    const body = or();
    depth--;
    if (!isWord('if')) return body;
    const at = take().at;
    const condition = or();
    let otherwise: Node | undefined;
    if (isWord('else')) {
      take();
      otherwise = expression();
    }
    return { kind: 'if', condition, body, otherwise, at };
  }
  const left =
    (next: () => Node, ...ops: string[]) =>
    (): Node => {
      let node = next();
      while (isOp(...ops)) {
        const token = take();
        node = { kind: 'binary', op: token.text, left: node, right: next(), at: token.at };
      }
      return node;
    };
  const words = (next: () => Node, word: string) => (): Node => {
    let node = next();
    while (isWord(word)) {
      const token = take();
      node = { kind: 'binary', op: word, left: node, right: next(), at: token.at };
    }
    return node;
  };
  const power = left(unary, '**');
  const product = left(power, '*', '/', '//', '%');
  const concat = left(product, '~');
  const sum = left(concat, '+', '-');
  const and = words(not, 'and');
  const or = words(and, 'or');

  function not(): Node {
    if (!isWord('not')) return compare();
    const { at } = take();
    if (++depth > DEPTH) throw new JinjaError(at, 'The expression is nested too deeply.', HINT);
    const of = not();
    depth--;
    return { kind: 'unary', op: 'not', of, at };
  }
  function compare(): Node {
    let node = sum();
    for (;;) {
      if (isOp('==', '!=', '<', '<=', '>', '>=')) {
        const token = take();
        node = { kind: 'binary', op: token.text, left: node, right: sum(), at: token.at };
      } else if (isWord('in')) node = { kind: 'binary', op: 'in', at: take().at, left: node, right: sum() };
      else if (isWord('not') && tokens[position + 1]?.text === 'in') {
        const { at } = take();
        take();
        node = { kind: 'unary', op: 'not', at, of: { kind: 'binary', op: 'in', left: node, right: sum(), at } };
      } else return node;
    }
  }
  function unary(): Node {
    if (!isOp('-', '+')) return postfix(primary());
    const token = take();
    if (++depth > DEPTH) throw new JinjaError(token.at, 'The expression is nested too deeply.', HINT);
    const of = unary();
    depth--;
    return { kind: 'unary', op: token.text as '-' | '+', of, at: token.at };
  }
  function postfix(start: Node): Node {
    let node = start;
    for (;;) {
      if (isOp('.')) {
        take();
        const token = take();
        if (token.kind !== 'name' && token.kind !== 'number') fail('a name is expected after the dot', token);
        const value = token.kind === 'number' ? Number(token.text) : token.text;
        node = { kind: 'member', of: node, key: { kind: 'literal', value, at: token.at }, at: token.at };
      } else if (isOp('[')) node = subscript(node);
      else if (isOp('(')) node = { kind: 'call', of: node, at: peek().at, args: args() };
      else if (isOp('|')) {
        take();
        const token = filterName();
        node = { kind: 'filter', name: token.text, of: node, at: token.at, args: isOp('(') ? args() : [] };
      } else if (isWord('is')) {
        take();
        const negated = isWord('not');
        if (negated) take();
        const token = take();
        if (token.kind !== 'name') fail('the name of a test is expected', token);
        node = { kind: 'test', name: token.text, of: node, negated, at: token.at, args: isOp('(') ? args() : [] };
      } else return node;
    }
  }
  function filterName(): Token {
    const token = take();
    if (token.kind !== 'name') fail('the name of a filter is expected', token);
    let { text: name } = token;
    // Fully qualified, as in ansible.utils.ipaddr.
    while (isOp('.') && tokens[position + 1]?.kind === 'name') {
      take();
      name = take().text;
    }
    return { ...token, text: name };
  }
  function subscript(of: Node): Node {
    const { at } = take();
    const from = isOp(':') ? undefined : expression();
    if (!isOp(':')) {
      expect(']');
      return { kind: 'member', of, key: from as Node, at };
    }
    take();
    const to = isOp(']') ? undefined : expression();
    expect(']');
    return { kind: 'slice', of, from, to, at };
  }
  function args(): Node[] {
    expect('(');
    const items: Node[] = [];
    while (!isOp(')')) {
      // The name of a named argument says nothing that its place does not, in the filters that are known here.
      if (peek().kind === 'name' && tokens[position + 1]?.text === '=') position += 2;
      items.push(expression());
      if (!isOp(',')) break;
      take();
    }
    expect(')');
    return items;
  }
  function primary(): Node {
    const token = take();
    const { at } = token;
    if (token.kind === 'number') return { kind: 'literal', value: Number(token.text.replace(/_/g, '')), at };
    if (token.kind === 'string') return { kind: 'literal', value: token.text, at };
    if (token.kind === 'name') return nameOrConstant(token);
    if (token.kind === 'op' && token.text === '(') {
      const inner = expression();
      expect(')');
      return inner;
    }
    if (token.kind === 'op' && token.text === '[') return { kind: 'list', items: items(']'), at };
    if (token.kind === 'op' && token.text === '{') return mapOf(at);
    return fail('a value is expected', token);
  }
  function items(close: string): Node[] {
    const list: Node[] = [];
    while (!isOp(close)) {
      list.push(expression());
      if (!isOp(',')) break;
      take();
    }
    expect(close);
    return list;
  }
  function mapOf(at: number): Node {
    const entries: [Node, Node][] = [];
    while (!isOp('}')) {
      const key = expression();
      expect(':');
      entries.push([key, expression()]);
      if (!isOp(',')) break;
      take();
    }
    expect('}');
    return { kind: 'map', entries, at };
  }

  const node = expression();
  if (peek().kind !== 'end') fail('an operator or the end is expected');
  return node;
}

function nameOrConstant({ text, at }: Token): Node {
  const constants: Record<string, unknown> = {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
  };
  return Object.hasOwn(constants, text)
    ? { kind: 'literal', value: constants[text], at }
    : { kind: 'name', name: text, at };
}

function tokenize(text: string, base: number): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const space = /^\s+/.exec(rest)?.[0];
    if (space) {
      at += space.length;
      continue;
    }
    const word = /^[A-Za-z_]\w*/.exec(rest)?.[0];
    const number = /^\d[\d_]*(\.\d+)?/.exec(rest)?.[0];
    const string = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')/s.exec(rest);
    OPERATORS.lastIndex = at;
    const operator = OPERATORS.exec(text)?.[0];
    const token: Token | undefined = word
      ? { kind: 'name', text: word, at: base + at }
      : number
        ? { kind: 'number', text: number, at: base + at }
        : string
          ? { kind: 'string', text: unescape(string[1] ?? string[2] ?? ''), at: base + at }
          : operator
            ? { kind: 'op', text: operator, at: base + at }
            : undefined;
    if (!token) throw new JinjaError(base + at, `The expression is not understood at "${rest.slice(0, 10)}".`, HINT);
    tokens.push(token);
    at += (word ?? number ?? string?.[0] ?? operator ?? ' ').length;
  }
  tokens.push({ kind: 'end', text: '', at: base + text.length });
  return tokens;
}

const unescape = (text: string): string =>
  text.replace(/\\(.)/gs, (_, char: string) => ({ n: '\n', t: '\t' })[char] ?? char);
