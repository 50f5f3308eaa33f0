import { closeSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { type Owner, openFile } from '../wazuh/manager/held-folder.ts';
import { atPlace, type Machine } from './place.ts';

/** What stands at a path. */
export type Entry =
  | { readonly kind: 'file'; readonly bytes: Buffer; readonly mode: number; readonly owner: Owner }
  | { readonly kind: 'folder'; readonly mode: number; readonly owner: Owner }
  | { readonly kind: 'link'; readonly target: string }
  /** A pipe, a socket, a device: nothing of ours, and nothing that can be put back. */
  | { readonly kind: 'special' }
  | { readonly kind: 'absent' };

export const absent: Entry = { kind: 'absent' };

export function readEntry(machine: Machine, path: string): Entry {
  const entry = atPlace(machine, path, ({ folder, name, path: at }): Entry => {
    const stats = lstatSync(at, { throwIfNoEntry: false });
    if (stats === undefined) return absent;
    const mode = stats.mode & 0o7777;
    const owner = { uid: stats.uid, gid: stats.gid };
    if (stats.isDirectory()) return { kind: 'folder', mode, owner };
    if (stats.isSymbolicLink()) return { kind: 'link', target: readlinkSync(at) };
    if (!stats.isFile()) return { kind: 'special' };
    const file = openFile(folder, name);
    if (file === null) return absent;
    try {
      return { kind: 'file', bytes: readFileSync(file.descriptor), mode, owner };
    } finally {
      closeSync(file.descriptor);
    }
  });
  return entry ?? absent;
}

/** The text of a file in latin1, so that each byte stays what it is; null: there is no such file. */
export function readBytesAsText(machine: Machine, path: string): string | null {
  const entry = readEntry(machine, path);
  return entry.kind === 'file' ? entry.bytes.toString('latin1') : null;
}

export function isSameEntry(a: Entry, b: Entry): boolean {
  if (a.kind === 'absent' || b.kind === 'absent' || a.kind === 'special' || b.kind === 'special')
    return a.kind === b.kind;
  if (a.kind === 'link' || b.kind === 'link')
    return a.kind === 'link' && b.kind === 'link' && a.target === b.target;
  if (a.kind !== b.kind || a.mode !== b.mode || !isSameOwner(a.owner, b.owner)) return false;
  return a.kind === 'folder' || b.kind === 'folder' || a.bytes.equals(b.bytes);
}

function isSameOwner(a: Owner, b: Owner): boolean {
  return a.uid === b.uid && a.gid === b.gid;
}
