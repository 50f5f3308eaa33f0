import type { EventField, FieldEvent, RootKey } from '../../wazuh/fields.ts';

/** What an event is found again by. */
export interface Mark {
  /** Is in the event, and so in its alert, and in no other event. It has `opencti-selftest` in it. */
  readonly token: string;
  /** The file of events of syscheck: those of one field in one run are of one file. */
  readonly file: string;
}

/** How a source writes an event of a row. */
export interface Sample {
  /** What writes it, for a person. */
  readonly log: string;
  /** The root that the event goes through. Null: its field has no other. */
  readonly root: RootKey | null;
  /** Whether its decoder reads a value that is spelled so. */
  readonly takes: (text: string) => boolean;
  /** The message as it enters the queue of the engine, of the manager itself. @param text what the field holds. */
  readonly write: (text: string, mark: Mark) => string;
}

/** The samples of a row of a field. @throws when it has none, which a test of every row keeps from happening. */
export type Write = (field: EventField, event: FieldEvent) => readonly Sample[];
