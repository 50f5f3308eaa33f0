import { formatKeys } from '../../compile/keys.ts';
import type { Observable, ObservableKind } from '../../observable/kinds.ts';
import { isSkip } from '../../observable/skip.ts';
import type { SkipReason } from '../../observable/skip-reasons.ts';
import { toObservable } from '../../observable/to-observable.ts';
import type { DetectionFolder } from '../../wazuh/detection-folder.ts';
import { type EventField, eventFields } from '../../wazuh/event-fields.ts';
import { toClaims } from './to-claims.ts';

export interface ListHit {
  readonly list: string;
  readonly key: string;
  /** OpenCTI's internal id of the object that decided. */
  readonly id: string;
}

export interface GateHit {
  readonly field: string;
  /** The alert rule that would fire. */
  readonly rule: number;
  /** The last gate that led there. */
  readonly gate: number;
}

export interface ValueResult {
  readonly value: string;
  readonly kind: ObservableKind | null;
  /** Why no list can hold it; null: one can. */
  readonly refused: SkipReason | null;
  readonly lists: readonly ListHit[];
  /** Asked only where no list has the value: what has one is matched by its list. */
  readonly gates: readonly GateHit[];
}

/** One result for each value that the text holds. */
export async function lookUpValue(text: string, folder: DetectionFolder): Promise<ValueResult[]> {
  const results: ValueResult[] = [];
  for (const claim of toClaims(text)) {
    const observable = toObservable(claim);
    results.push(
      isSkip(observable)
        ? { value: claim.text, kind: null, refused: observable.skip, lists: [], gates: [] }
        : await lookUpObservable(observable, folder),
    );
  }
  return results;
}

async function lookUpObservable(observable: Observable, folder: DetectionFolder): Promise<ValueResult> {
  const lists = eventFields.flatMap((field) => findInField(field, observable, folder));
  const gates = lists.length > 0 ? [] : await askGates(observable, folder);
  return { ...observable, refused: null, lists, gates };
}

function findInField(field: EventField, observable: Observable, folder: DetectionFolder): ListHit[] {
  const kinds: readonly ObservableKind[] = field.kinds;
  if (!kinds.includes(observable.kind)) return [];
  return formatKeys[field.spelling](observable).flatMap((key) => {
    const id = folder.lookUp(field.list, key);
    return id === null ? [] : [{ list: field.list, key, id }];
  });
}

/** The rule tree is loaded only for this: a million values make megabytes of rules. */
async function askGates(observable: Observable, folder: DetectionFolder): Promise<GateHit[]> {
  const { findGates } = await import('./find-gates.ts');
  return findGates(observable, folder.loadRules().ruleset);
}
