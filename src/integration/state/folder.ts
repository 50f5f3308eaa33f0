import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf } from '../../errors.ts';

/** Where the integration keeps what the next run needs. Only the user `wazuh` reads and writes it. */
export function toStateFolder(home: string): string {
  return join(home, 'var/opencti-wazuh/run');
}

const { W_OK, X_OK } = constants;

/**
 * Why nothing can be kept for the next run: no answer of a moment ago, no event that could not be sent, no memory of an
 * OpenCTI that is away. Null: all can.
 */
export function findStateProblem(folder: string): string | null {
  return problemOf(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of ['', 'cache', 'spool', 'told']) {
      const path = join(folder, name);
      if (name === '' || existsSync(path)) accessSync(path, W_OK | X_OK);
    }
  });
}

let written = 0;

/** A name that no other run uses, so that runs at the same time never share a temporary file. */
export function toUniqueName(): string {
  written += 1;
  return `${Date.now()}-${process.pid}-${written}`;
}

/**
 * Writes a whole file or nothing: readers see the old or the new text. Without a sync, since a lost file of this
 * folder is no harm.
 * @throws the system's error
 */
export function writeState(file: string, text: string): void {
  const temporary = join(dirname(file), `.${toUniqueName()}.new`);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(temporary, text, { flag: 'wx', mode: 0o600 });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** The JSON of a state file; null: there is none, or another version wrote it. */
export function readState<T>(file: string, isValid: (value: unknown) => value is T): T | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isValid(value) ? value : null;
  } catch {
    return null;
  }
}

/** State makes the next run better; a run never fails for it. */
export function tryState<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

/** As `tryState`, for what a person has to know. @returns null, or the system's name of the error. */
export function problemOf(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    return codeOf(error) ?? String(error);
  }
}

/** What follows from a folder that cannot be written; why it cannot is told once. */
export function noteFolder(effect: string, folder: string, problem: string, notes: string[]): void {
  const why = describeFolder(folder, problem);
  notes.push(notes.includes(why) ? effect : `${effect}: ${why}`);
}

export function describeFolder(folder: string, problem: string): string {
  return `${folder} cannot be written (${problem}); it must belong to the user of integratord, mode 0700`;
}
