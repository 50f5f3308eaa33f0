import { isInNetworks } from './address.ts';
import { holds } from './pattern.ts';
import type { Condition, ListCondition, RuleDefinition } from './rule.ts';
import type { RuleEvent } from './rule-event.ts';

/** An event with its fields folded, made once an evaluation. */
export interface FoldedEvent {
  readonly event: RuleEvent;
  readonly fields: ReadonlyMap<string, string>;
}

/** `undefined` means that the model cannot decide. */
type Verdict = boolean | undefined;

function fieldOf(names: readonly string[], { fields }: FoldedEvent): string | undefined {
  const name = names.find((candidate) => fields.has(candidate));
  return name === undefined ? undefined : fields.get(name);
}

/** Looks up the key as it is, then cut after each dot: `10.1.2.`, `10.1.`, `10.`. */
function lookUpAddress(key: string, lookUp: (key: string) => string | undefined): string | undefined {
  for (let end = key.length; end > 0; end = key.lastIndexOf('.', end - 2) + 1) {
    const value = lookUp(key.slice(0, end));
    if (value !== undefined) return value;
  }
  return undefined;
}

function listHolds({ lookup, reader, checkValue }: ListCondition, key: string): Verdict {
  if (reader === null) return undefined;
  const accepts = (value: string | undefined) =>
    value !== undefined && checkValue !== null && holds(checkValue, value) === true;
  switch (lookup) {
    case 'match_key':
      return reader.lookUp(key) !== undefined;
    case 'not_match_key':
      return reader.lookUp(key) === undefined;
    case 'match_key_value':
      return accepts(reader.lookUp(key));
    case 'address_match_key':
      return lookUpAddress(key, reader.lookUp) !== undefined;
    case 'not_address_match_key':
      return lookUpAddress(key, reader.lookUp) === undefined;
    case 'address_match_key_value':
      // Inverted in the engine (Wazuh 4.14.7, upstream issue 8269): it holds when the key is absent.
      return !accepts(lookUpAddress(key, reader.lookUp));
  }
}

function conditionHolds(condition: Condition, event: FoldedEvent): Verdict {
  if (condition.kind === 'part') {
    const value = event.event[condition.part];
    if (value === undefined) return condition.part === 'programName' ? false : undefined;
    return holds(condition.pattern, value);
  }
  const value = fieldOf(condition.names, event);
  if (condition.kind === 'unknown')
    return condition.names.length > 0 && value === undefined ? false : undefined;
  if (value === undefined) return false;
  switch (condition.kind) {
    case 'field':
      return holds(condition.pattern, value);
    case 'list':
      return listHolds(condition, value);
    case 'address': {
      const isIn = isInNetworks(value, condition.networks);
      return isIn === undefined ? undefined : isIn !== condition.negate;
    }
  }
}

export interface RuleVerdict {
  readonly holds: Verdict;
  /** The conditions that leave it open, by the names of their options. */
  readonly open: readonly string[];
}

const not: RuleVerdict = { holds: false, open: [] };

function nameOf(condition: Condition): string {
  switch (condition.kind) {
    case 'unknown':
      return condition.option;
    case 'part':
      return condition.part;
    default:
      return condition.names[0] ?? condition.kind;
  }
}

/** All conditions of a rule together: one that fails outweighs any that are open. */
export function ruleHolds({ decodedAs, conditions }: RuleDefinition, event: FoldedEvent): RuleVerdict {
  if (decodedAs !== null && decodedAs !== event.event.decoder) return not;
  const open: string[] = [];
  for (const condition of conditions) {
    const verdict = conditionHolds(condition, event);
    if (verdict === false) return not;
    if (verdict === undefined) open.push(nameOf(condition));
  }
  return { holds: open.length === 0 ? true : undefined, open };
}
