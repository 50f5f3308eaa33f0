import { toGroups } from '../store/groups.ts';
import { createObjectStore, flags, type ObjectStore, reasonNames } from '../store/object-store.ts';
import { kindNumbers, storedKinds } from '../store/sort.ts';
import type { ValueStore } from '../store/value-store.ts';
import {
  hashKinds,
  type NetworkKind,
  type ObjectFilters,
  type SourceRecord,
  type Trust,
} from '../values/kinds.ts';
import type { SkipReason } from '../values/skip-reasons.ts';
import { emptyIndex, type Listing, type ValueIndex, withParents } from '../values/value-lists.ts';
import { createJudge, type LifeOptions } from './evidence.ts';
import { createGroupDecider, type GroupRules, toRecord } from './groups.ts';
import { type NetworkLimit, skipOfNetwork, toKindRules, type ValueOptions } from './options.ts';
import {
  createSkippedValues,
  createValueSet,
  type SkipCounts,
  type SkippedValues,
  type Traits,
  toTraitsTable,
  type ValueSet,
} from './value-set.ts';

/** The decisions about all values. The first four are by the number of a value. */
export interface Decisions {
  /** The object that decided for a value that is in, or -1. */
  readonly deciders: Int32Array;
  /** One more than the number of the reason of a value that is out, or 0. */
  readonly reasons: Uint8Array;
  /** The object that the decision names, or -1. */
  readonly votes: Int32Array;
  readonly listings: ReadonlyMap<number, Listing>;
  readonly exactOnly: ReadonlySet<string>;
  readonly skipped: SkipCounts;
}

const noReason = 0;
const noObject = -1;
/** The mark of a group whose values no object can bring in. */
const undecided = -2;
const numberOf = (reason: SkipReason) => reasonNames.indexOf(reason) + 1;

/**
 * Decides about all values. The cheap checks are the first ones, so allow files and warning lists are searched only for
 * values that would be in: the counts say what such a list has taken out.
 */
function decideValues(objects: ObjectStore, options: SelectionOptions): Decisions {
  const { values } = objects;
  const { lists = emptyIndex } = options;
  const { isAsked, bySubject } = toKindRules(options);
  const rules = toGroupRules(options, bySubject);
  const groups = toGroups(objects, toJoins(objects, rules));
  const networks = findSkippedNetworks(values, options);
  const decideGroup = createGroupDecider(objects, groups, rules);
  const findListing = toListingFinder(values, lists);
  const { kinds } = values.columns();
  const askedKinds = storedKinds.map((kind) => kind !== 'other-hash' && isAsked(kind));
  const deciders = new Int32Array(values.size).fill(noObject);
  const reasons = new Uint8Array(values.size);
  const votes = new Int32Array(values.size).fill(noObject);
  const listings = new Map<number, Listing>();
  /**
   * The decisions about groups, by the number of the leader, like `reasons` and `votes`; its own value may still be
   * out.
   */
  const ofGroup = {
    reasons: new Uint8Array(values.size),
    votes: new Int32Array(values.size).fill(undecided),
  };

  function decideLeader(leader: number): void {
    const decided = decideGroup(leader);
    if (decided === null) return;
    ofGroup.votes[leader] = decided.object;
    ofGroup.reasons[leader] = decided.reason === null ? noReason : numberOf(decided.reason);
  }
  function decideValue(value: number, leader: number): number {
    if (!askedKinds[kinds[value] as number]) return numberOf('filtered-kind');
    votes[value] = ofGroup.votes[leader] as number;
    const reason = ofGroup.reasons[leader] as number;
    const listing = reason === noReason ? findListing(value) : null;
    if (listing === null) return reason;
    listings.set(value, listing);
    return numberOf(listing.isAllowFile ? 'allowed' : 'warning-list');
  }
  for (let value = 0; value < values.size; value += 1) {
    const leader = groups.leaders[value] as number;
    // The leader has the smallest number of its group, so it is the first one here.
    if (leader === value) decideLeader(leader);
    const isDecided = ofGroup.votes[leader] !== undecided;
    if (!isDecided || networks.has(value) || !values.isValue(value)) continue;
    const reason = decideValue(value, leader);
    reasons[value] = reason;
    if (reason === noReason) deciders[value] = votes[value] as number;
  }
  const skipped = { ...countTexts(objects, networks) };
  countReasons(reasons, skipped);
  return { deciders, reasons, votes, listings, exactOnly: findExactOnly(values, lists), skipped };
}

function toGroupRules(options: SelectionOptions, optionsOf: GroupRules['optionsOf']): GroupRules {
  const { now, grace = 0, detection = false, minConfidence = null, filters = null, trust = [] } = options;
  return {
    life: { now, grace, detection, minConfidence },
    judge: createJudge(filters),
    trust,
    needsDetails: filters !== null || detection || minConfidence !== null || trust.length > 0,
    optionsOf,
  };
}

/** Returns whether an object joins its hashes: an observable outside of the filters counts as if it were not there. */
function toJoins(objects: ObjectStore, { judge, needsDetails }: GroupRules): (object: number) => boolean {
  if (!needsDetails) return () => true;
  return (object) => {
    const isIndicator = ((objects.columns().flags[object] as number) & flags.indicator) !== 0;
    return isIndicator || judge(toRecord(objects, object, true), 'hash').outside === null;
  };
}

/** Returns the networks that are not compiled, by number, with the reason. They do not count as values. */
function findSkippedNetworks(values: ValueStore, { networks }: SelectionOptions): Map<number, SkipReason> {
  const skipped = new Map<number, SkipReason>();
  const { kinds } = values.columns();
  for (let value = 0; value < values.size; value += 1) {
    // The kind is compared first, since most values are no networks: then no text has to be made.
    const number = kinds[value];
    if (number !== kindNumbers['ipv4-network'] && number !== kindNumbers['ipv6-network']) continue;
    const kind = values.kindAt(value) as NetworkKind;
    const reason = skipOfNetwork({ kind, value: values.textAt(value) }, networks);
    if (reason !== null) skipped.set(value, reason.skip);
  }
  return skipped;
}

/** Counts the texts that are no values, each as often as it occurs. */
function countTexts(objects: ObjectStore, networks: ReadonlyMap<number, SkipReason>): SkipCounts {
  const { flags: states, linkStarts, links } = objects.columns();
  const skipped: SkipCounts = {};
  // The link of a network that is only named is not found in `networks`: it does not count as a text of its object.
  const toReason = (link: number) => (link < 0 ? reasonNames[-1 - link] : networks.get(link));
  for (let object = 0; object < objects.size; object += 1) {
    if (((states[object] as number) & flags.gone) !== 0) continue;
    for (let at = linkStarts[object] as number; at < (linkStarts[object + 1] as number); at += 1) {
      const reason = toReason(links[at] as number);
      if (reason !== undefined) skipped[reason] = (skipped[reason] ?? 0) + 1;
    }
  }
  return skipped;
}

function countReasons(reasons: Uint8Array, skipped: SkipCounts): void {
  const counts = new Uint32Array(reasonNames.length + 1);
  for (const reason of reasons) counts[reason] = (counts[reason] as number) + 1;
  for (const [number, reason] of reasonNames.entries()) {
    const count = counts[number + 1] as number;
    if (count > 0) skipped[reason] = (skipped[reason] ?? 0) + count;
  }
}

/** Returns the names above a listed name: with their subdomains they would match it. */
function findExactOnly(values: ValueStore, lists: ValueIndex): Set<string> {
  const found = new Set<string>();
  for (const name of lists.names()) {
    for (const parent of withParents(name)) {
      if (parent !== name && values.find({ kind: 'name', value: parent }) >= 0) found.add(parent);
    }
  }
  return found;
}

export interface SelectionOptions extends Partial<Omit<LifeOptions, 'now'>>, ValueOptions {
  readonly networks: NetworkLimit;
  /** The time at which validity is judged; milliseconds since the epoch. */
  readonly now: number;
  /** Null when every object may bring its values in. */
  readonly filters?: ObjectFilters | null;
  /** The ranks of trust; by default all objects are equal. */
  readonly trust?: Trust;
}

export interface Selection {
  readonly values: ValueSet;
  readonly skippedValues: SkippedValues;
  /**
   * A value that is out counts once, however many objects have it. A text that is no value has no normal form by which equal
   * ones could be recognised, so each of its occurrences counts.
   */
  readonly skipped: SkipCounts;
  readonly traits: readonly Traits[];
}

export interface Selector {
  add(record: SourceRecord): void;
  finish(): Selection;
}

/** Takes objects in any order and decides each value once, at the end. */
export function createSelector(options: SelectionOptions): Selector {
  const objects = createObjectStore();
  return { add: objects.add, finish: () => select(objects, options) };
}

/**
 * Decides about each value that the objects name. The same objects and options give the same selection, in whatever order
 * the objects were added.
 */
export function select(objects: ObjectStore, options: SelectionOptions): Selection {
  const { deciders, reasons, votes, listings, exactOnly, skipped } = decideValues(objects, options);
  const traits = toTraitsTable(objects, options.now);
  return {
    values: createValueSet({ objects, deciders, exactOnly, traits: traits.numbers }),
    skippedValues: createSkippedValues({ objects, reasons, votes, listings, traits: traits.numbers }),
    skipped,
    traits: traits.all,
  };
}

/** To search for fewer values than this one by one is faster than to read all lists, as for one value of `explain`. */
const fewValues = 1_000;

/**
 * Returns a function that finds where a value is listed, by its number. Few hashes are listed and millions are known, so the
 * listed ones are searched among the known ones, and not the other way round.
 */
export function toListingFinder(values: ValueStore, lists: ValueIndex): (value: number) => Listing | null {
  const find = (value: number) => lists.find({ kind: values.kindAt(value), value: values.textAt(value) });
  if (values.size < fewValues) return find;
  const listedHashes = new Set<number>();
  for (const text of lists.names()) {
    for (const kind of hashKinds) listedHashes.add(values.find({ kind, value: text }));
  }
  const hashNumbers: ReadonlySet<number> = new Set(hashKinds.map((kind) => storedKinds.indexOf(kind)));
  const { kinds } = values.columns();
  return (value) => {
    if (hashNumbers.has(kinds[value] as number) && !listedHashes.has(value)) return null;
    return find(value);
  };
}
