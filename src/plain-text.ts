/**
 * What steers a terminal, splits a line or turns its order round: controls (the C1 ones too, which begin escape sequences
 * in one character), line separators, marks of direction. Names of labels and authors are anybody's text.
 */
const steering = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
const steeringButLayout = /(?![\n\t])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Stands in the place of each, so that a reader sees that something was there. */
const replacement = '\ufffd';

/** Foreign text as a part of one line. */
export function toPlainLine(text: string): string {
  return text.replace(steering, replacement);
}

/** Text of several lines, which may be indented by tabs. */
export function toPlainText(text: string): string {
  return text.replace(steeringButLayout, replacement);
}

/** Every text in a value, as parts of lines. */
export function toPlainTexts<T>(value: T): T {
  return plainly(value) as T;
}

function plainly(value: unknown): unknown {
  if (typeof value === 'string') return toPlainLine(value);
  if (Array.isArray(value)) return value.map(plainly);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [toPlainLine(key), plainly(each)]));
}

/** One line of JSON that a terminal shows as it is; whoever parses it gets the very text. */
export function toPlainJson(value: unknown): string {
  return JSON.stringify(value).replace(
    steering,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
