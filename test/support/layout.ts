import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The columns of `layout.tsv` that differ from the newest one. */
const versions = { '4.14.7': null, '4.12.0': 8, '4.4.0': 9, '4.2.7': 11 } as const;
export type LaidOutVersion = keyof typeof versions;

/** The ids of the manager's user and of its group; no machine has a name for them. */
export interface ManagerIds {
  readonly uid: number;
  readonly gid: number;
}

interface Row {
  readonly path: string;
  readonly isFolder: boolean;
  readonly owner: string;
  readonly group: string;
  readonly mode: number;
}

const rows = readFileSync(join(import.meta.dirname, 'layout.tsv'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('path\t'))
  .map((line) => line.split('\t'));

/** Returns the entries of the deb of a version, outer folders first; without what its programs make when they run. */
function readLayout(version: LaidOutVersion): Row[] {
  return rows
    .filter(([path = '', type = '']) => /^[df]$/.test(type) && !/[*%<]/.test(path))
    .flatMap((cells) => toRow(cells, versions[version]) ?? [])
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Returns null when the deb of that version has no such entry. */
function toRow(cells: readonly string[], column: number | null): Row | null {
  const [path = '', type, ...newest] = cells;
  const other = column === null ? '=' : (cells[column] ?? '=');
  const written = other === '=' ? `deb: ${newest[0]}:${newest[1]} ${newest[2]}` : other;
  const [, owner, group, mode] = /^deb: (\w+):(\w+) (\d+)/.exec(written) ?? [];
  if (owner === undefined || group === undefined || mode === undefined) return null;
  return { path, isFolder: type === 'd', owner, group, mode: Number.parseInt(mode, 8) };
}

/** Files that the engine refuses when they are empty. */
const contents: Readonly<Record<string, string>> = {
  'etc/decoders/local_decoder.xml':
    '<decoder name="site-example">\n  <program_name>site-example</program_name>\n</decoder>\n',
};

/**
 * Makes the folders and files of a manager as the official package of a version does, with their owners and modes, without
 * programs and without a ruleset. Owners are set as far as the user of the tests may do that.
 */
export function layOut(home: string, version: LaidOutVersion, { uid, gid }: ManagerIds): void {
  const isRoot = process.getuid?.() === 0;
  const layout = readLayout(version).filter(({ path }) => !path.startsWith('bin/'));
  for (const { path, isFolder } of layout) {
    if (isFolder) mkdirSync(join(home, path), { recursive: true });
    else writeFileSync(join(home, path), contents[path] ?? '');
  }
  for (const { path, owner, group, mode } of layout.toReversed()) {
    if (isRoot) chownSync(join(home, path), owner === 'root' ? 0 : uid, group === 'root' ? 0 : gid);
    chmodSync(join(home, path), mode);
  }
}

const stock = join(import.meta.dirname, 'stock-ruleset');

/** Copies the stock ruleset of the tests, with the owners and modes of the packages. */
export function layOutRuleset(home: string, { gid }: ManagerIds): void {
  const copies = [
    [stock, 'ruleset/rules'],
    [join(stock, 'decoders'), 'ruleset/decoders'],
  ] as const;
  for (const [from, to] of copies)
    for (const name of readdirSync(from).filter((each) => each.endsWith('.xml'))) {
      const file = join(home, to, name);
      cpSync(join(from, name), file);
      chmodSync(file, 0o640);
      if (process.getuid?.() === 0) chownSync(file, 0, gid);
    }
}
