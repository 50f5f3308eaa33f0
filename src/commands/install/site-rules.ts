import { applyEdits, switchOff } from '../../wazuh/ossec-conf/edit.ts';
import { type FoundRule, rulesOf } from '../../wazuh/site-rules.ts';

/**
 * A rules file without some of its rules, which are comments now.
 * @returns null: nothing is left, and the engine refuses a file without a rule: the file has to go.
 */
export function switchOffRules(text: string, ids: ReadonlySet<number>, place: string): string | null {
  const found = rulesOf(text);
  const isGone = ({ id }: FoundRule) => ids.has(id);
  if (found.every(isGone)) return null;
  const groups = [...new Set(found.map(({ group }) => group))];
  // A group without a rule is refused as well (Wazuh 4.14.7).
  const gone = groups.flatMap((group) => {
    const inGroup = found.filter((rule) => rule.group === group);
    return inGroup.every(isGone) ? [group] : inGroup.filter(isGone).map(({ element }) => element);
  });
  return applyEdits(
    text,
    gone.map(({ start, end }) => ({ start, end, text: switchOff(text.slice(start, end), place) })),
  );
}
