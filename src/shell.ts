/** Where a command writes: a stream of the process, or whatever a caller in the same process collects it with. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  /** Characters in a line of a terminal. */
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * All that a command has of whoever calls it. No command reads it from `process`, so several can run in one process at
 * once, each with an environment and output of its own. Not in here, since a process has it once: the user, and the
 * folder that a relative path begins in. No command reads standard input.
 */
export interface Shell {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Environment;
  /** From now on the first signal to stop aborts what is returned, and does not end the process. */
  watchSignals(): AbortSignal;
}
