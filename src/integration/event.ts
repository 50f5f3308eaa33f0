import type { Alert } from './alert.ts';
import type { MatchedBy } from './candidate.ts';
import type { Context } from './shape.ts';
import type { Sighting } from './sighting.ts';

/** Where an event comes from; the one object that is added to the documented alert. */
export interface Source {
  /** The alert that was looked at. */
  readonly alert_id: string;
  readonly rule_id: string;
  /** The field of the alert, and its text as the event has it. */
  readonly field: string;
  readonly value: string;
  /** The list that has the value. */
  readonly list?: string;
  readonly matched_by?: MatchedBy;
  /** Other objects of OpenCTI that have the value. */
  readonly other_ids?: readonly string[];
  /** The selftest sent the event, and no OpenCTI was asked. */
  readonly canary?: true;
  /** What was left out, so that the event fits into a message. */
  readonly cut?: readonly string[];
}

/** What is sent: the object below `opencti`, without its `source`. */
export type Content =
  | Context
  | { readonly error: string; readonly not_enriched?: number }
  | { readonly event: 'not_confirmed'; readonly reason: string };

/** The longest text of a field that is repeated in an event: no value of a list needs more. */
const longestText = 2_048;

/** Ids and names of Wazuh are shorter; an alert may be forged. */
const longestName = 128;

export function toSource(
  alert: Alert,
  { path, text }: Pick<Sighting, 'path' | 'text'>,
  more: Partial<Source> = {},
): Source {
  return {
    alert_id: alert.id.slice(0, longestName),
    rule_id: alert.ruleId.slice(0, longestName),
    field: path,
    value: text.slice(0, longestText),
    ...more,
  };
}
