import { flags, isNamedOnly, type ObjectStore, valueIn } from './object-store.ts';

/**
 * Groups of values that are in or out together: the hashes of one file are a group, with those that no event field carries;
 * each other value is a group of its own.
 */
export interface Groups {
  /** By the number of a value: the number of the value that leads its group. */
  readonly leaders: Int32Array;
  /**
   * By the number of a leader: where its objects begin in `objects`; they end where the objects of the next one
   * begin.
   */
  readonly starts: Uint32Array;
  /** Numbers of objects, each once in a group; see `memberOf`. */
  readonly objects: Uint32Array;
}

/** A bit of the number of an object that only names values of the group. */
const namesOnly = 2 ** 31;

/** These return the number of a member, and whether it only names values of the group. */
export const memberOf = (object: number) => (object >= namesOnly ? object - namesOnly : object);
export const isNamer = (object: number) => object >= namesOnly;

/**
 * Returns the groups of a store.
 * @param joins whether an object whose claims are one file joins its hashes to one group.
 */
export function toGroups(store: ObjectStore, joins: (object: number) => boolean): Groups {
  const leaders = joinValues(store, joins);
  const starts = countObjects(store, leaders);
  return { leaders, starts, objects: collectObjects(store, leaders, starts) };
}

function identity(length: number): Int32Array {
  const numbers = new Int32Array(length);
  for (let at = 0; at < length; at += 1) numbers[at] = at;
  return numbers;
}

/** Returns the leader of each value, by union-find: the smaller number leads, and paths are halved. */
function joinValues(store: ObjectStore, joins: (object: number) => boolean): Int32Array {
  const leaders = identity(store.values.size);
  const { flags: states, linkStarts, links } = store.columns();
  for (let object = 0; object < store.size; object += 1) {
    const state = states[object] as number;
    if ((state & (flags.oneFile | flags.gone)) !== flags.oneFile || !joins(object)) continue;
    let first = -1;
    for (let at = linkStarts[object] as number; at < (linkStarts[object + 1] as number); at += 1) {
      const value = links[at] as number;
      if (value >= 0 && !isNamedOnly(value)) first = first < 0 ? value : unite(leaders, first, value);
    }
  }
  for (let value = 0; value < leaders.length; value += 1) leaders[value] = leaderOf(leaders, value);
  return leaders;
}

function unite(leaders: Int32Array, a: number, b: number): number {
  const first = leaderOf(leaders, a);
  const other = leaderOf(leaders, b);
  leaders[Math.max(first, other)] = Math.min(first, other);
  return Math.min(first, other);
}

function leaderOf(leaders: Int32Array, value: number): number {
  let at = value;
  for (let above = leaders[at] as number; above !== at; above = leaders[at] as number) {
    leaders[at] = leaders[above] as number;
    at = leaders[at] as number;
  }
  return at;
}

function countObjects(store: ObjectStore, leaders: Int32Array): Uint32Array {
  const starts = new Uint32Array(leaders.length + 1);
  forEachMembership(store, leaders, (leader) => {
    starts[leader + 1] = (starts[leader + 1] as number) + 1;
  });
  for (let at = 1; at < starts.length; at += 1) {
    starts[at] = (starts[at] as number) + (starts[at - 1] as number);
  }
  return starts;
}

function collectObjects(store: ObjectStore, leaders: Int32Array, starts: Uint32Array): Uint32Array {
  const objects = new Uint32Array(starts.at(-1) ?? 0);
  const next = starts.slice();
  forEachMembership(store, leaders, (leader, object, isNamedOnly) => {
    const place = next[leader] as number;
    objects[place] = isNamedOnly ? object + namesOnly : object;
    next[leader] = place + 1;
  });
  return objects;
}

/**
 * The groups of an object with more values than this are kept in a set; those of other objects are looked up in its
 * links.
 */
const fewValues = 8;

/** Calls `take` once for each object and each group that has a value of it. */
function forEachMembership(
  store: ObjectStore,
  leaders: Int32Array,
  take: (leader: number, object: number, isNamedOnly: boolean) => void,
): void {
  const { flags: states, linkStarts, links } = store.columns();
  const leaderAt = (at: number) => {
    const value = valueIn(links[at] as number);
    return value < 0 ? -1 : (leaders[value] as number);
  };
  const isTaken = (leader: number, from: number, to: number) => {
    for (let at = from; at < to; at += 1) if (leaderAt(at) === leader) return true;
    return false;
  };
  for (let object = 0; object < store.size; object += 1) {
    if (((states[object] as number) & flags.gone) !== 0) continue;
    const start = linkStarts[object] as number;
    const end = linkStarts[object + 1] as number;
    const taken = end - start > fewValues ? new Set<number>() : null;
    for (let at = start; at < end; at += 1) {
      const leader = leaderAt(at);
      if (leader < 0 || (taken?.has(leader) ?? isTaken(leader, start, at))) continue;
      taken?.add(leader);
      // The links of values that are only named are the last ones.
      take(leader, object, isNamedOnly(links[at] as number));
    }
  }
}
