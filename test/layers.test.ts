import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const source = join(import.meta.dirname, '../src');

/** What knows no machine: texts, tables and templates, which the compiler may use. */
const pureWazuh = [
  'fields',
  'list',
  'rules',
  'rule-ids',
  'template',
  'canaries',
  'ours',
  'pcre2-size',
  'xml',
];

/**
 * The rooms of `src` from the ground up, and what each may import beside itself: a room, or a file of one.
 * docs/architecture.md shows the same table.
 */
const rooms: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  text: [],
  shell: ['text'],
  values: ['errors'],
  files: ['errors', 'text'],
  store: ['errors', 'values', 'files'],
  opencti: ['errors', 'text', 'shell', 'values'],
  wazuh: ['errors', 'text', 'values', 'files'],
  compile: ['errors', 'text', 'values', 'store', ...pureWazuh.map((file) => `wazuh/${file}`)],
  config: ['errors', 'text', 'shell', 'values', 'files', 'wazuh/fields', 'wazuh/rule-ids'],
  sync: ['errors', 'text', 'shell', 'values', 'files', 'store', 'opencti', 'wazuh', 'compile', 'config'],
  integration: [
    ...['errors', 'text', 'shell', 'values', 'files', 'opencti', 'wazuh', 'config/schema'],
    ...['evidence', 'keys', 'value-objects'].map((file) => `compile/${file}`),
  ],
  commands: [
    ...[
      'errors',
      'text',
      'shell',
      'values',
      'files',
      'store',
      'opencti',
      'wazuh',
      'compile',
      'config',
      'sync',
    ],
    'integration',
  ],
  cli: ['errors', 'text', 'shell', 'commands'],
};

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);
const imports = new Map(files.map((file) => [file, readImports(file)]));

test('each room knows only the rooms that the table names', () => {
  const foreign = [...imports].flatMap(([file, targets]) =>
    targets.filter((target) => !mayImport(file, target)).map((target) => `${file} -> ${target}`),
  );
  expect(foreign).toEqual([]);
});

test('no file is part of a circle of imports', () => {
  expect(files.filter(reachesItself)).toEqual([]);
});

function mayImport(file: string, target: string): boolean {
  const room = roomOf(file);
  if (room === roomOf(target)) return true;
  return (rooms[room] ?? []).some((known) => target === `${known}.ts` || target.startsWith(`${known}/`));
}

function roomOf(file: string): string {
  return (file.split('/')[0] as string).replace(/\.ts$/, '');
}

/** Paths below `src`; packages and data are not counted. */
function readImports(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8');
  return [...text.matchAll(/(?:from|import|import\()\s*'(\.[^']+\.ts)'/g)].map(([, specifier = '']) =>
    relative(source, join(source, dirname(file), specifier)),
  );
}

function reachesItself(file: string): boolean {
  const seen = new Set<string>();
  const open = [...(imports.get(file) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === file) return true;
    if (!seen.has(next)) open.push(...(imports.get(next) ?? []));
    seen.add(next);
  }
  return false;
}
