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

/** What stands in the first column of the tables, without what differs from run to run. */
function readMessages(): string[] {
  const text = readFileSync(join(root, 'docs/messages.md'), 'utf8');
  const cells = [...text.matchAll(/^\| (`.*?) \| /gm)].map(([, cell]) => cell ?? '');
  const quoted = cells.flatMap((cell) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, message]) => message ?? ''),
  );
  return quoted.flatMap((message) => message.split(/\s*\.\.\.\s*/)).filter((part) => part !== '');
}

/** Put together of parts that stand apart in the code. */
const parts: Readonly<Record<string, readonly string[]>> = {
  'the URL of OpenCTI is not set': ['of OpenCTI is not set', "'URL'"],
  'the token of OpenCTI is not set': ['of OpenCTI is not set', "'token'"],
  'the files could not be written (no space is left on the disk': [
    'the files could not be written (',
    'no space is left on the disk',
  ],
  'ossec.conf leaves out etc/rules/0011-opencti-gates.xml': [' leaves out ', '0011-opencti-gates.xml'],
  'ossec.conf has no <rule_dir>': [' has no $', "'rule_dir'"],
  // Of the engine itself.
  ...Object.fromEntries(['7610', '7616', '7617', '7619', '7612'].map((code) => [`(${code})`, [code]])),
};

test('each message that docs/messages.md explains is one that the tool has', () => {
  const source = readSource();
  const messages = readMessages();
  expect(messages.length).toBeGreaterThan(40);
  const unknown = messages.filter(
    (message) => !(parts[message] ?? [message]).every((part) => source.includes(part)),
  );
  expect(unknown).toEqual([]);
});
