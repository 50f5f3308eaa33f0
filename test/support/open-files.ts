import { readdirSync, readlinkSync } from 'node:fs';

/** The files and folders that this process has open, by descriptor; no sockets, pipes and devices. */
export function findOpenFiles(): Map<string, string> {
  const open = new Map<string, string>();
  for (const descriptor of readdirSync('/proc/self/fd')) {
    const path = readLink(descriptor);
    if (path?.startsWith('/') && !/^\/(?:dev|proc)\//.test(path)) open.set(descriptor, path);
  }
  return open;
}

/** Null: it is closed by now, as the one that has read the folder. */
function readLink(descriptor: string): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return null;
  }
}
