/**
 * A name as a place in a tree of endings: six bits a symbol, the first symbol for the top-level domain, then the
 * rest from right to left. Both tables are fixed: were they made from the values, one new value could move all.
 */

/** Five classes of eight characters; a class is one gate. The border (the beginning of the name) is the first. */
const classes = ['\0.-_89yz', '01234567', 'abcdefgh', 'ijklmnop', 'qrstuvwx'] as const;

/** The same classes as a condition on one character. A listed name may begin there, so the border is `^` or a dot. */
const classPatterns = ['(?:^|[._89yz-])', '[0-7]', '[a-h]', '[i-p]', '[q-x]'] as const;

/**
 * Top-level domains that have a symbol of their own: most names end in one of these, and five or six levels of
 * single characters before the first letter that tells anything cost an event more than all levels after it.
 */
const topLevels = [
  ...['com', 'net', 'org', 'info', 'biz', 'io', 'co'],
  ...['ru', 'cn', 'de', 'uk', 'br', 'in', 'eu', 'fr'],
  ...['nl', 'it', 'pl', 'jp', 'us', 'me', 'cc', 'tk'],
  ...['xyz', 'top', 'online', 'site', 'club', 'shop', 'store', 'live'],
  ...['icu', 'vip', 'app', 'dev', 'pw', 'su', 'ir', 'tr'],
] as const;

/** The symbol of every other top-level domain, which is then spelled out. */
const otherTopLevel = 0;
const classSize = 8;
export const nameSymbolBits = 6;
const classBits = 3;

/** Keys are made of `0` to `W`, so that the order of their characters is the order of the symbols. */
const firstKeyCode = 48;

const characters = classes.join('');
const border = String.fromCharCode(firstKeyCode);
const keyCharacters = new Map(
  [...characters].map((character, symbol) => [character, toKeyCharacter(symbol)]),
);
const topLevelSymbols = new Map<string, number>(topLevels.map((name, index) => [name, index + 1]));

/** Follows the border in the key of a name whose subdomains do not count. */
const exactMark = '1';

function toKeyCharacter(symbol: number): string {
  return String.fromCharCode(firstKeyCode + symbol);
}

export const toNameSymbol = (characterCode: number): number => characterCode - firstKeyCode;

/** @throws Error on a name that the one door for values does not let through: no dot, upper case, other characters. */
export function toNameKey(name: string, exact: boolean): string {
  const dot = name.lastIndexOf('.');
  if (dot < 1) throw new Error(`not a checked name: ${JSON.stringify(name)}`);
  const top = topLevelSymbols.get(name.slice(dot + 1)) ?? otherTopLevel;
  let key = toKeyCharacter(top);
  for (let at = (top === otherTopLevel ? name.length : dot) - 1; at >= 0; at--) {
    const character = keyCharacters.get(name.charAt(at));
    if (character === undefined) throw new Error(`not a checked name: ${JSON.stringify(name)}`);
    key += character;
  }
  return key + border + (exact ? exactMark : '');
}

/** The text that the first symbols stand for: an ending of names. */
function toEnding(key: string): string {
  const top = toNameSymbol(key.charCodeAt(0));
  let ending = top === otherTopLevel ? '' : `.${topLevels[top - 1]}`;
  for (let at = 1; at < key.length; at++)
    ending = characters.charAt(toNameSymbol(key.charCodeAt(at))) + ending;
  return ending;
}

export function fromNameKey(key: string): { readonly name: string; readonly exact: boolean } {
  return { name: toEnding(key.slice(0, key.indexOf(border, 1))), exact: !key.endsWith(border) };
}

/** The top-level domains of the symbols, as an ending. Without `$` inside: see `Gate.pattern`. */
function toTopLevelPattern(from: number, count: number): string {
  const own = topLevels.slice(Math.max(from - 1, 0), from - 1 + count);
  if (from !== otherTopLevel) return `\\.(?:${own.join('|')})`;
  const elsewhere = topLevels.slice(own.length);
  return `\\.(?!(?:${elsewhere.join('|')})(?![^.]))[^.]+`;
}

/** A program that asks with a dot at the end asks for the same name (seen of Windows programs, and whoever wants to evade). */
export const nameEnd = '\\.?$';

/** What matches every name of the place that the first `depth` bits of the key are; depth 3, 6, 9, ... */
export function toEndingPattern(key: string, depth: number): string {
  const whole = Math.floor(depth / nameSymbolBits);
  const half = depth % nameSymbolBits >= classBits;
  const next = Math.floor(toNameSymbol(key.charCodeAt(whole)) / classSize);
  if (whole === 0) return `(?i)${toTopLevelPattern(next * classSize, classSize)}${nameEnd}`;
  const onlyTop = whole === 1 && !half;
  if (onlyTop) return `(?i)${toTopLevelPattern(toNameSymbol(key.charCodeAt(0)), 1)}${nameEnd}`;
  const ending = toEnding(key.slice(0, whole)).replaceAll('.', '\\.');
  return `(?i)${half ? (classPatterns[next] ?? '') : ''}${ending}${nameEnd}`;
}
