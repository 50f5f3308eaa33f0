import { readAttributes, type XmlAttribute } from './xml-attributes.ts';
import { type Cursor, checkLength, isBlank, readText, XmlFaultError } from './xml-text.ts';

export interface XmlElement {
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** The text behind the last child, which is all that the engine keeps: as written, without comments. */
  readonly text: string;
  /** Offsets into the source, in UTF-16 units: the element, and what lies between its tags. */
  readonly start: number;
  readonly end: number;
  readonly contentStart: number;
  readonly contentEnd: number;
}

export interface XmlFault {
  readonly message: string;
  readonly offset: number;
  readonly overflow: boolean;
}

export interface XmlReading {
  readonly roots: readonly XmlElement[];
  /** Where the reader gave up; the roots before it are kept. */
  readonly fault: XmlFault | null;
}

/** The deepest nesting that the engine reads (Wazuh 4.14.7). */
const depthLimit = 1024;

interface OpenTag {
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly closed: boolean;
}

/** An element's name goes on to the next blank or `>`, whatever it holds. */
function readStartTag(cursor: Cursor): OpenTag {
  const { source, at: start } = cursor;
  let at = start + 1;
  while (source[at] !== '>' && !isBlank(source[at])) {
    if (source[at] === undefined) throw new XmlFaultError('the text ends inside a tag', start);
    at += 1;
  }
  const written = source.slice(start + 1, at);
  checkLength(written, start);
  if (written.startsWith('/')) throw new XmlFaultError(`element "${written.slice(1)}" is not open`, start);
  const slash = written.endsWith('/');
  const name = slash ? written.slice(0, -1) : written;
  cursor.at = at + 1;
  if (source[at] === '>') return { name, attributes: [], closed: slash };
  const { attributes, closed } = readAttributes(cursor);
  return { name, attributes, closed: closed || slash };
}

function readEndTag(cursor: Cursor, name: string): void {
  const end = cursor.source.indexOf('>', cursor.at);
  if (end === -1) throw new XmlFaultError(`element "${name}" is not closed`, cursor.at);
  const written = cursor.source.slice(cursor.at + 2, end);
  if (written !== name) throw new XmlFaultError(`element "${name}" is closed by "${written}"`, cursor.at);
  cursor.at = end + 1;
}

function readElement(cursor: Cursor, depth: number): XmlElement {
  const start = cursor.at;
  if (depth > depthLimit) throw new XmlFaultError('elements are nested too deep', start);
  const { name, attributes, closed } = readStartTag(cursor);
  const contentStart = cursor.at;
  const tag = { name, attributes, start, contentStart };
  if (closed) return { ...tag, children: [], text: '', end: contentStart, contentEnd: contentStart };
  const children: XmlElement[] = [];
  for (;;) {
    const text = readText(cursor);
    if (text === null) throw new XmlFaultError(`the text ends inside element "${name}"`, start);
    checkLength(text, contentStart);
    const contentEnd = cursor.at;
    if (cursor.source[contentEnd + 1] !== '/') {
      children.push(readElement(cursor, depth + 1));
      continue;
    }
    readEndTag(cursor, name);
    return { ...tag, children, text, end: cursor.at, contentEnd };
  }
}

/**
 * Reads rules, decoders and `ossec.conf` as the engine does (Wazuh 4.14.7): several roots, comments, attributes;
 * no entity is decoded; every `<` opens an element unless a backslash is before it; what stands between the roots
 * is skipped.
 */
export function readXml(source: string): XmlReading {
  const cursor: Cursor = { source, at: 0 };
  const roots: XmlElement[] = [];
  try {
    while (readText(cursor) !== null) roots.push(readElement(cursor, 1));
    return { roots, fault: null };
  } catch (error) {
    if (!(error instanceof XmlFaultError)) throw error;
    const { message, offset, overflow } = error;
    return { roots, fault: { message, offset, overflow } };
  }
}

/** The value of an attribute, whose `name` is given in lower case; the engine compares most of them without case. */
export function attributeOf(element: XmlElement, name: string): string | undefined {
  return element.attributes.find((attribute) => attribute.name.toLowerCase() === name)?.value;
}

/** The value of an attribute whose name the engine compares with case, as `type` and `negate` of the options of rules. */
export function exactAttributeOf({ attributes }: XmlElement, name: string): string | undefined {
  return attributes.find((attribute) => attribute.name === name)?.value;
}
