import { closest, distance } from 'fastest-levenshtein';
import type * as v from 'valibot';
import {
  type Document,
  type ErrorCode,
  isCollection,
  isMap,
  isNode,
  isScalar,
  type LineCounter,
  visit,
} from 'yaml';
import { type SchemaNode, unwrap } from './types.ts';

/**
 * The messages for faults of YAML. The parser's own messages quote the text, which may contain the token; these do not.
 */
const yamlProblems: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: 'an alias (*) that names nothing; a text that begins with * needs quotes',
  BAD_DQ_ESCAPE: 'an escape (\\) that YAML does not know; single quotes take every character as it is',
  BAD_INDENT: 'the indentation fits to no section',
  BAD_SCALAR_START: 'a text that begins with a special character needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second ": " on the line; a text that holds it needs quotes',
  DUPLICATE_KEY: 'the key occurs twice in its section',
  MISSING_CHAR: 'a quote, bracket or comma is missing',
  MULTIPLE_DOCS: 'a second document (---) begins',
  TAB_AS_INDENT: 'a tab indents the line; use blanks',
  UNEXPECTED_TOKEN: 'there is text where nothing belongs; a text with special characters needs quotes',
};

/** Returns the problems because of which a text is no configuration at all, one line for each. */
export function findYamlProblems(document: Document, lines: LineCounter): string[] {
  const at = (offset: number) => `line ${lines.linePos(offset).line}: `;
  if (document.errors.length > 0) {
    return document.errors.map(
      ({ pos, code }) => at(pos[0]) + (yamlProblems[code] ?? `this is no YAML (${code})`),
    );
  }
  if (document.contents !== null && !isMap(document.contents)) {
    return ['line 1: the file is not a section with keys of its own'];
  }
  const problems: string[] = [];
  visit(document, {
    // No key needs an alias, and aliases of aliases can grow without limit.
    Alias(_, { range }) {
      problems.push(
        `${at(range?.[0] ?? 0)}an alias (*); write the value itself, in quotes where it begins with *`,
      );
    },
  });
  return problems;
}

type Path = readonly (string | number)[];

/** The keys whose values may contain a credential, and are not repeated. */
const unspoken: ReadonlySet<unknown> = new Set(['token', 'url', 'proxy']);

/** Returns one line with the place, the key, the value, and the legal values. */
export function formatIssue(
  issue: v.BaseIssue<unknown>,
  schema: SchemaNode,
  document: Document,
  lines: LineCounter,
): string {
  const path = (issue.path ?? []).map((item) => item.key as string | number);
  const line = `line ${lineOf(path, document, lines)}:`;
  const place = `${line} ${formatPath(path)}`;
  if (issue.type === 'strict_object') {
    return issue.expected === 'never'
      ? `${line} ${formatUnknownKey(path, schema)}`
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

/**
 * Returns the message about an unknown key. A key that is not similar to a legal one is not shown: when a blank or a
 * colon is missing, it is the token.
 */
function formatUnknownKey(path: Path, schema: SchemaNode): string {
  const section = path.slice(0, -1);
  const key = String(path.at(-1));
  const legal = legalKeys(section, schema);
  const nearest = closest(key, legal);
  const list = `Legal here: ${legal.join(', ')}`;
  return isMisspelt(key, nearest)
    ? `${formatPath(path)} is not a key that is known; did you mean "${nearest}"? ${list}`
    : `${formatPath(section)} has a key that is not known (it is not shown: a token may be in its place). ${list}`;
}

function isMisspelt(key: string, nearest: string): boolean {
  return /^[a-z_]+$/i.test(key) && distance(key.toLowerCase(), nearest) <= Math.max(2, nearest.length / 3);
}

function legalKeys(section: Path, schema: SchemaNode): string[] {
  let node: SchemaNode | undefined = schema;
  for (const key of section) {
    const inner: SchemaNode | undefined = typeof key === 'number' ? node?.item : node?.entries?.[key];
    node = inner && unwrap(inner);
  }
  return Object.keys(node?.entries ?? {});
}

/** Returns the line of the key itself, or of the deepest part of its path that exists. */
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
