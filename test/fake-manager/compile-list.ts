import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { readAsEngine } from '../support/tinycdb.ts';
import { isRoot, wazuhId } from './home.ts';

const toSecond = (file: string) => Math.floor(statSync(file).mtimeMs / 1_000);

/**
 * Compiles a list as the engine does (Wazuh 4.14.7): only when the text is a whole second newer than the database,
 * under a name of its own first, with what another program makes of the entries: Debian's `cdb`.
 * @param drop so many entries at the end are lost.
 */
export function compileList(text: string, drop = 0): void {
  const database = `${text}.cdb`;
  if (existsSync(database) && toSecond(text) <= toSecond(database)) return;
  const entries = readAsEngine(readFileSync(text, 'utf8'));
  const kept = entries.slice(0, entries.length - drop);
  const input = `${kept.map(([key, value]) => `+${key.length},${value.length}:${key}->${value}\n`).join('')}\n`;
  execFileSync('cdb', ['-c', '-t', `${text}.building`, `${text}.tmp`], { input });
  renameSync(`${text}.tmp`, database);
  if (isRoot) chownSync(database, wazuhId, wazuhId);
}

/** What the engine has in memory of a compiled list; null: there is no database. */
export function readCompiled(text: string): Map<string, string> | null {
  const database = `${text}.cdb`;
  if (!existsSync(database)) return null;
  const found = new Map<string, string>();
  const dump = execFileSync('cdb', ['-d', database], { encoding: 'utf8', maxBuffer: 2 ** 30 });
  for (const line of dump.split('\n')) {
    const [, length, rest = ''] = /^\+(\d+),\d+:(.*)$/.exec(line) ?? [];
    if (length !== undefined) found.set(rest.slice(0, Number(length)), rest.slice(Number(length) + 2));
  }
  return found;
}
