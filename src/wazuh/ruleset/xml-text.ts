/**
 * The most bytes of one text, name or attribute that the engine's reader takes (Wazuh 4.14.7: "String overflow" and
 * "Overflow attempt" above).
 */
const xmlTextLimit = 20_479;

/** What stops the engine's reader; it then refuses the whole ruleset. */
export class XmlFaultError extends Error {
  readonly offset: number;
  readonly overflow: boolean;

  constructor(message: string, offset: number, overflow = false) {
    super(message);
    this.name = 'XmlFaultError';
    this.offset = offset;
    this.overflow = overflow;
  }
}

/** A place in a source text that a reader moves forward. */
export interface Cursor {
  readonly source: string;
  at: number;
}

export function isBlank(character: string | undefined): boolean {
  return character !== undefined && ' \t\n\v\f\r'.includes(character);
}

/** A comment begins with `<!` whatever follows and ends with `-->` or `!>`. */
function endOfComment(source: string, start: number): number {
  const ends = ['-->', '!>'].map((mark) => ({ at: source.indexOf(mark, start + 2), length: mark.length }));
  const found = ends.filter(({ at }) => at !== -1).sort((left, right) => left.at - right.at)[0];
  if (found === undefined) throw new XmlFaultError('a comment is not closed', start);
  return found.at + found.length;
}

/** A backslash before `<` keeps it as text; the backslash stays in the text too. */
function isEscaped(source: string, at: number, from: number): boolean {
  let backslashes = 0;
  while (at - backslashes > from && source[at - backslashes - 1] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

export function checkLength(text: string, offset: number): void {
  if (text.length * 3 <= xmlTextLimit) return;
  const bytes = Buffer.byteLength(text);
  if (bytes <= xmlTextLimit) return;
  throw new XmlFaultError(`a text of ${bytes} bytes is over the limit of ${xmlTextLimit}`, offset, true);
}

/**
 * Moves to the next `<` that opens or closes an element and gives the text before it, comments left out, nothing
 * decoded; null at the end of the source.
 */
export function readText(cursor: Cursor): string | null {
  const { source } = cursor;
  const start = cursor.at;
  let text = '';
  let from = start;
  let search = start;
  for (;;) {
    const at = source.indexOf('<', search);
    if (at === -1) return null;
    if (source[at + 1] === '!') {
      text += source.slice(from, at);
      from = endOfComment(source, at);
      search = from;
    } else if (isEscaped(source, at, from)) {
      search = at + 1;
    } else {
      text += source.slice(from, at);
      cursor.at = at;
      return text;
    }
  }
}
