import type { Socket } from 'node:net';
import { type Listening, listen } from './listen.ts';

/** Null is no answer at all; with `hang-up` the connection ends; a buffer is sent as it is. */
export type Answer = object | Buffer | 'hang-up' | null;

/** A stream socket with the engine's framing: four bytes of length, the lowest first, and the text. */
export function serveFrames(path: string, answer: (text: string) => Answer): Promise<Listening> {
  return listen(path, (socket) => {
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4) return;
      const length = received.readUInt32LE(0);
      if (received.length < length + 4) return;
      send(socket, answer(received.toString('utf8', 4, length + 4)));
    });
  });
}

/** A text that is no JSON, as engines before 4.4 answer. */
export function toFrame(text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
}

function send(socket: Socket, answer: Answer): void {
  if (answer === null) return;
  if (answer === 'hang-up') return void socket.destroy();
  if (Buffer.isBuffer(answer)) return void socket.end(answer);
  const frame = toFrame(JSON.stringify(answer));
  // It is sent in two parts, so that a reader that takes the first part for all of it fails.
  socket.write(frame.subarray(0, 7));
  setImmediate(() => socket.end(frame.subarray(7)));
}
