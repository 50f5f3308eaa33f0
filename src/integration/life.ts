import { reasonOfDeath } from '../compile/evidence.ts';
import type { TrustRankConfig } from '../config/select-config.ts';
import { toValidity } from '../opencti/to-validity.ts';
import type { JsonObject } from './json.ts';

/** What the configuration says of indicators. */
export interface LifeRules {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Milliseconds behind `valid_until` (`select.indicators.grace`). */
  readonly grace: number;
  /** Indicators are among `select.sources`: a dead one keeps the values of observables out. */
  readonly indicators: boolean;
  /** Whose word counts: a dead indicator speaks against nothing that is trusted more. */
  readonly trust: readonly TrustRankConfig[];
}

/**
 * Why an indicator is dead, as what follows its name; null: it is alive. The selection decides by the same function.
 * @throws OpenCtiError when its fields do not fit
 */
export function whyDead(node: JsonObject, rules: LifeRules): string | null {
  const validity = toValidity(node);
  const reason = reasonOfDeath(validity, rules);
  if (reason === null) return null;
  if (reason === 'revoked') return 'is revoked';
  const isAhead = validity.validFrom !== null && validity.validFrom > rules.now;
  return isAhead ? `is valid from ${node.valid_from}` : `was valid until ${node.valid_until}`;
}
