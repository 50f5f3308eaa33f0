/**
 * 1: not done this time, and it may work the next time; nothing was changed.
 * 2: cannot start: a person has to change the call, the configuration or the platform first.
 */
export type ExitCode = 1 | 2;

/**
 * A failure that its reader can act on. The message names the thing, quotes the value, gives the legal set and
 * says the next step; it never holds a secret. Anything that is not a KnownError is a defect of ours.
 */
export class KnownError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, options: ErrorOptions & { readonly exitCode?: ExitCode } = {}) {
    super(message, options);
    this.name = new.target.name;
    this.exitCode = options.exitCode ?? 1;
  }
}
