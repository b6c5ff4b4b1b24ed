/** Something that must stand nowhere in the clear. */
export interface Secret {
  /** What it is and where it was read; said in findings, so it tells nothing of the value. */
  name: string;
  /** Byte strings each of which gives it away. */
  parts: Uint8Array[];
}

/** A password, a token, a key as text. */
export const textSecret = (name: string, value: string): Secret => ({ name, parts: [Buffer.from(value)] });

/** Fewer bytes occur by chance; nobody should have such a password in a test. */
const SHORTEST = 8;
/** Longer parts are cut into pieces, each of which is found alone: also across line ends and pages of a database. */
const PIECE = 24;
const HALF = 16;

export interface Form {
  /** Index of the secret. */
  secret: number;
  /** How it was written where it would be found. */
  form: string;
  bytes: Uint8Array;
}

/** All the ways in which the secrets may be written down, without duplicates. */
export function formsOf(secrets: readonly Secret[]): Form[] {
  const forms = new Map<string, Form>();
  for (const [secret, { name, parts }] of secrets.entries()) {
    for (const part of parts) {
      if (part.length < SHORTEST) throw new RangeError(`${name} is too short to be searched for`);
      for (const piece of pieces(part)) {
        for (const [form, bytes] of waysToWrite(piece)) {
          const key = Buffer.from(bytes).toString('latin1');
          if (!forms.has(key)) forms.set(key, { secret, form, bytes });
        }
      }
    }
  }
  return [...forms.values()];
}

function pieces(part: Uint8Array): Uint8Array[] {
  if (part.length < 2 * HALF) return [part];
  const size = part.length < 2 * PIECE ? HALF : PIECE;
  return Array.from({ length: Math.floor(part.length / size) }, (_, i) => part.subarray(i * size, (i + 1) * size));
}

function waysToWrite(piece: Uint8Array): [form: string, bytes: Uint8Array][] {
  const bytes = Buffer.from(piece);
  const ways: [string, string | Uint8Array][] = [
    ['raw', bytes],
    ['hex', bytes.toString('hex')],
    ['hex', bytes.toString('hex').toUpperCase()],
  ];
  for (const text of insideBase64(bytes)) {
    ways.push(['base64', text], ['base64url', text.replaceAll('+', '-').replaceAll('/', '_')]);
    for (const twice of insideBase64(Buffer.from(text))) ways.push(['base64 of base64', twice]);
  }
  const text = bytes.toString('utf8');
  if (Buffer.from(text).equals(bytes)) {
    ways.push(
      ['JSON', JSON.stringify(text).slice(1, -1)],
      ['JSON in JSON', JSON.stringify(JSON.stringify(text)).slice(3, -3)],
      ['URL', encodeURIComponent(text)],
      ['shell', text.replaceAll("'", String.raw`'\''`)],
    );
  }
  return ways.map(([form, written]) => [form, Buffer.from(written)]);
}

/** The characters that stand for these bytes wherever they lie in what is encoded; at the edges some depend on the neighbours. */
function insideBase64(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor(((before + bytes.length) * 8) / 6);
    return text.slice(first, last);
  });
}
