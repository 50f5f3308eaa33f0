import { KnownError } from '../errors.ts';

/** What the system refuses is no defect of ours; most often somebody else than root has asked. */
export async function tellSystemErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, path, syscall, message } = error as NodeJS.ErrnoException;
    if (error instanceof KnownError || code === undefined || syscall === undefined) throw error;
    const next = code === 'EACCES' || code === 'EPERM' ? 'run it as root' : 'see what stands there';
    throw new KnownError(`${path ?? message}: ${syscall} failed (${code}); nothing is changed: ${next}`, {
      exitCode: 2,
      cause: error,
    });
  }
}
