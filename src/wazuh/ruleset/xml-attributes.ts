import { type Cursor, checkLength, isBlank, XmlFaultError } from './xml-text.ts';

export interface XmlAttribute {
  readonly name: string;
  readonly value: string;
}

export interface StartTag {
  readonly attributes: readonly XmlAttribute[];
  /** `<name .../>`: the element has no content. */
  readonly closed: boolean;
}

/** The most attributes of one element (Wazuh 4.14.7). */
const attributeLimit = 49;

function skipBlanks(cursor: Cursor): void {
  while (isBlank(cursor.source[cursor.at])) cursor.at += 1;
}

/** Takes `>` or `/>`; undefined when the tag goes on. */
function readTagEnd(cursor: Cursor): boolean | undefined {
  const { source, at } = cursor;
  if (source[at] === '>') {
    cursor.at += 1;
    return false;
  }
  if (source[at] !== '/') return undefined;
  cursor.at += source[at + 1] === '>' ? 2 : 1;
  return true;
}

function readName(cursor: Cursor): string {
  const { source, at: start } = cursor;
  let at = start;
  while (source[at] !== '=') {
    if (source[at] === undefined) throw new XmlFaultError('the text ends inside an attribute', start);
    if (isBlank(source[at]) || source[at] === '>' || source[at] === '/') {
      throw new XmlFaultError(`attribute "${source.slice(start, at)}" has no value`, start);
    }
    at += 1;
  }
  cursor.at = at + 1;
  const name = source.slice(start, at);
  checkLength(name, start);
  return name;
}

/** The engine takes a `>` inside the quotes for the end of the tag. */
function readValue(cursor: Cursor, name: string): string {
  skipBlanks(cursor);
  const { source, at } = cursor;
  const quote = source[at];
  if (quote !== '"' && quote !== "'")
    throw new XmlFaultError(`attribute "${name}" is not followed by a quote`, at);
  const end = source.indexOf(quote, at + 1);
  const value = end === -1 ? '' : source.slice(at + 1, end);
  if (end === -1 || value.includes('>')) throw new XmlFaultError(`attribute "${name}" is not closed`, at);
  checkLength(value, at);
  cursor.at = end + 1;
  return value;
}

/** Reads on behind an element's name to the end of its start tag. */
export function readAttributes(cursor: Cursor): StartTag {
  const attributes: XmlAttribute[] = [];
  for (;;) {
    skipBlanks(cursor);
    const closed = readTagEnd(cursor);
    if (closed !== undefined) return { attributes, closed };
    const start = cursor.at;
    const name = readName(cursor);
    if (attributes.some((attribute) => attribute.name === name)) {
      throw new XmlFaultError(`attribute "${name}" is set twice`, start);
    }
    if (attributes.length >= attributeLimit) throw new XmlFaultError('too many attributes', start);
    attributes.push({ name, value: readValue(cursor, name) });
    const next = cursor.source[cursor.at];
    if (!isBlank(next) && next !== '>' && next !== '/') {
      throw new XmlFaultError(`attribute "${name}" is followed by "${next ?? 'the end'}"`, cursor.at);
    }
  }
}
