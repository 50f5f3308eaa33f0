import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';

/** The engine's queue takes this many bytes a datagram, and loses a longer one without a word (Wazuh 4.14.7). */
export const longestMessage = 65_535;

/** Whom an event is about. */
export interface QueueAgent {
  /** `000` is the manager itself. */
  readonly id: string;
  readonly name: string;
  /** Null: not known, or any. */
  readonly ip: string | null;
}

/** The place that the alert shows as `location`, and that the rules ask for. */
const location = 'opencti';

/**
 * A message for the engine's queue: the agent, where it comes from, and the JSON text of the event. What stands
 * before the `->` is escaped as remoted does it since 4.4, first `|` and then `:` (IPv6 agents have colons).
 */
export function formatQueueMessage(agent: QueueAgent, json: string): string {
  if (agent.id === '000') return `1:${location}:${json}`;
  const name = agent.name.replace(/[\x00-\x1f\x7f]/g, ' ');
  const source = `[${agent.id}] (${name}) ${agent.ip ?? 'any'}`;
  return `1:${source.replaceAll('|', '||').replaceAll(':', '|:')}->${location}:${json}`;
}

/** A NUL, and half of a surrogate pair. */
const unsafe = /[\0\p{Surrogate}]/gu;

/**
 * Compact JSON that the engine's parser takes (cJSON, Wazuh 4.14.7): it ends a text at a NUL, and refuses the
 * whole event for half a surrogate pair.
 */
export function toSafeJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'string' ? inner.replace(unsafe, '\ufffd') : inner,
  );
}

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
    const [reason] = messageOf(error).split('\n');
    return `koffi, which opens the socket of the queue, cannot be loaded (${reason}): run "opencti-wazuh install" again`;
  }
}

/** Since 4.2 the sockets have a folder of their own. */
function findSocket(home: string): string {
  const current = join(home, 'queue/sockets/queue');
  const former = join(home, 'queue/ossec/queue');
  return !existsSync(current) && existsSync(former) ? former : current;
}

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

/** What became of messages that were sent in their order. */
export interface Sent {
  /** So many of them, the first ones, were taken. */
  readonly sent: number;
  /** Why the next one was not, by the name of the system's error (`EAGAIN`: the receiver's queue is full); null: all were. */
  readonly problem: string | null;
}

/** A way to send Unix datagrams. */
export interface Datagrams {
  /** Sends without waiting, until one is not taken. */
  send(path: string, messages: readonly Buffer[]): Sent;
}
