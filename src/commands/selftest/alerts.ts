import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf, KnownError } from '../../errors.ts';

/** An alert as the manager wrote it. */
export interface SeenAlert {
  readonly text: string;
  readonly id: string;
  readonly ruleId: number;
  readonly level: number;
  readonly description: string;
  /** Of a message of the integration: the alert that it answers. */
  readonly answers: string | null;
  /** Of such a message: why it has no context. */
  readonly error: string | null;
}

/** Milliseconds between two looks. */
const pause = 100;
/** Other alerts that hold a text may come for ever. */
const mostPatience = 5;

/** What is written to `alerts.json` from now on. */
export interface AlertWatch {
  /**
   * Looks until each wanted thing was seen, or nothing of this run has come for a time: integratord runs one script after
   * the other, so the last of many answers is late on a slow machine, and no sign of a fault.
   * @param patience milliseconds without anything new; all of it takes five times as long at most.
   * @returns all alerts that hold a text.
   */
  until(isDone: (seen: readonly SeenAlert[]) => boolean, patience: number): Promise<readonly SeenAlert[]>;
  close(): void;
}

/** @param marks an alert without any of these texts is not of this run. */
export function watchAlerts(home: string, marks: readonly string[]): AlertWatch {
  const file = followFile(join(home, 'logs/alerts/alerts.json'));
  const seen: SeenAlert[] = [];
  const isOfRun = (line: string) => marks.some((mark) => line.includes(mark));
  const readNews = () => [...file.readLines()].filter(isOfRun).flatMap(toSeen);
  return {
    async until(isDone, patience) {
      // A clock that is set meanwhile does not end the wait.
      const started = performance.now();
      let lastNews = started;
      for (;;) {
        const news = readNews();
        seen.push(...news);
        const now = performance.now();
        if (news.length > 0) lastNews = now;
        const isOver = now >= lastNews + patience || now >= started + mostPatience * patience;
        if (isDone(seen) || isOver) return seen;
        await delay(pause);
      }
    },
    close: () => file.close(),
  };
}

interface WrittenAlert {
  readonly id?: string;
  readonly rule?: { readonly id?: string; readonly level?: number; readonly description?: string };
  readonly data?: {
    readonly opencti?: { readonly error?: string; readonly source?: { readonly alert_id?: string } };
  };
}

function toSeen(text: string): SeenAlert[] {
  try {
    const { id = '', rule, data } = JSON.parse(text) as WrittenAlert;
    return [
      {
        text,
        id,
        ruleId: Number(rule?.id),
        level: rule?.level ?? 0,
        description: rule?.description ?? '',
        answers: data?.opencti?.source?.alert_id ?? null,
        error: data?.opencti?.error ?? null,
      },
    ];
  } catch {
    return [];
  }
}

/** What is written to a file from now on, in whole lines. */
export interface FollowedFile {
  /** The lines since the last call. */
  readLines(): string[];
  close(): void;
}

interface OpenFile {
  readonly descriptor: number;
  readonly inode: number;
  /** How much of it was read. */
  place: number;
}

/**
 * Follows a file by its name. What stands there now is passed over; when another file takes its place, as at midnight
 * or in a rotation, the rest of the old one is read first. It may not be there yet.
 */
export function followFile(path: string): FollowedFile {
  let file = openFile(path);
  let rest = Buffer.alloc(0);
  if (file) file.place = fstatSync(file.descriptor).size;
  function readAll(): Buffer {
    // Asked first: nothing more is written to a file once another one has its name.
    const next = file === null || isReplaced(path, file) ? openFile(path) : null;
    const parts = file ? [readRest(file)] : [];
    if (next === null) return Buffer.concat(parts);
    if (file) closeSync(file.descriptor);
    file = next;
    return Buffer.concat([...parts, readRest(next)]);
  }
  return {
    readLines() {
      const bytes = Buffer.concat([rest, readAll()]);
      const end = bytes.lastIndexOf('\n') + 1;
      rest = bytes.subarray(end);
      return bytes.toString('utf8', 0, end).split('\n').slice(0, -1);
    },
    close() {
      if (file) closeSync(file.descriptor);
      file = null;
    },
  };
}

/** Null: it is not there. */
function openFile(path: string): OpenFile | null {
  try {
    const descriptor = openSync(path, 'r');
    return { descriptor, inode: fstatSync(descriptor).ino, place: 0 };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return null;
    throw new KnownError(`${path} cannot be read (${code}): run as the user wazuh or as root`, {
      exitCode: 2,
      cause: error,
    });
  }
}

function isReplaced(path: string, { inode }: OpenFile): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && stats.ino !== inode;
}

function readRest(file: OpenFile): Buffer {
  const { size } = fstatSync(file.descriptor);
  // It was emptied in its place.
  if (size < file.place) file.place = 0;
  const bytes = Buffer.alloc(size - file.place);
  const count = readSync(file.descriptor, bytes, 0, bytes.length, file.place);
  file.place += count;
  return bytes.subarray(0, count);
}
