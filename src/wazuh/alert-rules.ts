import { type Condition, type EventField, eventFields, gateGroup, type Subject } from './fields.ts';
import { type IdBlocks, moveRuleId } from './rule-ids.ts';

/** One rule that raises an alert for a match: as the template takes it. */
export interface AlertRule {
  readonly id: number;
  readonly level: number;
  /** The groups of the gates that it hangs below, for `if_group`. */
  readonly gates: string;
  /** What tells the event apart. */
  readonly when: Condition;
  readonly description: string;
  readonly groups: string;
}

const subjectGroup = {
  hash: 'opencti_hash',
  address: 'opencti_address',
  name: 'opencti_name',
} as const satisfies Record<Subject, string>;

const known = {
  hash: 'known hash',
  address: 'known address',
  name: 'known name',
} as const satisfies Record<Subject, string>;

/** The alert rules of all rows, each once: rows that share a rule hang it below the gates of each. */
export function toAlertRules(level: Readonly<Record<Subject, number>>, blocks: IdBlocks): AlertRule[] {
  const rules = new Map<number, AlertRule>();
  for (const field of eventFields as readonly EventField[]) {
    for (const { ruleId, when, happened, groups } of field.events) {
      const id = moveRuleId(ruleId, blocks);
      const gates = [rules.get(id)?.gates, gateGroup(field)].filter((group) => group !== undefined);
      rules.set(id, {
        id,
        level: level[field.subject],
        gates: gates.join('|'),
        when,
        description: `OpenCTI - ${known[field.subject]}: ${happened}`,
        groups: `${subjectGroup[field.subject]},${groups}`,
      });
    }
  }
  return [...rules.values()].sort((a, b) => a.id - b.id);
}
