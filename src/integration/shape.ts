import type { Alert, Sighting } from '../wazuh/alert.ts';
import type { MatchedBy } from './candidates.ts';
import type { Confirmed } from './confirm.ts';
import { isJsonObject, type JsonObject, readNodes } from './json.ts';

/** The object below `opencti` of the documented alert. */
export type Context = Readonly<Record<string, unknown>>;

/** The lists that are plain since OpenCTI 5.12.24; the documented alert has them as edges. */
const wrapped: ReadonlySet<string> = new Set(['objectLabel', 'objectMarking']);

/** Returns the object as the documented alert shows it. */
export function toContext({ type, node, candidate }: Confirmed): Context {
  const base =
    type === 'observable'
      ? toObservableContext(node, candidate.value)
      : toIndicatorContext(node, candidate.value);
  return { ...base, ...toNumbered(base.objectLabel) };
}

/** Returns an observable as it came; only a file has no value of its own, and gets the hash that was matched. */
function toObservableContext(node: JsonObject, matched: string): Context {
  const shown = { edges: readNodes(node.indicators).map((each) => ({ node: toShownIndicator(each) })) };
  const context = wrapLists('indicators' in node ? { ...node, indicators: shown } : node) as JsonObject;
  return 'value' in context ? context : { ...context, value: matched };
}

/** Returns an indicator as the documented alert shows it below its observable. */
function toShownIndicator({ id, pattern, pattern_type }: JsonObject): JsonObject {
  return { id, pattern, pattern_type };
}

/** Returns an indicator in the form of an observable, when OpenCTI has no observable. */
function toIndicatorContext(node: JsonObject, matched: string): Context {
  const { description, pattern, pattern_type, revoked, valid_from, valid_until, confidence, ...core } =
    wrapLists(node) as JsonObject;
  return {
    ...core,
    observable_value: matched,
    x_opencti_description: description,
    indicators: { edges: [{ node: toShownIndicator(node) }] },
    value: matched,
  };
}

function wrapLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(wrapLists);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    const shaped = wrapLists(inner);
    const isPlainList = wrapped.has(key) && Array.isArray(shaped);
    return [key, isPlainList ? { edges: shaped.map((node) => ({ node })) } : shaped];
  });
  return Object.fromEntries(entries);
}

/** Returns each label once more under `"0"`, `"1"`, ...: the first version put them there, and dashboards read them. */
function toNumbered(labels: unknown): Context {
  return Object.fromEntries(readNodes(labels).map((node, index) => [String(index), { node }]));
}

/** The origin of an event; this is the only object that is added to the documented alert. */
export interface Source {
  /** The alert that was processed. */
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
  /** The parts that were left out, so that the event fits into a message. */
  readonly cut?: readonly string[];
}

/** The content of an event: the object below `opencti`, without its `source`. */
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
