import type { Confirmed } from './confirm.ts';
import { isJsonObject, type JsonObject, readNodes } from './json.ts';

/** The object below `opencti` of the documented alert. */
export type Context = Readonly<Record<string, unknown>>;

/** Lists that are plain since 5.12.24; the documented alert has them as edges. */
const wrapped: ReadonlySet<string> = new Set(['objectLabel', 'objectMarking']);

/** The object as the documented alert shows it. */
export function toContext({ type, node, candidate }: Confirmed): Context {
  const base =
    type === 'observable'
      ? toObservableContext(node, candidate.value)
      : toIndicatorContext(node, candidate.value);
  return { ...base, ...toNumbered(base.objectLabel) };
}

/** As it came; only a file has no value of its own: it gets the hash that was matched. */
function toObservableContext(node: JsonObject, matched: string): Context {
  const shown = { edges: readNodes(node.indicators).map((each) => ({ node: toShownIndicator(each) })) };
  const context = wrapLists('indicators' in node ? { ...node, indicators: shown } : node) as JsonObject;
  return 'value' in context ? context : { ...context, value: matched };
}

/** An indicator as the documented alert shows it below its observable. */
function toShownIndicator({ id, pattern, pattern_type }: JsonObject): JsonObject {
  return { id, pattern, pattern_type };
}

/** An indicator in the place of an observable that OpenCTI does not have. */
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

/** Each label once more under `"0"`, `"1"`, ...: the first version put them there, and dashboards read them. */
function toNumbered(labels: unknown): Context {
  return Object.fromEntries(readNodes(labels).map((node, index) => [String(index), { node }]));
}
