import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';

/** The bytes that the engine's queue takes in a datagram; it loses a longer one without a message (Wazuh 4.14.7). */
export const longestMessage = 65_535;

/** The agent that an event is about. */
export interface QueueAgent {
  /** `000` is the manager itself. */
  readonly id: string;
  readonly name: string;
  /** Null: the address is not known, or any address. */
  readonly ip: string | null;
}

/** The text that the alert shows as `location`, and that the rules have as a condition. */
const location = 'opencti';

/**
 * Returns a message for the engine's queue: the agent, the location, and the JSON text of the event. The part before
 * the `->` is escaped as remoted does it since 4.4, first `|` and then `:` (IPv6 agents have colons).
 */
export function formatQueueMessage(agent: QueueAgent, json: string): string {
  if (agent.id === '000') return `1:${location}:${json}`;
  const name = agent.name.replace(/[\x00-\x1f\x7f]/g, ' ');
  const source = `[${agent.id}] (${name}) ${agent.ip ?? 'any'}`;
  return `1:${source.replaceAll('|', '||').replaceAll(':', '|:')}->${location}:${json}`;
}

/** A NUL character, and half of a surrogate pair. */
const unsafe = /[\0\p{Surrogate}]/gu;

/**
 * Returns compact JSON that the engine's parser takes (cJSON, Wazuh 4.14.7): the parser ends a text at a NUL character,
 * and refuses the whole event when it has half of a surrogate pair.
 */
export function toSafeJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'string' ? inner.replace(unsafe, '\ufffd') : inner,
  );
}

/** The access to the engine's queue. */
export interface Queue {
  /** Tries each message once, in order, until one is not taken. `problem` also names the socket. */
  send(messages: readonly string[]): Sent;
  /**
   * Tries again for a short time, which is enough for a receiver that restarts or is busy.
   * @returns null, or why the message was not taken.
   */
  sendPatiently(message: string): Promise<string | null>;
}

/** Milliseconds between the tries, a second in all: a running engine empties its queue within that time. */
const pauses = [20, 80, 200, 700];

/** Problems that can be temporary: a full queue, no receiver, no socket yet. */
const passing = new Set(['EAGAIN', 'ENOBUFS', 'ECONNREFUSED', 'ENOENT', 'EINTR']);

/** Opens only a socket of its own; a missing engine is noticed when something is sent. */
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

/** Returns the socket, or the reason why no Unix datagrams can be sent. */
function openDatagrams(): Datagrams | string {
  try {
    return openNativeSocket();
  } catch (error) {
    const [reason] = messageOf(error).split('\n');
    return `koffi, which opens the socket of the queue, cannot be loaded (${reason}): run "opencti-wazuh install" again`;
  }
}

/** Returns the path of the socket: since 4.2 the sockets have a folder of their own. */
function findSocket(home: string): string {
  const current = join(home, 'queue/sockets/queue');
  const former = join(home, 'queue/ossec/queue');
  return !existsSync(current) && existsSync(former) ? former : current;
}

/** The part of koffi that is used: the platform package has the same members as the main package. */
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
 * Opens a socket for Unix datagrams with koffi, since Node has none of its own.
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
 * Loads the platform package directly, since koffi's own search for it costs 6 ms. It tries the binary for glibc first,
 * since the package's own search for the libc costs 2 ms more.
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

/** The result for messages that were sent in their order. */
export interface Sent {
  /** The number of messages that were taken, from the first one on. */
  readonly sent: number;
  /**
   * Why the next message was not taken, by the name of the system's error (`EAGAIN`: the receiver's queue is full);
   * null: all were taken.
   */
  readonly problem: string | null;
}

/** A socket that sends Unix datagrams. */
export interface Datagrams {
  /** Sends without waiting, until one is not taken. */
  send(path: string, messages: readonly Buffer[]): Sent;
}
