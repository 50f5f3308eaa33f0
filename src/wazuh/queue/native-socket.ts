import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import type { Datagrams } from './datagrams.ts';

/** The part of koffi that is used: its platform package has the same members as the package itself. */
interface Koffi {
  load(library: null): { func(prototype: string): (...args: unknown[]) => number };
  errno(): number;
  readonly os: { readonly errno: Readonly<Record<string, number>> };
}

const unixFamily = 1;
const datagramType = 2;
const closeOnExec = 0o2_000_000;
const dontWait = 0x40;
const noSignal = 0x4000;
/** `sun_path` with its closing NUL, on Linux. */
const longestPath = 107;

/**
 * Unix datagrams by koffi, since Node has none of its own.
 * @throws the loader's error when there is no koffi for this machine.
 */
export function openNativeSocket(): Datagrams {
  const koffi = loadKoffi();
  const libc = koffi.load(null);
  const openSocket = libc.func('int socket(int, int, int)');
  const sendTo = libc.func('long sendto(int, const uint8_t *, size_t, int, const uint8_t *, uint32_t)');
  const file = openSocket(unixFamily, datagramType | closeOnExec, 0);
  if (file < 0) throw new Error(`no Unix socket can be opened (${nameErrno(koffi)})`);
  return {
    send(path, messages) {
      const address = toAddress(path);
      if (address === null) return { sent: 0, problem: 'ENAMETOOLONG' };
      for (const [sent, message] of messages.entries()) {
        const taken = sendTo(file, message, message.length, dontWait | noSignal, address, address.length);
        if (taken < 0) return { sent, problem: nameErrno(koffi) };
      }
      return { sent: messages.length, problem: null };
    },
  };
}

/**
 * The platform package, directly: koffi's own search for it costs 6 ms. And of that the binary for glibc first: the
 * package's own search for the libc costs 2 ms more.
 */
function loadKoffi(): Koffi {
  const load = createRequire(import.meta.url);
  const name = `@koromix/koffi-linux-${process.arch}`;
  try {
    return load(`${name}/linux_${process.arch}/koffi.node`);
  } catch {
    return load(name);
  }
}

/** `struct sockaddr_un`: the family in the machine's byte order, then the path with a NUL. */
function toAddress(path: string): Buffer | null {
  const name = Buffer.from(path);
  if (name.length > longestPath) return null;
  const family = endianness() === 'LE' ? [unixFamily, 0] : [0, unixFamily];
  return Buffer.concat([Buffer.from(family), name, Buffer.alloc(1)]);
}

function nameErrno(koffi: Koffi): string {
  const errno = koffi.errno();
  return Object.entries(koffi.os.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;
}
