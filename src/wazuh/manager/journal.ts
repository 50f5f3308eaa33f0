import { renameSync } from 'node:fs';
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
const undoName = 'undo.json';
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

export interface Journal {
  readonly files: readonly JournalEntry[];
  /** The run had failed, and was taking its set back. */
  readonly isUndo: boolean;
}

/**
 * What a run was publishing that did not come to its end; null: none was.
 * What cannot be read may be anything: then each file of ours is looked at.
 */
export function readJournal({ state }: HeldHome): Journal | null {
  const publishing = readHeldText(state, fileName, mostBytes);
  const text = publishing ?? readHeldText(state, undoName, mostBytes);
  if (text === null) return null;
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  const files = result.success ? result.output.files : ownPaths.map((path) => ({ path, existed: true }));
  return { files, isUndo: publishing === null };
}

/** From here on the set is being taken back. A new name needs no room on the disk. */
export function turnJournal({ state }: HeldHome): void {
  try {
    renameSync(state.at(fileName), state.at(undoName));
    state.sync();
  } catch {
    // It is for the story that the next run tells.
  }
}

export function removeJournal({ state }: HeldHome): void {
  const gone = [fileName, undoName].map((name) => removeName(state, name));
  if (gone.includes(true)) state.sync();
}
