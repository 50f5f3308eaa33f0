import type { ObservableKind } from '../../observable/kinds.ts';
import type { SkipReason } from '../../observable/skip-reasons.ts';
import type { GateHit } from '../lookup/look-up-value.ts';

/** One line of the decision. */
export interface Step {
  readonly step: 'value' | 'objects' | 'filters' | 'decision' | 'lists' | 'published' | 'limits';
  readonly text: string;
}

/** What an object says for the value: nothing against it, or why it does not bring it in. */
export type ObjectState = 'counts' | SkipReason;

export interface ExplainedObject {
  /** OpenCTI's internal id. */
  readonly id: string;
  readonly type: 'observable' | 'indicator';
  readonly score: number | null;
  readonly author: string | null;
  readonly labels: readonly string[];
  readonly markings: readonly string[];
  /** ISO 8601; null: without a bound, or an observable. */
  readonly valid_from: string | null;
  readonly valid_until: string | null;
  readonly revoked: boolean;
  readonly state: ObjectState;
  /** Why an indicator that names the value cannot bring it in; null: it can. */
  readonly names_only: SkipReason | null;
  /** It is the one that decided. */
  readonly decides: boolean;
}

export interface ListedKey {
  readonly list: string;
  readonly key: string;
  readonly id: string;
  /** ISO 8601: the run that brought the key in; null: not known. */
  readonly since: string | null;
}

/** What `explain --json` prints, one line a value. Keys only grow. */
export interface Explanation {
  /** In its normal form, or as it was given where it has none. */
  readonly value: string;
  readonly kind: ObservableKind | null;
  /** `unknown`: OpenCTI has no object of it. */
  readonly decision: 'in' | 'out' | 'unknown';
  readonly reason: SkipReason | null;
  readonly steps: readonly Step[];
  readonly objects: readonly ExplainedObject[];
  readonly lists: readonly ListedKey[];
  /** Asked only where no list has the value. */
  readonly gates: readonly GateHit[];
  /** What an event may have in the field and match, and what does not. */
  readonly matches: readonly string[];
  readonly misses: readonly string[];
}
