import { codeOf } from '../errors.ts';
import { openQueue } from '../wazuh/queue/send.ts';
import { flushSpool, hasSpooled, spoolMessage } from './state/spool.ts';

export interface Delivered {
  readonly how: 'sent' | 'printed' | 'spooled' | 'lost';
  /** Why the engine did not take it; null: it did. */
  readonly why: string | null;
  /** Messages of earlier runs that went before. */
  readonly fromSpool: number;
}

/** Takes messages; the queue is opened for the first one. */
export interface Delivery {
  deliver(messages: readonly string[]): Promise<Delivered>;
  /**
   * What earlier runs had to keep, for a run that has nothing of its own to send; once a run.
   * @returns how many of them were sent.
   */
  flush(): Promise<number>;
}

/** Into the engine's queue, what earlier runs had to keep first; what it does not take is kept for the next run. */
export function createDelivery(home: string, stateFolder: string, now: number): Delivery {
  let isFlushed = false;
  async function openFlushed() {
    const queue = openQueue(home);
    const fromSpool = isFlushed ? 0 : flushSpool(stateFolder, now, queue.send);
    isFlushed = true;
    return { queue, fromSpool };
  }
  return {
    async deliver(messages) {
      const { queue, fromSpool } = await openFlushed();
      let why: string | null = null;
      for (const message of messages) {
        why = why ?? (await queue.sendPatiently(message));
        if (why === null) continue;
        const problem = keep(message);
        if (problem !== null) return { how: 'lost', why: `${why}; ${problem}`, fromSpool };
      }
      return { how: why === null ? 'sent' : 'spooled', why, fromSpool };
    },
    async flush() {
      // Opening the queue loads a library, so an empty spool leaves it shut.
      if (isFlushed || !hasSpooled(stateFolder, now)) return 0;
      return (await openFlushed()).fromSpool;
    },
  };

  function keep(message: string): string | null {
    try {
      spoolMessage(stateFolder, message, now);
      return null;
    } catch (error) {
      return `and ${stateFolder}/spool cannot be written (${codeOf(error)})`;
    }
  }
}

/** Prints what would be sent. */
export function createPrinter(): Delivery {
  return {
    async deliver(messages) {
      for (const message of messages) process.stdout.write(`${message}\n`);
      return { how: 'printed', why: null, fromSpool: 0 };
    },
    flush: async () => 0,
  };
}
