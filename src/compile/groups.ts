import { type Groups, isNamer, memberOf } from '../store/groups.ts';
import { flags, noInteger, type ObjectStore } from '../store/object-store.ts';
import {
  bySubject,
  rankOf,
  type SourceRecord,
  type Subject,
  type Trust,
  toSubject,
} from '../values/kinds.ts';
import type { SkipReason } from '../values/skip-reasons.ts';
import {
  type Decision,
  type DecisionOptions,
  decide,
  decideByTrust,
  type Evidence,
  type Judge,
  type LifeOptions,
  mergeEvidence,
  toEvidence,
  type Vote,
} from './evidence.ts';

/** A vote with the number of its object. */
interface NumberedVote extends Vote {
  readonly object: number;
}

export interface GroupRules {
  readonly life: LifeOptions;
  readonly judge: Judge;
  readonly trust: Trust;
  /** True when the filters, demands or trust need more of an object than type, score and validity. */
  readonly needsDetails: boolean;
  readonly optionsOf: Readonly<Record<Subject, DecisionOptions>>;
}

export interface GroupDecision {
  /** Why the values of the group are out; null when they are in. */
  readonly reason: SkipReason | null;
  /** The number of the object that the decision names; -1 when there is none. */
  readonly object: number;
}

/**
 * Returns a function that decides about a group by the merged evidence of its objects; the kind of its leader decides what
 * the group is. Its result is null when nothing can bring the group in: no object has it, or objects only name it.
 */
export function createGroupDecider(objects: ObjectStore, groups: Groups, rules: GroupRules) {
  const decideLone = createLoneDecider(objects, rules);
  return (leader: number): GroupDecision | null => {
    const from = groups.starts[leader] as number;
    const to = groups.starts[leader + 1] as number;
    if (from === to) return null;
    const subject = objects.values.isValue(leader) ? toSubject(objects.values.kindAt(leader)) : 'hash';
    const lone = to - from === 1 ? decideLone(groups.objects[from] as number, subject) : null;
    if (lone !== null) return lone;
    return rules.trust.length === 0 ? decideEqual(from, to, subject) : decideByRanks(from, to, subject);
  };

  /** Decides when all objects are equal, which is the default; it does nothing that only ranks need. */
  function decideEqual(from: number, to: number, subject: Subject): GroupDecision | null {
    let evidence: Evidence | null = null;
    for (let at = from; at < to; at += 1) {
      const next = toEvidenceOf(
        objects,
        groups.objects[at] as number,
        subject,
        to - from > 1,
        rules,
      ).evidence;
      evidence = evidence === null ? next : mergeEvidence(evidence, next);
    }
    if (evidence === null || evidence.isOnlyNamed) return null;
    return toGroupDecision(decide(evidence, rules.optionsOf[subject]));
  }

  function decideByRanks(from: number, to: number, subject: Subject): GroupDecision | null {
    const byRank: (Evidence | null)[] = Array(rules.trust.length + 1).fill(null);
    for (let at = from; at < to; at += 1) {
      const member = groups.objects[at] as number;
      const { rank, evidence } = toEvidenceOf(objects, member, subject, to - from > 1, rules);
      const known = byRank[rank] ?? null;
      byRank[rank] = known === null ? evidence : mergeEvidence(known, evidence);
    }
    if (byRank.every((evidence) => evidence === null || evidence.isOnlyNamed)) return null;
    return toGroupDecision(decideByTrust(byRank, rules.optionsOf[subject]));
  }
}

function toGroupDecision(decision: Decision): GroupDecision {
  const isOut = 'skip' in decision;
  const vote = (isOut ? decision.vote : decision) as NumberedVote | null;
  return { reason: isOut ? decision.skip : null, object: vote === null ? -1 : vote.object };
}

/**
 * Returns a function that decides about a single observable by its score alone, each score once: most values have one
 * observable and nothing else. Its result is null for an indicator, and when filters need more than the score.
 */
function createLoneDecider(objects: ObjectStore, rules: GroupRules) {
  const reasons = bySubject(() => new Map<number, SkipReason | null>());
  return (object: number, subject: Subject): GroupDecision | null => {
    if (isNamer(object)) return null;
    const { flags: states, scores } = objects.columns();
    if (rules.needsDetails || ((states[object] as number) & flags.indicator) !== 0) return null;
    const score = scores[object] as number;
    const known = reasons[subject].get(score);
    if (known !== undefined) return { reason: known, object };
    const { evidence } = toEvidenceOf(objects, object, subject, false, rules);
    const decided = toGroupDecision(decide(evidence, rules.optionsOf[subject]));
    reasons[subject].set(score, decided.reason);
    return decided;
  };
}

function toEvidenceOf(
  objects: ObjectStore,
  member: number,
  subject: Subject,
  /** Whether ids are needed: they decide between equal votes, and a single object has no other vote to compare with. */
  needsIds: boolean,
  { life, judge, trust, needsDetails }: GroupRules,
): { readonly rank: number; readonly evidence: Evidence } {
  const object = memberOf(member);
  const record = toRecord(objects, object, needsDetails);
  const vote: NumberedVote = {
    score: record.score,
    id: needsIds ? objects.ids.at(object) : '',
    type: record.type,
    validUntil: null,
    traits: 0,
    object,
  };
  const evidence = toEvidence(record, vote, judge(record, subject), life, isNamer(member));
  return { rank: trust.length === 0 ? 0 : rankOf(record.details, trust), evidence };
}

/** Returns an object as it was read, without its id and claims, and without its details unless they are needed. */
export function toRecord(objects: ObjectStore, object: number, withDetails: boolean): SourceRecord {
  const record = toPlainRecord(objects, object);
  return withDetails ? { ...record, details: toDetails(objects, object) } : record;
}

const none = [] as const;

function toPlainRecord(objects: ObjectStore, object: number): SourceRecord {
  const columns = objects.columns();
  const state = columns.flags[object] as number;
  const score = orNull(columns.scores[object] as number);
  const oneFile = (state & flags.oneFile) !== 0;
  // Both objects are written out: a spread takes five times as long, and this runs a million times.
  if ((state & flags.indicator) === 0)
    return { type: 'observable', id: '', score, claims: none, unusable: none, oneFile };
  return {
    type: 'indicator',
    id: '',
    score,
    claims: none,
    unusable: none,
    oneFile,
    revoked: (state & flags.revoked) !== 0,
    validFrom: timeOrNull(columns.validFrom[object] as number),
    validUntil: timeOrNull(columns.validUntil[object] as number),
  };
}

function toDetails(objects: ObjectStore, object: number) {
  const columns = objects.columns();
  const shared = objects.details.at(columns.details[object] as number);
  return {
    labels: shared?.labels ?? [],
    markings: shared?.markings ?? [],
    author: shared?.author ?? null,
    createdAt: timeOrNull(columns.createdAt[object] as number),
    updatedAt: timeOrNull(columns.updatedAt[object] as number),
    confidence: orNull(columns.confidences[object] as number),
    detection: ((columns.flags[object] as number) & flags.detection) !== 0,
  };
}

const orNull = (integer: number) => (integer === noInteger ? null : integer);
const timeOrNull = (time: number) => (Number.isNaN(time) ? null : time);
