import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** The code as text, strings that go on in the next line as one. */
function readSource(): string {
  const names = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(root, 'src', name), 'utf8'))
    .join('\n')
    .replace(/['`]\s*\+\s*['`]/g, '');
}

/** The rows of the tables of the page, by the heading of their section. */
function readRows(): Map<string, string[]> {
  const [, ...sections] = readFileSync(join(root, 'docs/messages.md'), 'utf8').split(/^## /m);
  return new Map(
    sections.map((section) => {
      const [, ...rows] = section.split('\n').filter((line) => line.startsWith('| '));
      return [section.slice(0, section.indexOf('\n')), rows];
    }),
  );
}

/** What the first column of the messages and outcomes quotes, without what differs from run to run. */
function readMessages(): string[] {
  const sections = readRows();
  const rows = ['Messages', 'The log of the integration'].flatMap((title) => sections.get(title) ?? []);
  const quoted = rows.flatMap((row) => {
    const [, cell = ''] = row.match(/^\| (.*?) \| /) ?? [];
    return [...cell.matchAll(/`([^`]+)`/g)].map(([, message]) => message ?? '');
  });
  return quoted.flatMap((message) => message.split(/\s*\.\.\.\s*/)).filter((part) => part !== '');
}

/** Messages that the code puts together from separate parts. */
const parts: Readonly<Record<string, readonly string[]>> = {
  'the URL of OpenCTI is not set': ['of OpenCTI is not set', "'URL'"],
  'the token of OpenCTI is not set': ['of OpenCTI is not set', "'token'"],
  'the files could not be written (no space is left on the disk': [
    'the files could not be written (',
    'no space is left on the disk',
  ],
  'ossec.conf leaves out etc/rules/0011-opencti-gates.xml': [' leaves out ', '0011-opencti-gates.xml'],
  'ossec.conf has no <rule_dir>': [' has no $', "'rule_dir'"],
  'found <id>': ['`found ${'],
  // What became of an event, after a comma.
  ...Object.fromEntries(['sent', 'spooled', 'lost'].map((how) => [`, ${how}`, [`'${how}'`]])),
  // Of the engine itself.
  ...Object.fromEntries(['7610', '7616', '7617', '7619', '7612'].map((code) => [`(${code})`, [code]])),
};

test('each message that docs/messages.md explains is one that the tool has', () => {
  const source = readSource();
  const messages = readMessages();
  expect(messages.length).toBeGreaterThan(80);
  const unknown = messages.filter(
    (message) => !(parts[message] ?? [message]).every((part) => source.includes(part)),
  );
  expect(unknown).toEqual([]);
});

test('each table of docs/messages.md is sorted by its first column', () => {
  const sections = [...readRows()];
  expect(sections.length).toBeGreaterThan(5);
  for (const [title, rows] of sections) {
    expect(rows.length, title).toBeGreaterThan(4);
    const keys = rows.map(toSortKey);
    expect(keys, title).toEqual(keys.toSorted());
  }
});

/** The text of a row without case, and without what comes before its first letter or digit. */
function toSortKey(row: string): string {
  const [, cell = ''] = row.match(/^\| (.*?) \| /) ?? [];
  return cell
    .toLowerCase()
    .replace(/^[^a-z0-9]+/, '')
    .replace(/`.*/, '');
}
