import type { Cursor } from './cursor.ts';
import type { Joined } from './tree.ts';

/** `operand (keyword operand)*`; one operand alone stays itself. */
export function parseJoined<T extends { readonly start: number; readonly end: number }, J extends string>(
  cursor: Cursor,
  keyword: string,
  type: J,
  parseOperand: () => T,
): T | Joined<T, J> {
  const { start } = cursor.peek();
  const first = parseOperand();
  if (!cursor.is(keyword)) return first;
  const parts = [first];
  while (cursor.accept(keyword)) parts.push(parseOperand());
  return { type, parts, start, end: cursor.end() };
}
