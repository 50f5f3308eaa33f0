import type { XmlElement } from '../xml.ts';

/** What takes the place of the text between two offsets. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Edits that do not overlap, in any order. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let result = text;
  for (const edit of [...edits].sort((a, b) => b.start - a.start))
    result = result.slice(0, edit.start) + edit.text + result.slice(edit.end);
  return result;
}

/**
 * Puts lines in front of an element's end tag. Where the tag has a line of its own they become lines of their own,
 * with the file's own line ends; elsewhere they stand in the line of the tag. `removeElement` takes either back to
 * the byte.
 * @param indent of the lines
 */
export function insertAtEnd(
  source: string,
  { contentEnd }: XmlElement,
  lines: readonly string[],
  indent: string,
): TextEdit {
  const lineStart = source.lastIndexOf('\n', contentEnd - 1) + 1;
  if (!isBlank(source.slice(lineStart, contentEnd))) {
    const text = lines.map((line) => line.trim()).join('');
    return { start: contentEnd, end: contentEnd, text };
  }
  const lineEnd = source.slice(0, contentEnd).includes('\r\n') ? '\r\n' : '\n';
  const text = lines.map((line) => `${indent}${line}${lineEnd}`).join('');
  return { start: lineStart, end: lineStart, text };
}

/** Takes an element away, and the lines that it alone stood on. */
export function removeElement(source: string, { start, end }: XmlElement): TextEdit {
  const lineStart = source.lastIndexOf('\n', start - 1) + 1;
  const newline = source.indexOf('\n', end);
  const lineEnd = newline === -1 ? source.length : newline + 1;
  const isAlone = isBlank(source.slice(lineStart, start)) && isBlank(source.slice(end, lineEnd));
  return isAlone && newline !== -1 ? { start: lineStart, end: lineEnd, text: '' } : { start, end, text: '' };
}

/** The indentation of an element that begins its line, or nothing. */
export function indentOf(source: string, { start }: XmlElement): string {
  const before = source.slice(source.lastIndexOf('\n', start - 1) + 1, start);
  return isBlank(before) ? before : '';
}

function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/.test(text);
}
