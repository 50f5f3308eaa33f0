import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { followFile } from './follow-file.ts';

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
