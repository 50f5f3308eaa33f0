import type { GuardsConfig } from '../../config/schema.ts';
import { KnownError } from '../../errors.ts';
import { type FileChange, nameOf } from '../../sync/changes.ts';
import { formatCount } from '../../text.ts';
import type { RefreshState } from './state.ts';

/** The facts about a set that the guards check, in addition to its changes. */
export interface GuardedSet {
  readonly lists: readonly GuardedList[];
  readonly read: { readonly observables: number; readonly indicators: number };
  /** The confirmed set of the last good run; null: there was none. */
  readonly confirmed: RefreshState['confirmed'];
}

interface GuardedList {
  readonly name: string;
  readonly values: number;
}

/**
 * Returns why a set should not be published: when a refresh has lost rows, or most of a list, it is more often a
 * mistake than the truth.
 * @returns null: no guard objects.
 */
export function objectToChanges(
  changes: readonly FileChange[],
  { lists, read, confirmed }: GuardedSet,
  guards: GuardsConfig,
): string | null {
  return objectToRows(read) ?? objectToShrinking(countValues(changes, lists, confirmed), lists, guards);
}

/** @throws KnownError with the objection, if there is one */
export function insist(objection: string | null): void {
  if (objection !== null) throw new KnownError(objection);
}

/** A list with fewer entries may lose all of them: the share of a few entries is no evidence. */
const leastEntries = 100;
/** Validity is judged by the local clock. */
const mostClockDifference = 3_600_000;

const force = 'or run with --force';

/** The facts about a platform that a guard needs. */
export interface PlatformFacts {
  readonly platformId: string | null;
  /** The platform's clock when it answered. */
  readonly date: Date | null;
}

/**
 * Checks that this is the platform of the lists, and that the clocks agree.
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

/** Checks that there are rows at all. */
export function objectToRows(read: {
  readonly observables: number;
  readonly indicators: number;
}): string | null {
  if (read.observables + read.indicators > 0) return null;
  return `OpenCTI gave no rows at all: nothing was changed; look at the markings of the token and at select.sources, ${force}`;
}

/**
 * Checks the size of lists, in values, not in the keys that each value has in its spellings. This guard cannot be
 * forced: a person has to decide about a list that is too long.
 */
export function objectToSize(lists: readonly GuardedList[], { maxEntries }: GuardsConfig): string | null {
  const long = lists.find(({ values }) => values > maxEntries);
  if (long === undefined) return null;
  const problem = `list ${long.name} would have ${formatCount(long.values)} values`;
  const limit = `more than guards.max_entries ${formatCount(maxEntries)}`;
  return `${problem}, ${limit}: nothing was changed; raise it, or select less (select.min_score)`;
}

/**
 * Returns the changes of lists counted in values instead of lines, since a value has a line for each of its spellings
 * and these differ between versions of the tool. The values of the last good run are in its state: a state of the first
 * version has lines, which were values then. A list that the state does not contain keeps its lines.
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

/** Of the lists that rules read; what a list of an earlier version, or of a source that is off, loses is no loss. */
export function objectToShrinking(
  changes: readonly FileChange[],
  read: readonly GuardedList[],
  { shrinkLimit }: GuardsConfig,
): string | null {
  const lists = changes.filter(({ path }) => read.some(({ name }) => path === `lists/${name}`));
  const shrunken = lists.find((change) => lossOf(change) > shrinkLimit);
  if (shrunken === undefined) return null;
  const { path, before, after } = shrunken;
  const entries = `from ${formatCount(before)} to ${formatCount(after)} entries (${Math.floor(lossOf(shrunken))} %)`;
  const problem = `list ${nameOf(path)} would shrink ${entries}, more than guards.shrink_limit ${shrinkLimit} %`;
  return `${problem}: nothing was changed; look at the filters, ${force}`;
}

/** Returns the percentage of the entries that are lost. */
function lossOf({ before, after }: FileChange): number {
  return before <= leastEntries ? 0 : ((before - after) / before) * 100;
}

/**
 * Returns when the next reload is allowed, after the last request to reload, whatever its result was. Each reload drops
 * the events in progress and leaks the old database. A reload with a time in the future, since the clock was set back,
 * delays nothing.
 * @returns null: now.
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
