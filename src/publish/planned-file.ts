/** A file that is to be published, before anything is written. */
export interface PlannedFile {
  /** Below the target, with `/`. */
  readonly path: string;
  /** Its lines without their ends, or its whole text in chunks, each of which holds until the next one. */
  readonly lines: Iterable<string> & { readonly chunks?: () => Iterable<Buffer> };
}

/** What was staged of a file. */
export interface StagedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}
