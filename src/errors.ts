/**
 * 1: the work was not done this time, and nothing was changed; it may succeed the next time.
 * 2: the work cannot start: a person has to change the call, the configuration or the platform first.
 */
export type ExitCode = 1 | 2;

/**
 * A failure that its reader can act on. The message names the thing, quotes the value, gives the legal set and
 * says the next step; it never has a secret in it. An error that is not a KnownError is a defect of this project.
 */
export class KnownError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, options: ErrorOptions & { readonly exitCode?: ExitCode } = {}) {
    super(message, options);
    this.name = new.target.name;
    this.exitCode = options.exitCode ?? 1;
  }
}

/** Returns the system's code of an error, such as `ENOENT`; undefined when the error is not from the system. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null | undefined)?.code;
}

/** What an error says: the one place where anything that was thrown becomes a text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What the system says of a call that it refused: no defect of ours. */
export interface Refusal extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly path?: string;
}

export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && 'syscall' in error && codeOf(error) !== undefined;
}

/** Did the system refuse it to this user? Root may be let. */
export function isForbidden(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'EACCES' || code === 'EPERM';
}

/** `no space is left on the disk`, or the system's name of the error, or else what it says. */
export function nameCause(error: unknown): string {
  const code = codeOf(error);
  return code === 'ENOSPC' ? 'no space is left on the disk' : (code ?? messageOf(error));
}

/** What a person reads when the system refuses to write a set of files. @param place where the set was to go. */
export function toWriteError(place: string, error: unknown): KnownError {
  if (error instanceof KnownError) return error;
  const path = isRefusal(error) ? error.path : undefined;
  // A path through a descriptor says nothing to a person.
  const shown = path === undefined || path.startsWith('/proc/self/fd/') ? '' : `: ${path}`;
  return new KnownError(
    `${place}: the files could not be written (${nameCause(error)}${shown}); what was there before is unchanged`,
    { cause: error },
  );
}

/** What the system refuses is no defect of ours; most often another user than root has asked. */
export async function reportSystemErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { path, message, syscall, code } = error;
    const next = isForbidden(error) ? 'run it as root' : 'see what stands there';
    throw new KnownError(`${path ?? message}: ${syscall} failed (${code}); nothing is changed: ${next}`, {
      exitCode: 2,
      cause: error,
    });
  }
}

/** The error that reports all problems of a configuration at once. */
export class ConfigError extends KnownError {
  constructor(place: string, problems: readonly string[], options: ErrorOptions = {}) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super([`${place}: ${count}`, ...problems.map((problem) => `  ${problem}`)].join('\n'), {
      ...options,
      exitCode: 2,
    });
  }
}
