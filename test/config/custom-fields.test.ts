import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { makeFolder } from '../support/folder.ts';

function load(custom: string) {
  const file = join(makeFolder(), 'c.yml');
  writeFileSync(file, `sources: { custom: [${custom}] }\n`);
  return loadConfig({ file, environment: {} });
}

/** With one of these the engine would refuse every rule of the manager, or compare an address as a text. */
test.each([
  '{ field: srcip, kinds: [name] }',
  '{ field: DSTIP, kinds: [sha256] }',
  '{ field: url, kinds: [ipv4] }',
  '{ field: extra_data, kinds: [ipv4, ipv6] }',
  "{ field: app.remote, kinds: [ipv4], when: { field: srcip, pattern: '^10' } }",
])('a field that no rule can ask is refused: %s', (custom) => {
  expect(() => load(custom)).toThrow(/cannot be asked: srcip and dstip hold addresses alone/);
});

test.each([
  '{ field: url, kinds: [name] }',
  "{ field: app.remote, kinds: [ipv4], when: { field: action, pattern: '^x$' } }",
])('any other one is taken: %s', (custom) => {
  expect(() => load(custom)).not.toThrow();
});
