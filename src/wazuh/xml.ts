export interface XmlAttribute {
  readonly name: string;
  readonly value: string;
}

export interface XmlElement {
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** The text after the last child, as written and without comments: the engine keeps no other text. */
  readonly text: string;
  /** Offsets into the source, in UTF-16 units, of the element and of the text between its tags. */
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
  /** The place where the reader gave up; the roots before it are kept. */
  readonly fault: XmlFault | null;
}

/**
 * Reads rules, decoders and `ossec.conf` as the engine does (Wazuh 4.14.7): it takes several roots, comments and
 * attributes; it decodes no entity; every `<` opens an element unless a backslash precedes it; text between the roots
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

/**
 * Returns the value of an attribute, whose `name` is given in lower case; the engine compares most names without case.
 */
export function attributeOf(element: XmlElement, name: string): string | undefined {
  return element.attributes.find((attribute) => attribute.name.toLowerCase() === name)?.value;
}

/**
 * Returns the value of an attribute whose name the engine compares with case, as `type` and `negate` of the options of
 * rules.
 */
export function exactAttributeOf({ attributes }: XmlElement, name: string): string | undefined {
  return attributes.find((attribute) => attribute.name === name)?.value;
}

/**
 * Returns a function that gives the line, counted from 1, of an offset into a text; the text is read once, at the first
 * call.
 */
export function lineFinder(source: string): (offset: number) => number {
  let breaks: number[] | undefined;
  return (offset) => {
    breaks ??= lineBreaks(source);
    let low = 0;
    let high = breaks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((breaks[middle] ?? offset) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

function lineBreaks(source: string): number[] {
  const breaks: number[] = [];
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) breaks.push(at);
  return breaks;
}

interface Expansion {
  readonly roots: readonly XmlElement[];
  readonly fault: XmlFault | null;
}

/** A use is `$name`; the name ends before one of `$ . | , `, a blank or the end of the text. */
const use = /\$([^$.|, ]*)/g;

/**
 * Replaces `$X` by the value of `<var name="X">` in every text and attribute after it, at any depth, as the engine does
 * (Wazuh 4.14.7) once a file defines a variable; an unknown name then makes the engine refuse the file.
 */
export function expandVariables(roots: readonly XmlElement[]): Expansion {
  const expansion: Variables = { values: new Map(), faults: [] };
  const expanded = expandAll(roots, expansion);
  return { roots: expanded, fault: expansion.faults[0] ?? null };
}

interface Variables {
  readonly values: Map<string, string>;
  readonly faults: XmlFault[];
}

function expandAll(elements: readonly XmlElement[], variables: Variables): XmlElement[] {
  return elements.flatMap((element) => {
    if (element.name.toLowerCase() !== 'var') return [expandElement(element, variables)];
    define(element, variables);
    return [];
  });
}

/** Where two variables have one name, the first one counts. */
function define({ attributes, text, start }: XmlElement, { values, faults }: Variables): void {
  const [named] = attributes;
  if (named !== undefined && named.name.toLowerCase() !== 'name')
    faults.push({ message: `<var> has no attribute "${named.name}"`, offset: start, overflow: false });
  const name = (named?.value ?? '').toLowerCase();
  if (!values.has(name)) values.set(name, text);
}

function expandElement(element: XmlElement, variables: Variables): XmlElement {
  const { values, faults } = variables;
  const expand = (text: string) =>
    text.length <= 2 || values.size === 0
      ? text
      : text.replace(use, (written, name: string) => {
          if (name === '' || name.startsWith('(')) return written;
          const value = values.get(name.toLowerCase());
          if (value !== undefined) return value;
          faults.push({ message: `variable "${name}" is unknown`, offset: element.start, overflow: false });
          return written;
        });
  // The text of the element is expanded before its children, which may define further variables.
  const text = expand(element.text);
  const attributes = element.attributes.map(({ name, value }) => ({ name, value: expand(value) }));
  return { ...element, attributes, text, children: expandAll(element.children, variables) };
}

/** A place in a source text that a reader moves forward. */
interface Cursor {
  readonly source: string;
  at: number;
}

/** A fault that stops the reader of the engine, which then refuses the whole ruleset. */
class XmlFaultError extends Error {
  readonly offset: number;
  readonly overflow: boolean;

  constructor(message: string, offset: number, overflow = false) {
    super(message);
    this.name = 'XmlFaultError';
    this.offset = offset;
    this.overflow = overflow;
  }
}

/** The deepest nesting that the engine reads (Wazuh 4.14.7). */
const depthLimit = 1024;

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

interface OpenTag {
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly closed: boolean;
}

/** The name of an element ends before the next blank or `>`, whatever characters it holds. */
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

interface StartTag {
  readonly attributes: readonly XmlAttribute[];
  /** `<name .../>`: the element has no content. */
  readonly closed: boolean;
}

/** The most attributes of one element (Wazuh 4.14.7). */
const attributeLimit = 49;

function skipBlanks(cursor: Cursor): void {
  while (isBlank(cursor.source[cursor.at])) cursor.at += 1;
}

/** Reads `>` or `/>`, and returns whether the element is closed; undefined: the tag does not end here. */
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

/** The engine takes a `>` inside the quotes as the end of the tag. */
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

/** Reads from the end of an element's name to the end of its start tag. */
function readAttributes(cursor: Cursor): StartTag {
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

/**
 * Moves to the next `<` that opens or closes an element and returns the text before it, without comments and without
 * decoding; null at the end of the source.
 */
function readText(cursor: Cursor): string | null {
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

function isBlank(character: string | undefined): boolean {
  return character !== undefined && ' \t\n\v\f\r'.includes(character);
}

/**
 * The most bytes of one text, name or attribute that the engine's reader takes (Wazuh 4.14.7: "String overflow" and
 * "Overflow attempt" above).
 */
const xmlTextLimit = 20_479;

function checkLength(text: string, offset: number): void {
  if (text.length * 3 <= xmlTextLimit) return;
  const bytes = Buffer.byteLength(text);
  if (bytes <= xmlTextLimit) return;
  throw new XmlFaultError(`a text of ${bytes} bytes is over the limit of ${xmlTextLimit}`, offset, true);
}
