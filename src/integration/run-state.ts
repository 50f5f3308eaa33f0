import type { Alert } from './alert.ts';
import type { Call } from './arguments.ts';
import type { Delivery } from './delivery.ts';

export interface RunOptions {
  readonly call: Call;
  /** The folder of the bundle. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: number;
}

/** What the steps of one run share. */
export interface RunState {
  readonly alert: Alert;
  readonly home: string;
  readonly stateFolder: string;
  readonly delivery: Delivery;
  readonly options: RunOptions;
  /** For the log line; grows. */
  readonly notes: string[];
}

/** What a run came to: for the log line and the exit status. */
export interface RunReport {
  readonly home: string;
  readonly value: string;
  readonly outcome: string;
  readonly notes: readonly string[];
  /** The fact of a match was lost, or the alert could not be read. */
  readonly isFailure: boolean;
  /** An event says it: the engine has it, or the spool. */
  readonly isTold: boolean;
}

export function toReport(
  { home, notes }: Pick<RunState, 'home' | 'notes'>,
  value: string,
  outcome: string,
): RunReport {
  return { home, value, outcome, notes, isFailure: false, isTold: false };
}
