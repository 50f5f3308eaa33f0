/** The ids of the field table and of this file are those of an installation that starts at this one. */
const documentedFirstId = 100_600;

/**
 * Rules that belong to no field. The ids of the gates, relays and alert rules stand in the event field table.
 * An id is never renumbered and never used again for something else.
 */
const ruleIds = {
  linuxBase: 100_609,
  message: 100_623,
  error: 100_624,
  context: 100_625,
  notConfirmed: 100_626,
  refreshFailed: 100_627,
  stale: 100_628,
  canaryContext: 100_679,
} as const;

export type RuleIds = Readonly<Record<keyof typeof ruleIds, number>>;

/** Moves an id to the block of a hundred ids that the site has chosen (`rules.first_id`). */
export function moveRuleId(id: number, firstId: number): number {
  return id - documentedFirstId + firstId;
}

export function moveRuleIds(firstId: number): RuleIds {
  const moved = Object.entries(ruleIds).map(([name, id]) => [name, moveRuleId(id, firstId)]);
  return Object.fromEntries(moved) as RuleIds;
}
