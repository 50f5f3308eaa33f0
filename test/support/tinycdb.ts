import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * Returns what the engine would have in its database for a list, by its own rules (Wazuh 4.14.7). It is written here a
 * second time, byte by byte, so that a fault of the product's parser is found.
 */
export function readAsEngine(text: string): [string, string][] {
  const entries: [string, string][] = [];
  for (const line of text.split('\n')) {
    const quoted = /^[^":]*"([^"]*)"[^:]*:(.*)$/s.exec(line);
    const plain = /^([^:]*):(.*)$/s.exec(line);
    const match = quoted ?? plain;
    if (match) entries.push([match[1] ?? '', match[2] ?? '']);
  }
  return entries;
}

/** Compiles entries with Debian's `cdb` and returns what `cdb -d` reads from the file. */
export function throughTinycdb(
  folder: string,
  entries: readonly (readonly [string, string])[],
): Map<string, string> {
  const database = join(folder, 'list.cdb');
  const input = `${entries.map(([key, value]) => `+${key.length},${value.length}:${key}->${value}\n`).join('')}\n`;
  execFileSync('cdb', ['-c', database], { input });
  const dump = execFileSync('cdb', ['-d', database], { encoding: 'utf8', maxBuffer: 2 ** 30 });
  const found = new Map<string, string>();
  for (const line of dump.split('\n')) {
    const match = /^\+(\d+),\d+:(.*)$/.exec(line);
    if (!match) continue;
    const [, length, rest = ''] = match;
    found.set(rest.slice(0, Number(length)), rest.slice(Number(length) + 2));
  }
  return found;
}
