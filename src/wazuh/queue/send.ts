import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Datagrams, Sent } from './datagrams.ts';
import { openNativeSocket } from './native-socket.ts';

/** The way into the engine's queue. */
export interface Queue {
  /** Tries once, in order, until one is not taken. `problem` names the socket too. */
  send(messages: readonly string[]): Sent;
  /**
   * Tries again for a short time, as long as a receiver that restarts or is busy needs.
   * @returns null, or why the message was not taken.
   */
  sendPatiently(message: string): Promise<string | null>;
}

/** Milliseconds between the tries: a second in all, while an engine that is alive empties its queue. */
const pauses = [20, 80, 200, 700];

/** What can pass: a full queue, no receiver, no socket yet. */
const passing = new Set(['EAGAIN', 'ENOBUFS', 'ECONNREFUSED', 'ENOENT', 'EINTR']);

/** Opens nothing but a socket of its own; whether the engine is there shows when something is sent. */
export function openQueue(home: string): Queue {
  const datagrams = openDatagrams();
  function send(messages: readonly string[]): Sent {
    if (typeof datagrams === 'string') return { sent: 0, problem: datagrams };
    const path = findSocket(home);
    const { sent, problem } = datagrams.send(
      path,
      messages.map((message) => Buffer.from(message)),
    );
    return { sent, problem: problem === null ? null : `${path}: ${problem}` };
  }
  async function sendPatiently(message: string): Promise<string | null> {
    let { problem } = send([message]);
    for (const pause of pauses) {
      if (problem === null || !passing.has(problem.slice(problem.lastIndexOf(' ') + 1))) return problem;
      await delay(pause);
      ({ problem } = send([message]));
    }
    return problem;
  }
  return { send, sendPatiently };
}

/** Or why there is no way to send Unix datagrams. */
function openDatagrams(): Datagrams | string {
  try {
    return openNativeSocket();
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    return `koffi, which opens the socket of the queue, cannot be loaded (${reason}): run "opencti-wazuh install" again`;
  }
}

/** Since 4.2 the sockets have a folder of their own. */
function findSocket(home: string): string {
  const current = join(home, 'queue/sockets/queue');
  const former = join(home, 'queue/ossec/queue');
  return !existsSync(current) && existsSync(former) ? former : current;
}
