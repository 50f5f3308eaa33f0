import { createHash } from 'node:crypto';
import {
  forget as forgetSet,
  recover as recoverSet,
  type SetGround,
  stageSet,
  type Target,
  type Unfinished,
} from '../files/file-set.ts';
import type { Spot } from '../files/transaction.ts';
import { type HashedFile, hashFiles, type PlannedFile, toStagedName } from '../files/write.ts';
import type { HeldHome, HeldManager } from './home.ts';
import { decoderFile, findLeftParts, ownPaths, toOwnFile } from './ours.ts';
import { markDecoders } from './rules.ts';

/** The mode of the files, as of those that `wazuh` and the server API write. */
const publishedMode = 0o660;

/**
 * Returns the target for the lists, rules and decoders of ours on this machine, as one set: each file is staged next to
 * its place and renamed over it, in the order of `ownPaths`, and is removed in the reverse order. The earlier file is
 * kept next to it until the engine has taken the set.
 */
export function createLocalTarget(home: HeldHome): Target {
  return {
    async stage(files) {
      const staged = await stageSet(
        toGround(home),
        inOrder([...files], ({ path }: PlannedFile) => path),
      );
      return { ...staged, commit: (obsolete = []) => staged.commit(inOrder(obsolete, (path) => path)) };
    },
  };
}

/**
 * Undoes what an unfinished run had begun to publish, and removes what it left.
 * @returns null: there was no such run. Otherwise the engine may have loaded what was undone: the caller has to reload
 * it, and then to call `forget`.
 */
export function recover(home: HeldHome): Unfinished | null {
  return recoverSet(toGround(home));
}

/** Ends a set that the engine has taken: it remains on the disk, and what it replaced becomes the previous set. */
export function forget(home: HeldHome): void {
  forgetSet(toGround(home));
}

/**
 * Returns the place of a file of ours. @throws Error for a path that is not one of ours: nothing else is ever changed.
 */
export function toPlace({ own }: HeldManager, path: string): Spot {
  const file = toOwnFile(path);
  if (file === null) throw new Error(`${path} is not a file of this project`);
  return { folder: own[file.folder], name: file.name };
}

function toGround(home: HeldHome): SetGround {
  /** Neither the engine (it reads `*.xml` and declared names) nor the cluster (it skips `~`) takes these names. */
  const beside = (path: string, toName: (name: string) => string): Spot => {
    const { folder, name } = toPlace(home, path);
    return { folder, name: toName(name) };
  };
  const staged = (path: string) => beside(path, toStagedName);
  return {
    path: home.path,
    show: (path) => `etc/${path}`,
    isOwn: (path) => toOwnFile(path) !== null,
    at: (path, work) => work({ ...toPlace(home, path), staged: staged(path) }),
    staged,
    kept: (path) => beside(path, (name) => `.${name}.old~`),
    access: { owner: home.owner, mode: publishedMode },
    journal: { folder: home.state, owner: home.owner },
    isOpenToOthers: true,
    leftovers: {
      paths: () => [...ownPaths, ...findLeftParts(home.own.rules.entries().map(({ name }) => name))],
      previous: (path) => ({ ...toPlace(home, path), folder: toPreviousFolder(home, path) }),
      toDatabase: (name) => `${name}.cdb`,
    },
    sync: () => {
      for (const folder of Object.values(home.own)) folder.sync();
    },
  };
}

function toPreviousFolder({ previous }: HeldHome, path: string) {
  const file = toOwnFile(path);
  if (file === null) throw new Error(`${path} is not a file of this project`);
  return previous[file.folder];
}

/** Sorts files in the order of `ownPaths`; a file that is not among them, such as a part of the gates, is last. */
function inOrder<T>(files: readonly T[], toPath: (file: T) => string): T[] {
  const placeOf = (file: T) => {
    const place = ownPaths.indexOf(toPath(file));
    return place === -1 ? ownPaths.length : place;
  };
  return [...files].sort((a, b) => placeOf(a) - placeOf(b));
}

/** Enough digits to distinguish all sets of a manager. */
const nameDigits = 16;

/**
 * Returns the name of a set, from all files that the engine loads of it, so the same set has the same name on every
 * machine. The decoder file contains it as the name of a decoder that matches nothing: the running engine lists its
 * decoders, which shows the set that it has, while a reload without warnings shows only that it found no fault (Wazuh
 * 4.14.7: when a `rule_dir` pattern skips a file, it reports nothing).
 */
function toMarker(files: readonly HashedFile[]): string {
  const hash = createHash('sha256');
  for (const line of files.map(({ path, sha256 }) => `${path} ${sha256}\n`).sort()) hash.update(line);
  return `octset-${hash.digest('hex').slice(0, nameDigits)}`;
}

/** Returns the name of a set, and its files with that name in the decoder file. */
export function nameSet(files: readonly HashedFile[]): {
  readonly marker: string;
  readonly files: HashedFile[];
} {
  const marker = toMarker(files);
  const marked = files.map((file) =>
    file.path === `decoders/${decoderFile}`
      ? hashFiles([{ ...file, lines: [...file.lines].map((line) => markDecoders(line, marker)) }])
      : [file],
  );
  return { marker, files: marked.flat() };
}

/** Returns the marker of a decoder file, or null. */
export function readMarker(decoders: string): string | null {
  return /<decoder name="(octset-[0-9a-z]+)">/.exec(decoders)?.[1] ?? null;
}
