import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** A user of the machine, by the numbers that permissions are made of. */
export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

const bits = { read: 4, write: 3, run: 1 } as const;
export type Want = keyof typeof bits;

const enter = 1;
/** As the kernel gives up. */
const mostLinks = 40;

/**
 * What keeps a user from a file, by the owners and modes of all that leads to it, links followed; null: nothing.
 * Access lists beside the modes are not looked at: a group that they give shows in the mode.
 */
export function findBarrier(path: string, user: User, want: Want): string | null {
  if (user.uid === 0) return findMissing(path);
  return walk(resolve(path), { user, want, asked: resolve(path), links: mostLinks });
}

interface Walk {
  readonly user: User;
  readonly want: Want;
  readonly asked: string;
  /** How many more may be followed. */
  readonly links: number;
}

function findMissing(path: string): string | null {
  return statSync(path, { throwIfNoEntry: false }) ? null : `${path} is not there`;
}

function walk(path: string, state: Walk): string | null {
  const { user, want, asked, links } = state;
  const parts = path.split('/').slice(1);
  let at = '/';
  for (const [index, part] of parts.entries()) {
    const folder = statSync(at);
    if (!folder.isDirectory()) return `${at} is no folder`;
    if (!may(folder, user, enter)) return `${at} is closed to it (mode ${modeOf(folder)})`;
    const next = resolve(at, part);
    const stats = lstatSync(next, { throwIfNoEntry: false });
    if (stats === undefined) return `${next} is not there`;
    if (stats.isSymbolicLink()) {
      if (links === 0) return `${asked} goes round in links`;
      const target = resolve(dirname(next), readlinkSync(next), ...parts.slice(index + 1));
      return walk(target, { ...state, links: links - 1 });
    }
    at = next;
  }
  const stats = statSync(at);
  if (may(stats, user, bits[want])) return null;
  return at === asked ? `its mode is ${modeOf(stats)}` : `the mode of ${at} is ${modeOf(stats)}`;
}

function may({ mode, uid, gid }: Stats, user: User, wanted: number): boolean {
  const isOfGroup = gid === user.gid || user.groups.includes(gid);
  const shift = uid === user.uid ? 6 : isOfGroup ? 3 : 0;
  return ((mode >> shift) & wanted) === wanted;
}

function modeOf({ mode }: Stats): string {
  return (mode & 0o7777).toString(8);
}
