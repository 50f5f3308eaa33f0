import type { toSubject } from '../observable/kinds.ts';
import type { ObjectFilter, ObjectFilters } from '../observable/object-filter.ts';
import type { ObjectDetails, SourceRecord } from '../observable/record.ts';
import type { FilterReason } from '../observable/skip-reasons.ts';

type Subject = ReturnType<typeof toSubject>;

/** What the filters say of one object. */
export interface Standing {
  /** Why it can bring nothing in; null: it can. */
  readonly outside: FilterReason | null;
  /** It carries a label that keeps its values out. */
  readonly isBarred: boolean;
}

/** What the indicators have to be, beside what the filters say. */
export interface IndicatorDemands {
  readonly detection: boolean;
  readonly minConfidence: number | null;
}

/** Decides about objects, not values. Without filters it costs nothing. */
export type Judge = (record: SourceRecord, subject: Subject) => Standing;

const inside: Standing = { outside: null, isBarred: false };

/** @param filters null: none. */
export function createJudge(filters: ObjectFilters | null): Judge {
  if (filters === null) return () => inside;
  const of = (type: 'observables' | 'indicators', subject: Subject) =>
    [filters.all, filters[type], filters[subject]].filter(asksForSomething);
  const bySubject = (type: 'observables' | 'indicators') => ({
    hash: of(type, 'hash'),
    address: of(type, 'address'),
    name: of(type, 'name'),
  });
  const byType = { observable: bySubject('observables'), indicator: bySubject('indicators') };
  return (record, subject) => {
    const applied = byType[record.type][subject];
    return applied.length === 0 ? inside : judge(record.details ?? unknown, applied);
  };
}

/** An object that was read without its details passes no filter that asks for something. */
const unknown: ObjectDetails = {
  labels: [],
  markings: [],
  author: null,
  createdAt: null,
  updatedAt: null,
  confidence: null,
  detection: null,
};

function asksForSomething(filter: ObjectFilter): boolean {
  return Object.values(filter).some((demand) => demand !== null);
}

function judge(details: ObjectDetails, filters: readonly ObjectFilter[]): Standing {
  let outside: FilterReason | null = null;
  let isBarred = false;
  for (const filter of filters) {
    outside ??= reasonOf(details, filter);
    isBarred ||= filter.labelsNone !== null && hasOne(details.labels, filter.labelsNone);
  }
  return outside === null && !isBarred ? inside : { outside, isBarred };
}

function reasonOf(details: ObjectDetails, filter: ObjectFilter): FilterReason | null {
  const { labels, markings, author } = details;
  if (filter.labelsAny !== null && !hasOne(labels, filter.labelsAny)) return 'filtered-label';
  if (filter.markingsAny !== null && !hasOne(markings, filter.markingsAny)) return 'filtered-marking';
  if (filter.markingsNone !== null && hasOne(markings, filter.markingsNone)) return 'filtered-marking';
  if (filter.authorsIn !== null && !(author !== null && filter.authorsIn.has(author.id)))
    return 'filtered-author';
  if (filter.authorsOut !== null && author !== null && filter.authorsOut.has(author.id))
    return 'filtered-author';
  const isYoung =
    isAfter(details.createdAt, filter.createdAfter) && isAfter(details.updatedAt, filter.updatedAfter);
  return isYoung ? null : 'filtered-age';
}

function hasOne(objects: readonly { readonly id: string }[], ids: ReadonlySet<string>): boolean {
  for (const { id } of objects) if (ids.has(id)) return true;
  return false;
}

function isAfter(time: number | null, bound: number | null): boolean {
  return bound === null || (time !== null && time > bound);
}
