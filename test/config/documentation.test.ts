import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { retiredKeys, schema } from '../../src/config/schema.ts';
import { factsOf, type KeyFacts, type SchemaNode, unwrap } from '../../src/config/types.ts';

/**
 * The tables of docs/configuration.md are rendered from the schema. A section that is not in the page, or a table that
 * is out of date, fails here; this renders them anew, and nothing else of the page:
 *
 *     npx vitest run test/config/documentation.test.ts -u
 */
const page = join(import.meta.dirname, '../../docs/configuration.md');

test('docs/configuration.md has the keys of the schema (-u renders its tables anew)', async () => {
  await expect(renderTables(readFileSync(page, 'utf8'))).toMatchFileSnapshot(page);
});

test.each(rowsOf(schema, ''))('$path says what it does and what it may be', ({ facts, isSection }) => {
  expect(facts.says).toMatch(/\w/);
  if (!isSection) expect(facts.legal).toMatch(/^\S.*\S$/);
});

/** @throws when the page has no place for a table, or one for a section that the schema does not have. */
function renderTables(text: string): string {
  const missing = new Set([...Object.keys(schema.entries), 'retired']);
  const rendered = text.replaceAll(
    /(<!-- keys of (\w+)[^\n]*-->\n).*?(<!-- end of \2 -->)/gs,
    (_, start: string, section: string, end: string) => {
      if (!missing.delete(section)) throw new Error(`${section} is no section, or it has two tables`);
      return `${start}\n${section === 'retired' ? renderRetired() : renderSection(section)}\n${end}`;
    },
  );
  if (missing.size > 0) throw new Error(`no "<!-- keys of ... -->" for ${[...missing].join(', ')}`);
  return rendered;
}

interface Row {
  readonly path: string;
  readonly node: SchemaNode;
  readonly facts: KeyFacts;
  readonly isSection: boolean;
}

/** Each key, and each section that is described, in the order of the schema. */
function rowsOf(section: SchemaNode, path: string): Row[] {
  return Object.entries(unwrap(section).entries ?? {}).flatMap(([key, node]) => {
    const row = { path: path + key, node, facts: factsOf(node), isSection: 'entries' in unwrap(node) };
    return row.isSection ? [...(row.facts.says ? [row] : []), ...rowsOf(node, `${row.path}.`)] : [row];
  });
}

function renderSection(name: string): string {
  const rows = rowsOf((schema.entries as Record<string, SchemaNode>)[name] as SchemaNode, '');
  const hasVariables = rows.some(({ facts }) => variablesOf(facts).length > 0);
  // What several sections share, the filters above all, is explained once, where it comes first.
  const shown = rows.filter(({ node }, at) => rows.findIndex((row) => row.node === node) === at);
  const cells = shown.map(({ path, node, facts, isSection }) => {
    const paths = isSection ? rows.filter((row) => row.node === node).map((row) => row.path) : [path];
    return [
      toCode(paths),
      ...(hasVariables ? [toCode(variablesOf(facts))] : []),
      isSection ? '' : renderDefault(node, facts),
      isSection ? 'a section' : (facts.legal ?? ''),
      facts.says ?? '',
    ];
  });
  const head = ['key', ...(hasVariables ? ['environment'] : []), 'default', 'legal values', 'what it does'];
  return renderTable(head, cells);
}

const toCode = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(', ');

function variablesOf({ variable, proxyVariables = [] }: KeyFacts): readonly string[] {
  return variable === undefined ? proxyVariables : [variable];
}

function renderDefault({ default: byDefault }: SchemaNode, { shown = 'none' }: KeyFacts): string {
  if (byDefault === null) return shown;
  if (Array.isArray(byDefault)) return byDefault.length === 0 ? 'none' : `\`[${byDefault.join(', ')}]\``;
  return `\`${byDefault}\``;
}

function renderRetired(): string {
  return renderTable(
    ['key', 'it has no effect any more, since'],
    Object.entries(retiredKeys).map(([key, why]) => [`\`${key}\``, why]),
  );
}

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const toLine = (cells: readonly string[]) => `| ${cells.join(' | ')} |`.replaceAll(/ +/g, ' ');
  return [toLine(head), `|${'---|'.repeat(head.length)}`, ...rows.map(toLine), ''].join('\n');
}
