import type { GuardsConfig } from '../../config/schema.ts';
import { KnownError } from '../../errors.ts';
import { type FileChange, isList, nameOf } from '../../sync/changes.ts';
import { formatCount } from '../../text.ts';
import { retiredLists } from '../../wazuh/fields.ts';
import type { RefreshState } from './state.ts';

/** What a set is held against, beside its changes. */
export interface GuardedSet {
  readonly lists: readonly GuardedList[];
  readonly read: { readonly observables: number; readonly indicators: number };
  /** Of the last good run; null: there was none. */
  readonly confirmed: RefreshState['confirmed'];
}

interface GuardedList {
  readonly name: string;
  readonly values: number;
}

/**
 * Why a set should not be published: a refresh that lost rows, or most of a list, is more often a mistake than the truth.
 * @returns null: no guard objects.
 */
export function objectToChanges(
  changes: readonly FileChange[],
  { lists, read, confirmed }: GuardedSet,
  guards: GuardsConfig,
): string | null {
  return objectToRows(read) ?? objectToShrinking(countValues(changes, lists, confirmed), guards);
}

/** @throws KnownError with the objection, if there is one */
export function insist(objection: string | null): void {
  if (objection !== null) throw new KnownError(objection);
}

/** A shorter list may lose all it has: the share of a few entries says nothing. */
const leastEntries = 100;
/** Validity is judged by the local clock. */
const mostClockDifference = 3_600_000;

const force = 'or run with --force';

/** What a platform says of itself, as far as a guard asks. */
export interface PlatformFacts {
  readonly platformId: string | null;
  /** The platform's clock when it answered. */
  readonly date: Date | null;
}

/**
 * Is it the platform that the lists came from, and do the clocks agree?
 * @param lastId of the last good run; null: not known.
 * @returns null, or why nothing should be published.
 */
export function objectToPlatform(
  { platformId, date }: PlatformFacts,
  lastId: string | null,
  now: Date,
): string | null {
  if (date !== null && Math.abs(date.getTime() - now.getTime()) > mostClockDifference)
    return `${formatClocks(now, date)}: nothing was changed; set the clock right, ${force}`;
  if (platformId !== null && lastId !== null && platformId !== lastId)
    return `${formatPlatforms(platformId, lastId)}: nothing was changed; look at opencti.url, ${force}`;
  return null;
}

function formatClocks(own: Date, theirs: Date): string {
  const times = `the clock of this machine says ${own.toISOString()} and OpenCTI's says ${theirs.toISOString()}`;
  return `${times}, more than an hour apart`;
}

function formatPlatforms(now: string, before: string): string {
  return `another OpenCTI answers than last time (platform ${now}, before ${before})`;
}

/** Are there rows at all? */
export function objectToRows(read: {
  readonly observables: number;
  readonly indicators: number;
}): string | null {
  if (read.observables + read.indicators > 0) return null;
  return `OpenCTI gave no rows at all: nothing was changed; look at the markings of the token and at select.sources, ${force}`;
}

/**
 * Values are counted, not the keys that each of them has in its spellings. This one cannot be forced: a list that is too
 * long is one that a person has to decide about.
 */
export function objectToSize(lists: readonly GuardedList[], { maxEntries }: GuardsConfig): string | null {
  const long = lists.find(({ values }) => values > maxEntries);
  if (long === undefined) return null;
  const problem = `list ${long.name} would have ${formatCount(long.values)} values`;
  const limit = `more than guards.max_entries ${formatCount(maxEntries)}`;
  return `${problem}, ${limit}: nothing was changed; raise it, or select less (select.min_score)`;
}

/**
 * The changes of lists with values in the place of lines, since a value has a line for each of its spellings and these
 * differ between versions of the tool. What the last good run had is in its state: a state of the first version has lines,
 * which were values then. A list that it does not know keeps its lines.
 */
export function countValues(
  changes: readonly FileChange[],
  lists: readonly GuardedList[],
  confirmed: Pick<NonNullable<RefreshState['confirmed']>, 'lists' | 'listValues'> | null,
): FileChange[] {
  return changes.map((change) => {
    const name = nameOf(change.path);
    const before = (confirmed?.listValues ?? confirmed?.lists)?.[name];
    const list = lists.find((each) => each.name === name);
    return before === undefined || list === undefined ? change : { ...change, before, after: list.values };
  });
}

/** Of the lists that a field has; what a list of an earlier version loses is no loss. */
export function objectToShrinking(
  changes: readonly FileChange[],
  { shrinkLimit }: GuardsConfig,
): string | null {
  const retired: ReadonlySet<string> = new Set(retiredLists.map((name) => `lists/${name}`));
  const lists = changes.filter(({ path }) => isList(path) && !retired.has(path));
  const shrunken = lists.find((change) => lossOf(change) > shrinkLimit);
  if (shrunken === undefined) return null;
  const { path, before, after } = shrunken;
  const entries = `from ${formatCount(before)} to ${formatCount(after)} entries (${Math.floor(lossOf(shrunken))} %)`;
  const problem = `list ${nameOf(path)} would shrink ${entries}, more than guards.shrink_limit ${shrinkLimit} %`;
  return `${problem}: nothing was changed; look at the filters, ${force}`;
}

/** Percent of the entries that go. */
function lossOf({ before, after }: FileChange): number {
  return before <= leastEntries ? 0 : ((before - after) / before) * 100;
}

/**
 * Has the engine been asked to reload a short while ago, whatever came of it? Each reload drops what is in flight and
 * leaks the old database. A reload that lies ahead, since the clock was set back, holds nothing back.
 * @returns when the next one may be; null: now.
 */
export function findNextReload(
  { appliedAt, askedAt }: Pick<RefreshState, 'appliedAt' | 'askedAt'>,
  { minReloadInterval }: GuardsConfig,
  now: Date,
): Date | null {
  const times = [appliedAt, askedAt].filter((time) => time !== null && time <= now).map(Number);
  const next = new Date(Math.max(0, ...times) + minReloadInterval);
  return next > now ? next : null;
}
