import { readdirSync, readlinkSync } from 'node:fs';

/** Returns the files and folders that this process has open, by descriptor, without sockets, pipes and devices. */
export function findOpenFiles(): Map<string, string> {
  const open = new Map<string, string>();
  for (const descriptor of readdirSync('/proc/self/fd')) {
    const path = readLink(descriptor);
    if (path?.startsWith('/') && !/^\/(?:dev|proc)\//.test(path)) open.set(descriptor, path);
  }
  return open;
}

/** Returns null when it is closed meanwhile, like the descriptor that has read the folder. */
function readLink(descriptor: string): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return null;
  }
}
