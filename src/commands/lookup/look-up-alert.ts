import { formatKeys } from '../../compile/keys.ts';
import { parseAlert } from '../../integration/alert.ts';
import { findSightings, type Sighting } from '../../integration/sighting.ts';
import { isSkip } from '../../observable/skip.ts';
import type { SkipReason } from '../../observable/skip-reasons.ts';
import { toObservable } from '../../observable/to-observable.ts';
import type { DetectionFolder } from '../../wazuh/detection-folder.ts';
import { toEventOfAlert } from '../../wazuh/ruleset/alert-event.ts';
import { evaluate, type FiredRule, type PossibleRule } from '../../wazuh/ruleset/evaluate.ts';
import { effectOf, formatProblem } from '../../wazuh/ruleset/problem.ts';
import type { RuleEvent } from '../../wazuh/ruleset/rule-event.ts';
import type { ReadEvent } from './read-events.ts';

export interface KeyResult {
  readonly key: string;
  /** The OpenCTI id that the list has for it; null: the key is not in the list. */
  readonly id: string | null;
}

export interface FieldResult {
  /** The path in the alert. */
  readonly field: string;
  readonly text: string;
  readonly list: string;
  readonly keys: readonly KeyResult[];
  readonly refused: readonly SkipReason[];
}

export interface FiredResult {
  readonly id: number;
  readonly level: number;
  readonly description: string;
  /** It is the alert rule of a match. */
  readonly isMatch: boolean;
}

/** A rule that the manager tries first, and of which the model cannot tell whether it holds. */
export interface PossibleResult extends Omit<FiredResult, 'isMatch'> {
  /** The fields or options that leave it open: a list of another one, a time of day, earlier events. */
  readonly because: readonly string[];
}

export interface AlertResult {
  readonly fields: readonly FieldResult[];
  /** The rule that the event would fire with the rules of the folder; null: none. */
  readonly fired: FiredResult | null;
  /** Each of them would win if it held. */
  readonly maybe: readonly PossibleResult[];
  /** What the engine would refuse about the files of the folder: with any of it, it loads none of them. */
  readonly refused: readonly string[];
  /** The stock rules were not at hand: which of them fires without a match is not known. */
  readonly ourRulesOnly: boolean;
}

/** What an event would fire. */
export async function lookUpAlert({ text, place }: ReadEvent, folder: DetectionFolder): Promise<AlertResult> {
  const fields = findSightings(parseAlert(text, place)).map((sighting) => toFieldResult(sighting, folder));
  const event = toEventOfAlert(JSON.parse(text));
  const outcome = event === null ? { fired: null, maybe: [], refused: [] } : await runRules(event, folder);
  return { fields, ...outcome, ourRulesOnly: !folder.isManager };
}

async function runRules(event: RuleEvent, folder: DetectionFolder) {
  const { ruleset, problems } = await folder.loadRules();
  const { fired, maybe } = evaluate(ruleset, event);
  return {
    fired: fired && toFiredResult(fired),
    maybe: [...new Map(maybe.map((rule) => [rule.id, toPossibleResult(rule)])).values()],
    refused: problems.filter((problem) => effectOf(problem) === 'refused').map(formatProblem),
  };
}

function toPossibleResult({ id, level, description, because }: PossibleRule): PossibleResult {
  return { id, level, description, because };
}

function toFiredResult({ id, level, description, groups }: FiredRule): FiredResult {
  return { id, level, description, isMatch: groups.includes('opencti_match') };
}

function toFieldResult({ field, path, text, claims }: Sighting, folder: DetectionFolder): FieldResult {
  const observables = claims.map(toObservable);
  const keys = observables
    .flatMap((observable) => (isSkip(observable) ? [] : formatKeys[field.spelling](observable)))
    .map((key) => ({ key, id: folder.lookUp(field.list, key) }));
  const refused = observables.flatMap((observable) => (isSkip(observable) ? [observable.skip] : []));
  return { field: path, text, list: field.list, keys, refused };
}
