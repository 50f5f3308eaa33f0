import { toCanaryRules } from './canaries.ts';
import { type EventField, eventFields } from './event-fields.ts';
import { moveRuleId, moveRuleIds } from './rule-ids.ts';

/** The gates have a block of their own. */
const gateIds = 100_000;

/** Every id that a rule of ours may have, whatever the configuration leaves out, but for the pattern gates. */
function ownRuleIds(firstId: number): ReadonlySet<number> {
  const ofFields = eventFields.flatMap(({ gateId, relayId, events }: EventField) => [
    gateId,
    relayId,
    ...events.map(({ ruleId }) => ruleId),
  ]);
  return new Set([
    ...Object.values(moveRuleIds(firstId)),
    ...ofFields.map((id) => moveRuleId(id, firstId)),
    ...toCanaryRules(firstId).map(({ id }) => id),
  ]);
}

/** Is it one of those, or in the block of the pattern gates? */
export function isOwnRuleId(id: number, firstId: number, firstGateId: number): boolean {
  return ownRuleIds(firstId).has(id) || (id >= firstGateId && id < firstGateId + gateIds);
}
