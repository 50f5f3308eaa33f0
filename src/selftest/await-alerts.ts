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

/** What is written to `alerts.json` from now on. */
export interface AlertWatch {
  /**
   * Looks until each wanted thing was seen, or the time is over.
   * @param patience milliseconds @returns all alerts that hold a text.
   */
  until(isDone: (seen: readonly SeenAlert[]) => boolean, patience: number): Promise<readonly SeenAlert[]>;
  close(): void;
}

/** @param marks an alert without any of these texts is not of this run. */
export function watchAlerts(home: string, marks: readonly string[]): AlertWatch {
  const file = followFile(join(home, 'logs/alerts/alerts.json'));
  const seen: SeenAlert[] = [];
  return {
    async until(isDone, patience) {
      // A clock that is set meanwhile does not end the wait.
      const deadline = performance.now() + patience;
      for (;;) {
        for (const line of file.readLines())
          if (marks.some((mark) => line.includes(mark))) seen.push(...toSeen(line));
        if (isDone(seen) || performance.now() >= deadline) return seen;
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
