import type { PlannedFile, StagedFile } from './planned-file.ts';

/** A set of files that is written, but not yet in its place. */
export interface StagedSet {
  readonly files: readonly StagedFile[];
  /** Stages one more file, such as a manifest of the others; it is put in place behind them. */
  add(file: PlannedFile): Promise<void>;
  /**
   * Puts every file in its place, or none.
   * @param obsolete paths of an earlier set, of which those that are not in this one are taken away.
   * @throws KnownError; then what was there before is there.
   */
  commit(obsolete?: readonly string[]): Promise<void>;
  /** What does not stand in its place as it was staged: a sentence each. */
  readBack(): Promise<string[]>;
  /** Before a commit: nothing of the staging is left. After it: what was there before is there again. */
  undo(): Promise<void>;
  /** After a commit: the last set is kept or given up, and there is no way back. */
  finish(): Promise<void>;
}

/** Where a set goes. A folder (export, dry run) and the manager of this machine are twins. */
export interface Target {
  stage(files: Iterable<PlannedFile>): Promise<StagedSet>;
}
