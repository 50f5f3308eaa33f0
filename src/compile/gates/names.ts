import { getPublicSuffix } from 'tldts';
import { type NameStyleParts, nameStyles } from '../../wazuh/fields.ts';
import { renderAlternation } from './alternation.ts';
import { maxPatternBytes } from './gate.ts';
import { growNodes, type Node } from './grow.ts';
import { popularNames } from './popular-names.ts';

function commonEnding(names: readonly string[]): string {
  let [ending = ''] = names;
  for (const name of names) {
    while (!name.endsWith(ending)) ending = ending.slice(1);
  }
  return ending;
}

function toStems(names: readonly string[], ending: string): string {
  return renderAlternation(names.map((name) => name.slice(0, name.length - ending.length)).sort());
}

/** Every name, whole or after a dot; of an exact name no subdomain. */
function renderNames(keys: readonly string[], style: NameStyleParts): string {
  const decoded = keys.map(fromNameKey);
  const ending = commonEnding(decoded.map(({ name }) => name));
  const wide = decoded.filter(({ exact }) => !exact).map(({ name }) => name);
  const exact = decoded.filter((name) => name.exact).map(({ name }) => name);
  const branches = [
    ...(wide.length > 0 ? [style.wide + escapeDots(toStems(wide, ending))] : []),
    ...(exact.length > 0 ? [style.exact + escapeDots(toStems(exact, ending))] : []),
  ];
  const stems = branches.length === 1 ? branches[0] : `(?:${branches.join('|')})`;
  return `(?i)${stems}${escapeDots(ending)}${style.end}`;
}

const escapeDots = (text: string): string => text.replaceAll('.', '\\.');

/** Gates for names (lower case, checked): each with its subdomains except the exact ones, in any case. */
export function growNameNodes(
  names: readonly string[],
  isExact: (name: string) => boolean,
  style: NameStyleParts = nameStyles.name,
  maxBytes = maxPatternBytes,
): Node[] {
  return growNodes({
    maxBytes,
    keys: names.map((name) => toNameKey(name, isExact(name))).sort(),
    symbolBits: nameSymbolBits,
    toSymbol: toNameSymbol,
    isInner: (depth) => depth > 0 && depth % 3 === 0,
    innerPattern: (key, depth) => toEndingPattern(key, depth, style),
    leafPattern: (keys) => renderNames(keys, style),
  });
}

/**
 * The key of a name is its place in a tree of endings: six bits a symbol, the first symbol for the top-level domain, then
 * the rest from right to left. Both tables are fixed: if they were made from the values, one new value could move all.
 */

/**
 * Five classes of eight characters; a class is one gate. The first character is the border (the beginning of the
 * name).
 */
const classes = ['\0.-_89yz', '01234567', 'abcdefgh', 'ijklmnop', 'qrstuvwx'] as const;

/** The same classes as a condition on one character. A listed name may begin there: the border comes before it. */
const toClassPatterns = ({ before }: NameStyleParts) =>
  [`(?:^|[${before}_89yz-])`, '[0-7]', '[a-h]', '[i-p]', '[q-x]'] as const;

/**
 * Top-level domains that have a symbol of their own. Most names end in one of these. Without them, the first five or six
 * levels of single characters would distinguish little, and cost an event more than all levels after them.
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
const nameSymbolBits = 6;
const classBits = 3;

/**
 * The code of the first character of keys, which have `0` to `W`, so that the characters have the order of the
 * symbols.
 */
const firstKeyCode = 48;

const characters = classes.join('');
const border = String.fromCharCode(firstKeyCode);
const keyCharacters = new Map(
  [...characters].map((character, symbol) => [character, toKeyCharacter(symbol)]),
);
const topLevelSymbols = new Map<string, number>(topLevels.map((name, index) => [name, index + 1]));

/** Is after the border in the key of a name whose subdomains do not match. */
const exactMark = '1';

function toKeyCharacter(symbol: number): string {
  return String.fromCharCode(firstKeyCode + symbol);
}

const toNameSymbol = (characterCode: number): number => characterCode - firstKeyCode;

/** Returns the key of a name. @throws Error on a name that is not checked: no dot, upper case, other characters. */
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

/** Returns the ending of names that the first symbols mean. */
function toEnding(key: string): string {
  const top = toNameSymbol(key.charCodeAt(0));
  let ending = top === otherTopLevel ? '' : `.${topLevels[top - 1]}`;
  for (let at = 1; at < key.length; at++)
    ending = characters.charAt(toNameSymbol(key.charCodeAt(at))) + ending;
  return ending;
}

function fromNameKey(key: string): { readonly name: string; readonly exact: boolean } {
  return { name: toEnding(key.slice(0, key.indexOf(border, 1))), exact: !key.endsWith(border) };
}

/** The top-level domains of the symbols, as an ending. Without `$` inside: see `Gate.pattern`. */
function toTopLevelPattern(from: number, count: number, { stops }: NameStyleParts): string {
  const own = topLevels.slice(Math.max(from - 1, 0), from - 1 + count);
  if (from !== otherTopLevel) return `\\.(?:${own.join('|')})`;
  const elsewhere = topLevels.slice(own.length);
  return `\\.(?!(?:${elsewhere.join('|')})(?![^${stops}]))[^${stops}]+`;
}

/** What matches every name of the place that the first `depth` bits of the key are; depth 3, 6, 9, ... */
export function toEndingPattern(key: string, depth: number, style: NameStyleParts = nameStyles.name): string {
  const { end } = style;
  const whole = Math.floor(depth / nameSymbolBits);
  const half = depth % nameSymbolBits >= classBits;
  const next = Math.floor(toNameSymbol(key.charCodeAt(whole)) / classSize);
  if (whole === 0) return `(?i)${toTopLevelPattern(next * classSize, classSize, style)}${end}`;
  const onlyTop = whole === 1 && !half;
  if (onlyTop) return `(?i)${toTopLevelPattern(toNameSymbol(key.charCodeAt(0)), 1, style)}${end}`;
  const ending = toEnding(key.slice(0, whole)).replaceAll('.', '\\.');
  return `(?i)${half ? (toClassPatterns(style)[next] ?? '') : ''}${ending}${end}`;
}

/** Returns whether the subdomains of a name belong to others, so that only the name itself may match. */
export type ExactOnly = (name: string) => boolean;

/**
 * Returns a function that recognises names whose subdomains must not match: a public suffix, also of the private part
 * (`github.io`, where every user has a name), one of the very popular names of `popular-names.ts`, or one that the site
 * named. Names are in lower case, as checked values are.
 */
export function toExactOnly(siteNames: Iterable<string> = []): ExactOnly {
  const listed = new Set([...popularNames, ...siteNames]);
  return (name) => listed.has(name) || getPublicSuffix(name, { allowPrivateDomains: true }) === name;
}
