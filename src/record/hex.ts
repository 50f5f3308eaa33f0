const digits = '0123456789abcdef';

/** Character code -> value of the hex digit, in either case; 255: no digit. */
const nibbles = new Uint8Array(256).fill(255);
for (let value = 0; value < digits.length; value += 1) {
  const digit = digits.charAt(value);
  nibbles[digit.charCodeAt(0)] = value;
  nibbles[digit.toUpperCase().charCodeAt(0)] = value;
}

const lower = Uint8Array.from(digits, (digit) => digit.charCodeAt(0));
const upper = Uint8Array.from(digits.toUpperCase(), (digit) => digit.charCodeAt(0));

/** The value of the hex digit at `at`, 255 for anything else. */
function nibbleAt(text: string, at: number): number {
  return nibbles[text.charCodeAt(at)] ?? 255;
}

/** Two digits a byte. @param text hex digits, an even number. */
export function writeFromHex(text: string, target: Uint8Array, at: number): void {
  for (let from = 0, to = at; from < text.length; from += 2, to += 1) {
    target[to] = (nibbleAt(text, from) << 4) | nibbleAt(text, from + 1);
  }
}

/** @returns the place behind the last digit. */
export function writeHex(
  source: Uint8Array,
  from: number,
  length: number,
  target: Uint8Array,
  at: number,
  letters: 'lower' | 'upper',
): number {
  const table = letters === 'lower' ? lower : upper;
  let to = at;
  for (let index = from; index < from + length; index += 1) {
    const byte = source[index] as number;
    target[to] = table[byte >> 4] as number;
    target[to + 1] = table[byte & 15] as number;
    to += 2;
  }
  return to;
}
