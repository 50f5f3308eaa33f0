import { applyEdits, switchOff } from '../../wazuh/ossec-conf/edit.ts';
import { type FoundRule, rulesOf } from '../../wazuh/site-rules.ts';

/**
 * Returns a rules file in which some of its rules are comments.
 * @returns null: no rule is left, and the engine refuses a file without a rule, so the file has to be removed.
 */
export function switchOffRules(text: string, ids: ReadonlySet<number>, place: string): string | null {
  const found = rulesOf(text);
  const isGone = ({ id }: FoundRule) => ids.has(id);
  if (found.every(isGone)) return null;
  const groups = [...new Set(found.map(({ group }) => group))];
  // The engine also refuses a group without a rule (Wazuh 4.14.7).
  const gone = groups.flatMap((group) => {
    const inGroup = found.filter((rule) => rule.group === group);
    return inGroup.every(isGone) ? [group] : inGroup.filter(isGone).map(({ element }) => element);
  });
  return applyEdits(
    text,
    gone.map(({ start, end }) => ({ start, end, text: switchOff(text.slice(start, end), place) })),
  );
}
