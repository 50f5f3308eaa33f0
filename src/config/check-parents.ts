import { isOwnRuleId } from '../wazuh/own-rule-ids.ts';
import type { RulesConfig } from './config.ts';
import { ConfigError } from './problems.ts';

const next =
  'name a rule of the stock ruleset or of this site: check and selftest say which one stands before a gate';

/**
 * A gate that hangs below itself or another gate of ours meets no event: the engine attaches it only to what it has
 * loaded before, or not where events come by.
 * @throws ConfigError
 */
export function checkParents({ parents, firstId }: RulesConfig, firstGateId: number, place: string): void {
  const problems = Object.entries(parents).flatMap(([field, { ids, groups }]) => [
    ...ids
      .filter((id) => isOwnRuleId(id, firstId, firstGateId))
      .map((id) => `${field}.ids: ${id} is a rule of this project, and no parent of its gates; ${next}`),
    ...groups
      .filter((group) => /^(?:octgate|octrelay)_|^opencti_(?:match|selftest)/.test(group))
      .map(
        (group) =>
          `${field}.groups: "${group}" is a group of this project, and no parent of its gates; ${next}`,
      ),
  ]);
  if (problems.length === 0) return;
  throw new ConfigError(
    place,
    problems.map((problem) => `rules.parents.${problem}`),
  );
}
