/** A file that is to be published, before anything is written. */
export interface PlannedFile {
  /** Below the target, with `/`. */
  readonly path: string;
  /** Its lines without their ends. */
  readonly lines: Iterable<string>;
}

/** What was staged of a file. */
export interface StagedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}
