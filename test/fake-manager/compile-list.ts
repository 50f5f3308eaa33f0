import { chownSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dumpCdb, makeCdb } from '../support/cdb.ts';
import { readAsEngine } from '../support/tinycdb.ts';
import { isRoot, wazuhId } from './home.ts';

const toSecond = (file: string) => Math.floor(statSync(file).mtimeMs / 1_000);

/**
 * Compiles a list as the engine does (Wazuh 4.14.7): only when the text is a whole second newer than the database,
 * under a name of its own first.
 * @param drop how many entries at the end are lost.
 */
export function compileList(text: string, drop = 0): void {
  const database = `${text}.cdb`;
  if (existsSync(database) && toSecond(text) <= toSecond(database)) return;
  const entries = readAsEngine(readFileSync(text, 'utf8'));
  writeFileSync(`${text}.tmp`, makeCdb(entries.slice(0, entries.length - drop)));
  renameSync(`${text}.tmp`, database);
  if (isRoot) chownSync(database, wazuhId, wazuhId);
}

/** Returns what the engine has in memory of a compiled list; null when there is no database. */
export function readCompiled(text: string): Map<string, string> | null {
  const database = `${text}.cdb`;
  return existsSync(database) ? new Map(dumpCdb(readFileSync(database))) : null;
}
