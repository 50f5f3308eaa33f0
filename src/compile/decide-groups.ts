import { toSubject } from '../observable/kinds.ts';
import type { SourceRecord } from '../observable/record.ts';
import type { Groups } from '../record/groups.ts';
import { flags, noInteger, type ObjectStore } from '../record/object-store.ts';
import type { Subject } from '../wazuh/event-fields.ts';
import { type Decision, type DecisionOptions, decide } from './decide.ts';
import { type Evidence, type LifeOptions, mergeEvidence, toEvidence, type Vote } from './evidence.ts';
import type { Judge } from './judge.ts';

/** A vote that knows the number of its object. */
interface NumberedVote extends Vote {
  readonly object: number;
}

export interface GroupRules {
  readonly life: LifeOptions;
  readonly judge: Judge;
  /** The filters or demands look at more than type, score and validity. */
  readonly needsDetails: boolean;
  readonly optionsOf: Readonly<Record<Subject, DecisionOptions>>;
}

/** The decision about a group, and the object that it names; -1: none. */
export type GroupDecision = { readonly decision: Decision; readonly object: number };

/** Decides about a group: what its objects say, merged. A value tells of what the group is. */
export function createGroupDecider(objects: ObjectStore, groups: Groups, rules: GroupRules) {
  return (leader: number): GroupDecision | null => {
    const from = groups.starts[leader] as number;
    const to = groups.starts[leader + 1] as number;
    if (from === to) return null;
    const subject = toSubject(objects.values.kindAt(leader));
    // Ids break ties, and one object has nobody to tie with.
    const needsIds = to - from > 1;
    let evidence: Evidence | null = null;
    for (let at = from; at < to; at += 1) {
      const next = toEvidenceOf(objects, groups.objects[at] as number, subject, needsIds, rules);
      evidence = evidence === null ? next : mergeEvidence(evidence, next);
    }
    const decision = decide(evidence as Evidence, rules.optionsOf[subject]);
    const vote = ('skip' in decision ? decision.vote : decision) as NumberedVote | null;
    return { decision, object: vote === null ? -1 : vote.object };
  };
}

function toEvidenceOf(
  objects: ObjectStore,
  object: number,
  subject: Subject,
  needsIds: boolean,
  { life, judge, needsDetails }: GroupRules,
): Evidence {
  const record = toRecord(objects, object, needsDetails);
  const vote: NumberedVote = {
    score: record.score,
    id: needsIds ? objects.ids.at(object) : '',
    type: record.type,
    validUntil: null,
    traits: 0,
    object,
  };
  return toEvidence(record, vote, judge(record, subject), life);
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
