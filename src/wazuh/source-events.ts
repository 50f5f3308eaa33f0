import type { Source } from './event-fields.ts';

/** The field that holds Sysmon's event number. */
export const eventNumberField = {
  windows: 'win.system.eventID',
  linux: 'system.eventId',
  fim: null,
} as const satisfies Record<Source, string | null>;

interface FimEvent {
  readonly decoder: string;
  readonly kind: string;
}

/** By the id of the stock rule. */
export const fimEvents: Readonly<Record<number, FimEvent>> = {
  550: { decoder: 'syscheck_integrity_changed', kind: 'modified' },
  553: { decoder: 'syscheck_deleted', kind: 'deleted' },
  554: { decoder: 'syscheck_new_entry', kind: 'added' },
};
