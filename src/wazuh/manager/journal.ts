import * as v from 'valibot';
import { ownPaths, toOwnFile } from '../own-files.ts';
import { readHeldText, removeName, replaceText } from './held-files.ts';
import type { HeldHome } from './held-home.ts';

/** A file that is about to be put in its place or taken away. */
export interface JournalEntry {
  readonly path: string;
  /** Was it there before? */
  readonly existed: boolean;
}

const fileName = 'journal.json';
/** It names a dozen files. */
const mostBytes = 64 * 1024;

/** The user `wazuh` can write it, so nothing in it counts but the names of our own files. */
const schema = v.object({
  files: v.array(
    v.object({
      path: v.pipe(
        v.string(),
        v.check((path) => toOwnFile(path) !== null),
      ),
      existed: v.boolean(),
    }),
  ),
});

/** From here on the set is being published; when the journal goes, the set stays. */
export function writeJournal({ state, owner }: HeldHome, files: readonly JournalEntry[]): void {
  replaceText(state, fileName, `${JSON.stringify({ files })}\n`, owner);
}

/**
 * What a run was publishing when it was killed; null: none was.
 * What cannot be read may be anything: then each file of ours is looked at.
 */
export function readJournal({ state }: HeldHome): readonly JournalEntry[] | null {
  const text = readHeldText(state, fileName, mostBytes);
  if (text === null) return null;
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  return result.success ? result.output.files : ownPaths.map((path) => ({ path, existed: true }));
}

export function removeJournal({ state }: HeldHome): void {
  if (removeName(state, fileName)) state.sync();
}
