import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { toProgramEnvironment } from '../../program-environment.ts';
import type { Datagrams } from './datagrams.ts';

/**
 * Datagrams from stdin, each behind its length in four bytes, to the path in the first argument; prints how many were
 * taken and, where that is not all, the name of the error.
 */
const program = `import errno, socket, struct, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setblocking(False)
data = sys.stdin.buffer.read()
at = sent = 0
try:
    while at < len(data):
        size, = struct.unpack_from('>I', data, at)
        s.sendto(data[at + 4:at + 4 + size], sys.argv[1])
        at += 4 + size
        sent += 1
    print(sent)
except OSError as e:
    print(sent, errno.errorcode.get(e.errno, 'ENAMETOOLONG' if e.errno is None else str(e.errno)))
`;

/** Milliseconds; it takes 50, and a hundred messages little more. */
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
    send(path, messages) {
      // One process for all: each takes 50 ms to start.
      const { status, stdout, error } = spawnSync(python, ['-I', '-S', '-c', program, path], {
        input: Buffer.concat(messages.flatMap((message) => [toLength(message), message])),
        encoding: 'utf8',
        timeout: patience,
        env: toProgramEnvironment(),
      });
      const [sent, problem = null] = (stdout ?? '').trim().split(' ');
      if (status === 0) return { sent: Number(sent), problem };
      return { sent: 0, problem: `${python} failed (${(error as NodeJS.ErrnoException)?.code ?? status})` };
    },
  };
}

function toLength({ length }: Buffer): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}
