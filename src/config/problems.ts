import { closest } from 'fastest-levenshtein';
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
  const place = `line ${lineOf(path, document, lines)}: ${path.join('.') || 'the file'}`;
  if (issue.type === 'strict_object') {
    return `${place} ${issue.expected === 'never' ? formatUnknownKey(path) : 'is not a section with keys of its own'}`;
  }
  return unspoken.has(path.at(-1))
    ? `${place} ${issue.message}`
    : `${place}: ${quote(issue.input)} ${issue.message}`;
}

function quote(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

function formatUnknownKey(path: Path): string {
  const legal = legalKeys(path.slice(0, -1));
  return `is not a key that is known; did you mean "${closest(String(path.at(-1)), legal)}"? Legal here: ${legal.join(', ')}`;
}

/** A schema that has keys: an object, or something around one. */
interface SchemaNode {
  readonly entries?: Readonly<Record<string, SchemaNode>>;
  readonly wrapped?: SchemaNode;
}

function legalKeys(section: Path): string[] {
  let node: SchemaNode | undefined = WrittenConfig as SchemaNode;
  for (const key of section) {
    const inner: SchemaNode | undefined = node?.entries?.[key];
    node = inner?.wrapped ?? inner;
  }
  return Object.keys(node?.entries ?? {});
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
