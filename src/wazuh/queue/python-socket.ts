import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Datagrams } from './datagrams.ts';

/** One datagram from stdin to the path in the first argument; prints the name of the error. */
const program = `import errno, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setblocking(False)
try:
    s.sendto(sys.stdin.buffer.read(), sys.argv[1])
except OSError as e:
    sys.stdout.write(errno.errorcode.get(e.errno, 'ENAMETOOLONG' if e.errno is None else str(e.errno)))
`;

/** Milliseconds; it takes 50. */
const patience = 5_000;

/**
 * Unix datagrams by a Python, for machines without a koffi: each manager has one of its own.
 * @returns null when there is none.
 */
export function openPythonSocket(home: string): Datagrams | null {
  const places = [join(home, 'framework/python/bin/python3'), '/usr/bin/python3'];
  const python = places.find((place) => existsSync(place));
  if (python === undefined) return null;
  return {
    send(path, message) {
      const { status, stdout, error } = spawnSync(python, ['-I', '-S', '-c', program, path], {
        input: message,
        encoding: 'utf8',
        timeout: patience,
      });
      if (status !== 0) return `${python} failed (${(error as NodeJS.ErrnoException)?.code ?? status})`;
      return stdout === '' ? null : stdout;
    },
  };
}
