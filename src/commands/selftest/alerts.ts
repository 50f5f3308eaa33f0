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
  /** The alert that a message of the integration answers. */
  readonly answers: string | null;
  /** Why such a message has no context. */
  readonly error: string | null;
}

/** Milliseconds between two looks. */
const pause = 100;
/** The limit of the wait, as a multiple of the patience: other alerts with a text may continue to come. */
const mostPatience = 5;

/** The alerts that are written to `alerts.json` from now on. */
export interface AlertWatch {
  /**
   * Waits until each wanted alert was seen, or no alert of this run has come for some time: integratord runs one script
   * after the other, so the last of many answers is late on a slow machine, which is no fault.
   * @param patience milliseconds without anything new; the whole wait takes at most five times as long.
   * @returns all alerts with a text.
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
      // A clock that is set during the wait does not end it.
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

/** The lines that are written to a file from now on, in whole lines. */
export interface FollowedFile {
  /** The lines since the last call. */
  readLines(): string[];
  close(): void;
}

interface OpenFile {
  readonly descriptor: number;
  readonly inode: number;
  /** The number of bytes that were read. */
  place: number;
}

/**
 * Follows a file by its name. Its present content is skipped; when another file replaces it, as at midnight or in a
 * rotation, the rest of the old file is read first. The file need not exist yet.
 */
export function followFile(path: string): FollowedFile {
  let file = openFile(path);
  let rest = Buffer.alloc(0);
  if (file) file.place = fstatSync(file.descriptor).size;
  function readAll(): Buffer {
    // This is checked first: nothing more is written to a file once another one has its name.
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
  // The file was emptied in its place.
  if (size < file.place) file.place = 0;
  const bytes = Buffer.alloc(size - file.place);
  const count = readSync(file.descriptor, bytes, 0, bytes.length, file.place);
  file.place += count;
  return bytes.subarray(0, count);
}
