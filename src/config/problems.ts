import { closest, distance } from 'fastest-levenshtein';
import type * as v from 'valibot';
import { type Document, isCollection, isMap, isNode, isScalar, type LineCounter } from 'yaml';
import { KnownError } from '../errors.ts';
import { WrittenConfig } from './written-config.ts';

/** All that is wrong with a configuration, at once. */
export class ConfigError extends KnownError {
  constructor(place: string, problems: readonly string[], options: ErrorOptions = {}) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super([`${place}: ${count}`, ...problems.map((problem) => `  ${problem}`)].join('\n'), {
      ...options,
      exitCode: 2,
    });
  }
}

type Issue = v.BaseIssue<unknown>;
type Path = readonly (string | number)[];

/** Values that may carry a credential are not repeated. */
const unspoken: ReadonlySet<unknown> = new Set(['token', 'url', 'proxy']);

/** One line an issue: the place, the key, the value, what would be legal. */
export function formatIssue(issue: Issue, document: Document, lines: LineCounter): string {
  const path = (issue.path ?? []).map((item) => item.key as string | number);
  const line = `line ${lineOf(path, document, lines)}:`;
  const place = `${line} ${formatPath(path)}`;
  if (issue.type === 'strict_object') {
    return issue.expected === 'never'
      ? `${line} ${formatUnknownKey(path)}`
      : `${place} is not a section with keys of its own`;
  }
  return unspoken.has(path.at(-1))
    ? `${place} ${issue.message}`
    : `${place}: ${quote(issue.input)} ${issue.message}`;
}

function quote(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

const formatPath = (path: Path) => path.join('.') || 'the file';

/** A key that is far from every legal one is not shown: with a forgotten blank or colon it is the token. */
function formatUnknownKey(path: Path): string {
  const section = path.slice(0, -1);
  const key = String(path.at(-1));
  const legal = legalKeys(section);
  const nearest = closest(key, legal);
  const list = `Legal here: ${legal.join(', ')}`;
  return isMisspelt(key, nearest)
    ? `${formatPath(path)} is not a key that is known; did you mean "${nearest}"? ${list}`
    : `${formatPath(section)} has a key that is not known (it is not shown: a token may stand in its place). ${list}`;
}

function isMisspelt(key: string, nearest: string): boolean {
  return /^[a-z_]+$/i.test(key) && distance(key.toLowerCase(), nearest) <= Math.max(2, nearest.length / 3);
}

/** A schema that has keys: an object, or something around one. */
interface SchemaNode {
  /** Of a list. */
  readonly item?: SchemaNode;
  readonly entries?: Readonly<Record<string, SchemaNode>>;
  readonly wrapped?: SchemaNode;
  readonly type?: string;
}

function legalKeys(section: Path): string[] {
  let node: SchemaNode | undefined = WrittenConfig as SchemaNode;
  for (const key of section) {
    const inner: SchemaNode | undefined = typeof key === 'number' ? node?.item : node?.entries?.[key];
    node = inner?.wrapped ?? inner;
  }
  // A key that may hold anything has no effect any more, and is accepted only.
  const isOffered = ([, inner]: [string, SchemaNode]) => (inner.wrapped ?? inner).type !== 'unknown';
  return Object.entries(node?.entries ?? {})
    .filter(isOffered)
    .map(([key]) => key);
}

/** The line of the key itself, or of the deepest part of its path that is there. */
function lineOf(path: Path, document: Document, lines: LineCounter): number {
  let offset = 0;
  let node: unknown = document.contents;
  for (const key of path) {
    const pair = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && item.key.value === key)
      : undefined;
    const place = pair?.key ?? (isCollection(node) ? node.get(key, true) : undefined);
    if (!isNode(place)) break;
    offset = place.range?.[0] ?? offset;
    node = pair?.value ?? place;
  }
  return lines.linePos(offset).line;
}
