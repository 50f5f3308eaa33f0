import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { normalise, type Replacements } from './recording.ts';

/** Path, and a line about it. */
export type Listing = Readonly<Record<string, string>>;

export interface ListOptions {
  readonly replacements?: Replacements;
  /** Returns true for files whose bytes only the tool itself reads. */
  readonly isOpaque?: (path: string) => boolean;
  readonly isLeftOut?: (path: string) => boolean;
  /** False to leave out modes and owners, where they are those of the user who runs the tests. Default: true. */
  readonly withAccess?: boolean;
}

/** Everything below a folder with its mode and owner; for files the number of lines and the SHA-256. */
export function listFiles(folder: string, options: ListOptions = {}): Listing {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const kept = names.filter((name) => !options.isLeftOut?.(name));
  return Object.fromEntries(kept.map((name) => [name, describe(folder, name, options)]));
}

function describe(folder: string, name: string, options: ListOptions): string {
  const path = join(folder, name);
  const access = options.withAccess === false ? '' : `${describeAccess(path)} `;
  const stats = lstatSync(path);
  if (stats.isDirectory()) return `${access}folder`;
  if (stats.isSymbolicLink()) return `link to ${normalise(readlinkSync(path), options.replacements)}`;
  if (!stats.isFile()) return `${access}socket`;
  if (options.isOpaque?.(name)) return `${access}file`;
  return `${access}${describeText(path, isRaw.test(name) ? null : (options.replacements ?? {}))}`;
}

function describeAccess(path: string): string {
  const { mode, uid, gid } = lstatSync(path);
  const bits = (mode & 0o7777).toString(8).padStart(4, '0');
  return `${bits} ${uid === 0 ? 'root' : 'wazuh'}:${gid === 0 ? 'root' : 'wazuh'}`;
}

/** What the engine and integratord read depends on nothing but the values. */
const isRaw = /(?:^|\/)(?:lists|rules|decoders|integrations)\//;

/**
 * `~`: the file holds something that depends on the machine or the clock, which was taken out before.
 * @param replacements null: nothing is taken out.
 */
function describeText(path: string, replacements: Replacements | null): string {
  const text = readFileSync(path, 'latin1');
  const normal = replacements === null ? text : normalise(text, replacements);
  const hash = createHash('sha256').update(normal, 'latin1').digest('hex');
  return `${normal.split('\n').length - 1} lines ${normal === text ? '' : '~'}${hash}`;
}

/** What came (+), went (-) and is another one (* with what it is now). */
export function compareListings(before: Listing, after: Listing): string[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths.flatMap((path) => {
    if (before[path] === after[path]) return [];
    if (after[path] === undefined) return [`- ${path}`];
    return [`${before[path] === undefined ? '+' : '*'} ${path}  ${after[path]}`];
  });
}
