import { createConnection } from 'node:net';
import { join } from 'node:path';
import { KnownError } from '../../errors.ts';

/** Where analysisd takes requests, since 4.2. */
const analysisSocket = 'queue/sockets/analysis';
/** Hundreds of thousands of warnings; a broken frame says more. */
const mostBytes = 64 * 2 ** 20;

/** No engine takes the request: none runs, or it is starting. It loads what is on the disk when it starts. */
export class EngineAbsentError extends KnownError {}

const absence: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED']);

/**
 * Sends one request to the engine's own socket and gives the text of the answer. Both are framed by their length
 * in four bytes, the lowest first (Wazuh 4.14.7).
 * @param timeout milliseconds for all of it.
 * @throws EngineAbsentError when none runs, another KnownError when no whole answer comes.
 */
export async function askEngine(
  home: string,
  request: string,
  timeout: number,
  socketPath = analysisSocket,
): Promise<string> {
  const path = join(home, socketPath);
  const body = Buffer.from(request);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  const socket = createConnection(path);
  socket.setTimeout(timeout, () => socket.destroy(new Error(`no answer within ${timeout / 1_000} s`)));
  // Whatever trickles in, the whole takes no longer than this.
  const deadline = setTimeout(() => socket.destroy(new Error('no whole answer in time')), timeout);
  try {
    socket.write(Buffer.concat([head, body]));
    return await readFrame(socket);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const Kind = absence.has(code ?? '') ? EngineAbsentError : KnownError;
    throw new Kind(
      `the engine does not answer at ${path} (${code ?? message}): is Wazuh running? See bin/wazuh-control status`,
      { cause: error },
    );
  } finally {
    clearTimeout(deadline);
    socket.destroy();
  }
}

async function readFrame(stream: AsyncIterable<Buffer>): Promise<string> {
  let received = Buffer.alloc(0);
  for await (const chunk of stream) {
    received = Buffer.concat([received, chunk]);
    if (received.length < 4) continue;
    const length = received.readUInt32LE(0);
    if (length > mostBytes) throw new Error(`an answer of ${length} bytes`);
    if (received.length >= length + 4) return received.toString('utf8', 4, length + 4);
  }
  throw new Error('the connection was closed before the answer');
}
