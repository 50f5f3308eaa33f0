import { readlinkSync } from 'node:fs';

/**
 * The error of a call that went through a descriptor, with the path that a person knows. To be asked while the folder
 * is still held.
 */
export function withTruePath(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { path, message } = error as NodeJS.ErrnoException;
  // The message of an abort, say, cannot be written.
  if (held.test(message)) error.message = toTruePath(message);
  if (path !== undefined) Object.assign(error, { path: toTruePath(path) });
  return error;
}

const held = /\/proc\/self\/fd\/\d+/;

function toTruePath(text: string): string {
  return text.replaceAll(new RegExp(held, 'g'), (path) => {
    try {
      return readlinkSync(path);
    } catch {
      return path;
    }
  });
}
