import { type Groups, isNamer, memberOf } from '../store/groups.ts';
import { flags, noInteger, type ObjectStore } from '../store/object-store.ts';
import { rankOf, type SourceRecord, type Trust, toSubject } from '../values/kinds.ts';
import type { SkipReason } from '../values/skip-reasons.ts';
import type { Subject } from '../wazuh/fields.ts';
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

/** A vote that knows the number of its object. */
interface NumberedVote extends Vote {
  readonly object: number;
}

export interface GroupRules {
  readonly life: LifeOptions;
  readonly judge: Judge;
  readonly trust: Trust;
  /** The filters, demands or trust look at more than type, score and validity. */
  readonly needsDetails: boolean;
  readonly optionsOf: Readonly<Record<Subject, DecisionOptions>>;
}

export interface GroupDecision {
  /** Null: what the group has is in. */
  readonly reason: SkipReason | null;
  /** The object that the decision names; -1: none. */
  readonly object: number;
}

/**
 * Decides about a group: what its objects say, merged. Its leader tells of what it is. Null: nothing can bring it in, since
 * no object has it, or some only name it.
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

  /** Where all objects are equal, as they are by default: without anything that ranks would need. */
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
 * Most values have one observable and nothing else; while no filter looks at more, its score is all that decides. So
 * each score is decided once. Null: for others.
 */
function createLoneDecider(objects: ObjectStore, rules: GroupRules) {
  const reasons: Record<Subject, Map<number, SkipReason | null>> = {
    hash: new Map(),
    address: new Map(),
    name: new Map(),
  };
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
  /** Ids break ties, and one object has no other one to tie with. */
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

/** An object as it was read, without its claims and, where nothing asks for them, its id and details. */
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
  // Written out twice: with a spread it takes five times as long, a million times.
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
