import type { Condition } from './condition.ts';
import type { EventField, FieldEvent } from './field.ts';
import { type Root, type RootKey, type RootOf, toRoot } from './roots.ts';
import type { SourceName } from './sources.ts';

/** What the configuration says of a source. */
export interface SourceSwitch {
  /** `auto`: the rows that start always, and no others. */
  readonly enabled: 'auto' | 'on' | 'off';
  /** By the name of a row; what is not named is as the table has it. */
  readonly rows: Readonly<Record<string, 'on' | 'off'>>;
  /** Of every row of the source; null: as the table has it. */
  readonly level: number | null;
  /** Is the context fetched? Null: as the table has it. */
  readonly context: boolean | null;
}

/** Sources that are not named are `auto`. */
export type SourceSwitches = Readonly<Partial<Record<SourceName, SourceSwitch>>>;

export interface ActiveOptions {
  readonly switches: SourceSwitches;
  /** Names that `<decoded_as>` may take: with one that is not loaded the manager does not start (Wazuh 4.14.7). */
  readonly decoders: ReadonlySet<string>;
}

/**
 * The fields of which a row is in the rules, with these rows, and with the roots that their events need. Their levels and
 * `quiet` are those of the configuration.
 */
export function toActiveFields(
  fields: readonly EventField[],
  { switches, decoders }: ActiveOptions,
): EventField[] {
  return fields.flatMap((field) => {
    const loaded = field.roots.filter((key) => isRootLoaded(key, decoders));
    const events = field.events
      .filter((event) => isAsked(event, switches[event.source]) && hasDecoders(event.when, decoders))
      .filter((event) => loaded.some((key) => letsThrough(key, event)))
      .map((event) => withSwitch(event, switches[event.source]));
    const roots = loaded.filter((key) => events.some((event) => letsThrough(key, event)));
    return events.length === 0 ? [] : [{ ...field, events, roots }];
  });
}

/** Whether the configuration asks for a row, whatever decoders there are. */
export function isAsked({ row, starts }: FieldEvent, source: SourceSwitch | undefined): boolean {
  if (source?.enabled === 'off') return false;
  const named = source?.rows[row];
  if (named !== undefined) return named === 'on';
  return starts === 'always' || (starts === 'source' && source?.enabled === 'on');
}

function withSwitch(event: FieldEvent, source: SourceSwitch | undefined): FieldEvent {
  if (source === undefined) return event;
  const { quiet, srcipIsOurs, ...rest } = event;
  const mayRespond = source.rows[event.row] === 'on';
  const isQuiet = source.context === null ? quiet === true : !source.context;
  return {
    ...rest,
    ...(isQuiet && { quiet: true }),
    ...(srcipIsOurs && !mayRespond && { srcipIsOurs }),
    ...(source.level !== null && { level: source.level }),
  };
}

/** Whether a root is one of the events of this row. */
export function letsThrough(key: RootOf, { source }: FieldEvent): boolean {
  const { sources } = toRoot(key);
  return sources === undefined || sources.includes(source);
}

/** The decoders of a root and of those above it. */
function isRootLoaded(key: RootOf, decoders: ReadonlySet<string>): boolean {
  return toRootLine(key).every(({ when }) => hasDecoders(when, decoders));
}

/** A root, and the roots above it. */
export function toRootLine(key: RootOf): Root[] {
  const root = toRoot(key);
  return typeof root.parent === 'string' ? [root, ...toRootLine(root.parent as RootKey)] : [root];
}

/** The decoders that are named by these conditions. */
export function decodersOf(when: readonly Condition[]): string[] {
  return when.flatMap((condition) => ('decoder' in condition ? [condition.decoder] : []));
}

const hasDecoders = (when: readonly Condition[], decoders: ReadonlySet<string>): boolean =>
  decodersOf(when).every((name) => decoders.has(name));
