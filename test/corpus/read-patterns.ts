import { isIP } from 'node:net';
import { readAddress, readHash, readName, type Value } from './read-values.ts';

/** The meaning of a pattern, by a parser that shares no code with the product's. */
export interface PatternReading {
  /** The values each of which is enough alone. */
  readonly values: readonly Value[];
  /** The values that the pattern is about, and cannot bring in. */
  readonly named: readonly Value[];
  /** All of them are hashes of one file. */
  readonly isOneFile: boolean;
}

interface Test {
  readonly object: string;
  readonly path: string;
  readonly operator: string;
  readonly texts: readonly string[];
}

type Tree = { readonly test: Test } | { readonly and: readonly Tree[] } | { readonly or: readonly Tree[] };

const token = /\s*('(?:[^'\\]|\\['\\])*'|t'[^']*'|[A-Za-z_][\w-]*|\d+|!=|==|[[\]().,:=*])/y;

function tokenize(pattern: string): string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < pattern.trimEnd().length) {
    const found = token.exec(pattern);
    if (found === null) throw new Error('no token');
    tokens.push(found[1] ?? '');
  }
  return tokens;
}

const nothing: PatternReading = { values: [], named: [], isOneFile: false };

export function readPattern(pattern: string): PatternReading {
  try {
    const tokens = tokenize(pattern);
    const reading = readObservations(tokens);
    return tokens.length === 0 ? reading : nothing;
  } catch {
    return nothing;
  }
}

function take(tokens: string[], expected?: string): string {
  const next = tokens.shift();
  if (next === undefined || (expected !== undefined && next !== expected))
    throw new Error(`expected ${expected}`);
  return next;
}

/** Reads the observations. The generator joins two at most, so no operator has to bind tighter than another. */
function readObservations(tokens: string[]): PatternReading {
  const first = readObservation(tokens);
  const operator = tokens[0];
  if (operator !== 'OR' && operator !== 'AND' && operator !== 'FOLLOWEDBY') return first;
  tokens.shift();
  const second = readObservations(tokens);
  const values = [...first.values, ...second.values];
  const named = [...first.named, ...second.named];
  return operator === 'OR'
    ? { values, named, isOneFile: false }
    : toNamed({ values, named, isOneFile: false });
}

const toNamed = ({ values, named }: PatternReading): PatternReading => ({
  values: [],
  named: [...values, ...named],
  isOneFile: false,
});

function readObservation(tokens: string[]): PatternReading {
  let reading: PatternReading;
  if (tokens[0] === '(') {
    take(tokens, '(');
    reading = readObservations(tokens);
    take(tokens, ')');
  } else {
    take(tokens, '[');
    const tree = readOr(tokens);
    take(tokens, ']');
    reading = readTree(tree);
  }
  const qualifier = tokens[0];
  if (qualifier === 'WITHIN' || qualifier === 'REPEATS') tokens.splice(0, 3);
  else if (qualifier === 'START') tokens.splice(0, 4);
  else return reading;
  return toNamed(reading);
}

function readOr(tokens: string[]): Tree {
  const parts = [readAnd(tokens)];
  while (tokens[0] === 'OR' && tokens.shift()) parts.push(readAnd(tokens));
  return parts.length === 1 ? (parts[0] as Tree) : { or: parts };
}

function readAnd(tokens: string[]): Tree {
  const parts = [readOperand(tokens)];
  while (tokens[0] === 'AND' && tokens.shift()) parts.push(readOperand(tokens));
  return parts.length === 1 ? (parts[0] as Tree) : { and: parts };
}

function readOperand(tokens: string[]): Tree {
  if (tokens[0] === '(') {
    take(tokens, '(');
    const inner = readOr(tokens);
    take(tokens, ')');
    return inner;
  }
  const object = take(tokens);
  take(tokens, ':');
  let path = '';
  while (
    /^[\w.[\]*'-]/.test(tokens[0] ?? '') &&
    !/^(IN|NOT|LIKE|MATCHES|ISSUBSET|ISSUPERSET)$/.test(tokens[0] ?? '')
  )
    path += take(tokens).replaceAll("'", '');
  let operator = take(tokens);
  if (operator === 'NOT') operator = `NOT ${take(tokens)}`;
  if (operator !== 'IN') return { test: { object, path, operator, texts: readLiteral(tokens) } };
  take(tokens, '(');
  const texts = [...readLiteral(tokens)];
  while (tokens[0] === ',' && tokens.shift()) texts.push(...readLiteral(tokens));
  take(tokens, ')');
  return { test: { object, path, operator, texts } };
}

function readLiteral(tokens: string[]): string[] {
  const literal = take(tokens);
  return literal.startsWith("'") ? [literal.slice(1, -1).replace(/\\(.)/g, '$1')] : [];
}

const tests = (tree: Tree): Test[] => {
  if ('test' in tree) return [tree.test];
  return ('and' in tree ? tree.and : tree.or).flatMap(tests);
};

const isHash = ({ object, path }: Test) =>
  (/^(file|artifact)$/.test(object) && /^hashes\.[^.]+$/.test(path)) ||
  (object === 'process' && /^(image|binary)_ref\.hashes\.[^.]+$/.test(path));
const isNameOrAddress = ({ object, path }: Test) =>
  path === 'value' && /^(domain-name|hostname|x-opencti-hostname|ipv[46]-addr)$/.test(object);
const isDestination = ({ object, path }: Test) => object === 'network-traffic' && path === 'dst_ref.value';
const isSource = ({ object, path }: Test) => object === 'network-traffic' && path === 'src_ref.value';

const isPlain = (test: Test) =>
  /^(=|==|IN)$/.test(test.operator) ||
  (test.operator === 'ISSUBSET' && (/^ipv/.test(test.object) || isDestination(test)));
/** Returns whether a comparison says alone which value is meant. */
const names = (test: Test) =>
  isPlain(test) && test.texts.length > 0 && (isHash(test) || isNameOrAddress(test) || isDestination(test));

function toValues(test: Test): Value[] {
  return test.texts.flatMap((text) => toValue(test, text) ?? []);
}

function toValue(test: Test, text: string): Value | null {
  if (isHash(test)) return readHash(test.path.replace(/^.*\./, ''), text);
  const family = /^ipv[46]/.exec(test.object)?.[0] as 'ipv4' | 'ipv6' | undefined;
  if (family !== undefined) return readAddress(family, text);
  return test.object === 'network-traffic' ? readEnd(text) : readName(text);
}

/** Of traffic: an address of either family, or a name. */
function readEnd(text: string): Value | null {
  const host = text.trim().split('/')[0] ?? '';
  if (host.includes(':')) return readAddress('ipv6', text);
  return isIP(host) === 4 || /^[\d.[\]()]+$/.test(host) ? readAddress('ipv4', text) : readName(text);
}

/** Returns what the pattern is about, in every part that cannot be used. */
const valuesNamed = (tree: Tree): Value[] =>
  tests(tree).flatMap((test) =>
    names(test) || (isSource(test) && isPlain(test))
      ? toValues(isSource(test) ? { ...test, path: 'dst_ref.value' } : test)
      : [],
  );

function readTree(tree: Tree): PatternReading {
  if ('or' in tree) {
    const parts = tree.or.map(readTree);
    return {
      values: parts.flatMap(({ values }) => values),
      named: parts.flatMap(({ named }) => named),
      isOneFile: false,
    };
  }
  if ('test' in tree) {
    return names(tree.test)
      ? { values: toValues(tree.test), named: [], isOneFile: false }
      : { values: [], named: valuesNamed(tree), isOneFile: false };
  }
  return readConjunction(tree.and);
}

function readConjunction(members: readonly Tree[]): PatternReading {
  const naming = members.filter((member) => tests(member).every(names));
  const others = members.filter((member) => !naming.includes(member)).flatMap(tests);
  const subjects = naming.flatMap(tests);
  const isOneThing =
    naming.length === 1 || (naming.every((member) => 'test' in member) && areHashesOfOneFile(subjects));
  const isNarrowed = others.every(
    (other) => !/^(NOT|!=)/.test(other.operator) && subjects.every((subject) => narrows(other, subject)),
  );
  const usable = naming.length > 0 && isOneThing && isNarrowed;
  if (!usable) return { values: [], named: valuesNamed({ and: members }), isOneFile: false };
  const values = subjects.flatMap(toValues);
  const isOneFile = naming.every((member) => 'test' in member) && subjects.every(isHash) && values.length > 1;
  return { values, named: [], isOneFile };
}

function areHashesOfOneFile(subjects: readonly Test[]): boolean {
  const texts = new Set(subjects.map(({ texts: [text = ''] }) => text.toLowerCase()));
  if (!subjects.every(isHash)) return texts.size === 1;
  const algorithms = new Map<string, string>();
  const isOneEach = subjects.every(({ path, texts: [text = ''] }) => {
    const algorithm = path.replace(/^.*\./, '').toUpperCase().replace('SHA-', 'SHA');
    const before = algorithms.get(algorithm) ?? text;
    algorithms.set(algorithm, text);
    return before === text;
  });
  return isOneEach && new Set(subjects.map(({ object }) => object)).size === 1;
}

function narrows(other: Test, subject: Test): boolean {
  if (isDestination(other) || isHash(other)) return false;
  if (other.object === 'network-traffic')
    return subject.object !== 'file' && /^(src_ref|dst_ref|src_port|dst_port|protocols)\b/.test(other.path);
  return other.object === subject.object && !isNameOrAddress(other);
}
