import { formatKeys } from '../../compile/keys.ts';
import { type Alert, parseAlert } from '../../integration/alert.ts';
import { findSightings, hasEvent, type Sighting } from '../../integration/sighting.ts';
import { isSkip } from '../../observable/skip.ts';
import type { SkipReason } from '../../observable/skip-reasons.ts';
import { toObservable } from '../../observable/to-observable.ts';
import type { DetectionFolder } from '../../wazuh/detection-folder.ts';
import type { FieldEvent } from '../../wazuh/fields.ts';
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

/** The alert rule of a match. */
export interface FiredResult {
  readonly id: number;
  readonly level: number;
  readonly description: string;
  /** The field that it looked up. */
  readonly field: string;
  /** `list`, or the id of the pattern gate. */
  readonly by: 'list' | number;
}

export interface AlertResult {
  readonly fields: readonly FieldResult[];
  /** The rule of ours that the event would fire with the lists and gates of the folder; null: none. */
  readonly fired: FiredResult | null;
}

/** What an event would fire. */
export async function lookUpAlert({ text, place }: ReadEvent, folder: DetectionFolder): Promise<AlertResult> {
  const alert = parseAlert(text, place);
  const sightings = findSightings(alert);
  return {
    fields: sightings.map((sighting) => toFieldResult(sighting, folder)),
    fired: await findFired(alert, sightings, folder),
  };
}

/** The first row whose field the list or a gate has, byte for byte as the event spells it: gates are tried in this order. */
async function findFired(
  alert: Alert,
  sightings: readonly Sighting[],
  folder: DetectionFolder,
): Promise<FiredResult | null> {
  const rules = await folder.readRules();
  for (const sighting of sightings) {
    const { field, path } = sighting;
    const event = (field.events as readonly FieldEvent[]).find((each) => hasEvent(alert, field, each));
    const rule = event === undefined ? null : rules.findAlertRule(field, event);
    if (rule === null) continue;
    for (const text of toRuleTexts(sighting)) {
      const isListed = rules.readsList(field) && folder.lookUp(field.list, text) !== null;
      const by = isListed ? 'list' : rules.findGate(field, text);
      if (by !== null) return { ...rule, field: path, by };
    }
  }
  return null;
}

/** What rules see: our decoder cuts single hashes out of the text of Sysmon for Linux. */
function toRuleTexts({ field, text, claims }: Sighting): string[] {
  return field.spelling === 'bare-lower' ? claims.map((claim) => claim.text) : [text];
}

function toFieldResult({ field, path, text, claims }: Sighting, folder: DetectionFolder): FieldResult {
  const observables = claims.map(toObservable);
  const keys = observables
    .flatMap((observable) => (isSkip(observable) ? [] : formatKeys[field.spelling](observable)))
    .map((key) => ({ key, id: folder.lookUp(field.list, key) }));
  const refused = observables.flatMap((observable) => (isSkip(observable) ? [observable.skip] : []));
  return { field: path, text, list: field.list, keys, refused };
}
