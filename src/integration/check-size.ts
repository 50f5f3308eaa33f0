/** An answer to our documents has 12 levels, with lists as edges. What goes through one calls itself a level deeper. */
const mostLevels = 64;
/** Five thousand references and as many labels are 75,000 values; each takes memory and time in every step behind this. */
const mostValues = 200_000;

const quote = 34;
const comma = 44;
const backslash = 92;

/**
 * Why a text of JSON is no answer to one of our documents, or null: it is nested so deep that going through it would
 * overflow the stack, or has so many values that they would fill the memory. Before the parser sees it, by one look at each
 * character.
 */
export function findExcess(text: string): string | null {
  let level = 0;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = findEnd(text, at + 1);
    else if (code === comma) values += 1;
    // `[` and `{`, `]` and `}`.
    else if (code === 91 || code === 123) {
      level += 1;
      values += 1;
    } else if (code === 93 || code === 125) level -= 1;
    if (level > mostLevels) return `is nested deeper than ${mostLevels} levels`;
    if (values > mostValues) return `has more than ${mostValues.toLocaleString('en')} values`;
  }
  return null;
}

/** The quote that closes a string, or the end of the text. */
function findEnd(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    if (!isEscaped(text, at, from)) return at;
  }
  return text.length;
}

/** An odd number of backslashes stands before it. A run of them is counted for the quote after it alone. */
function isEscaped(text: string, at: number, from: number): boolean {
  let first = at;
  while (first > from && text.charCodeAt(first - 1) === backslash) first -= 1;
  return (at - first) % 2 === 1;
}
