import { readlinkSync } from 'node:fs';

/**
 * The error of a call that went through a descriptor, with the path that a person knows. To be asked while the folder
 * is still held.
 */
export function withTruePath(error: unknown): unknown {
  // Errors of the platform, an abort say, have a message that cannot be written.
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const { path } = error as NodeJS.ErrnoException;
  error.message = toTruePath(error.message);
  if (path !== undefined) Object.assign(error, { path: toTruePath(path) });
  return error;
}

function toTruePath(text: string): string {
  return text.replace(/\/proc\/self\/fd\/\d+/g, (held) => {
    try {
      return readlinkSync(held);
    } catch {
      return held;
    }
  });
}
