import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { KnownError } from '../errors.ts';

/** An alert as the manager wrote it. */
export interface SeenAlert {
  readonly text: string;
  readonly id: string;
  readonly ruleId: number;
  readonly level: number;
  readonly description: string;
  /** Of a message of the integration: the alert that it answers. */
  readonly answers: string | null;
}

/** Milliseconds between two looks. */
const pause = 100;

/** What is written to `alerts.json` from now on. */
export interface AlertWatch {
  /** Looks until each wanted thing was seen, or the time is over. @returns all alerts that hold a text. */
  until(isDone: (seen: readonly SeenAlert[]) => boolean, deadline: number): Promise<readonly SeenAlert[]>;
}

/** @param marks an alert without any of these texts is not of this run. */
export function watchAlerts(home: string, marks: readonly string[]): AlertWatch {
  const path = join(home, 'logs/alerts/alerts.json');
  const seen: SeenAlert[] = [];
  let place = sizeOf(path);
  let rest = '';
  function look(): void {
    const size = sizeOf(path);
    // A new day has a new file.
    if (size < place) place = 0;
    const lines = (rest + readFrom(path, place, size)).split('\n');
    place = size;
    rest = lines.pop() ?? '';
    for (const line of lines) if (marks.some((mark) => line.includes(mark))) seen.push(...toSeen(line));
  }
  return {
    async until(isDone, deadline) {
      for (;;) {
        look();
        if (isDone(seen) || Date.now() >= deadline) return seen;
        await delay(pause);
      }
    },
  };
}

function sizeOf(path: string): number {
  return withFile(path, (file) => fstatSync(file).size) ?? 0;
}

function readFrom(path: string, from: number, to: number): string {
  const bytes = Buffer.alloc(Math.max(0, to - from));
  const read = withFile(path, (file) => readSync(file, bytes, 0, bytes.length, from)) ?? 0;
  return bytes.toString('utf8', 0, read);
}

/** Null: there is no such file yet. */
function withFile<T>(path: string, work: (file: number) => T): T | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new KnownError(`${path} cannot be read (${code}): run as the user wazuh or as root`, {
      exitCode: 2,
    });
  }
  try {
    return work(file);
  } finally {
    closeSync(file);
  }
}

interface WrittenAlert {
  readonly id?: string;
  readonly rule?: { readonly id?: string; readonly level?: number; readonly description?: string };
  readonly data?: { readonly opencti?: { readonly source?: { readonly alert_id?: string } } };
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
      },
    ];
  } catch {
    return [];
  }
}
