import { type EventField, eventFields, roots } from './fields.ts';
import { blockSizes, type IdBlocks, moveMessageRuleIds, moveRuleId } from './rule-ids.ts';

/** Every id that a rule of ours may have, whatever the configuration leaves out, but for the pattern gates. */
export function ownRuleIds(blocks: IdBlocks): ReadonlySet<number> {
  const ofFields = (eventFields as readonly EventField[]).flatMap(({ ids, events }) => [
    ...Object.values<number | null>({ ...ids }).filter((id) => id !== null),
    ...events.map(({ ruleId }) => ruleId),
  ]);
  const ofRoots = Object.values(roots).map(({ id }) => id);
  return new Set([
    ...Object.values(moveMessageRuleIds(blocks)),
    ...[...ofRoots, ...ofFields].map((id) => moveRuleId(id, blocks)),
  ]);
}

/** Is it one of those, or in the block of the pattern gates? */
export function isOwnRuleId(id: number, blocks: IdBlocks): boolean {
  return ownRuleIds(blocks).has(id) || isPatternGateId(id, blocks);
}

export function isPatternGateId(id: number, { gates }: IdBlocks): boolean {
  return id >= gates && id < gates + blockSizes.gates;
}
