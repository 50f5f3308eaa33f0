import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WrittenConfig } from '../../src/config/written-config.ts';

interface Node {
  readonly entries?: Readonly<Record<string, Node>>;
  readonly wrapped?: Node;
}

const documentation = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8');

/** The keys of a section, down to values and to what has the fields of the field table as keys. */
function keysOf(node: Node): string[] {
  const entries = (node.wrapped ?? node).entries ?? {};
  return Object.keys(entries);
}

const sections = (WrittenConfig as Node).entries ?? {};

test.each(Object.entries(sections))('every key of %s is in docs/configuration.md', (section, node) => {
  const keys = keysOf(node);
  expect(keys.length).toBeGreaterThan(0);
  for (const key of keys) {
    expect(documentation, `${section}.${key}`).toMatch(new RegExp(`\`(?:${section}\\.)?${key}(?:[.\`])`));
  }
});
