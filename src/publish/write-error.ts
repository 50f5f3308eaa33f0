import { KnownError } from '../errors.ts';

/** What a person reads when the system refuses a write. */
export function toWriteError(place: string, error: unknown): KnownError {
  if (error instanceof KnownError) return error;
  const { path } = error as NodeJS.ErrnoException;
  const cause = `${nameCause(error)}${isPlace(path) ? `: ${path}` : ''}`;
  return new KnownError(
    `${place}: the files could not be written (${cause}); what was there before is unchanged`,
    { cause: error },
  );
}

/** `no space is left on the disk`, or the system's name of the error. */
export function nameCause(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' ? 'no space is left on the disk' : (code ?? message);
}

/** A path through a descriptor says nothing to a person. */
function isPlace(path: string | undefined): path is string {
  return path !== undefined && !path.startsWith('/proc/self/fd/');
}
