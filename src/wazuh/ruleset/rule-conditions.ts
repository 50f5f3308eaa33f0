import type { ListReader } from './list-reader.ts';
import { type Pattern, type PatternType, toPattern } from './pattern.ts';
import { findTooLarge, maxCompiledBytes } from './pcre2-size.ts';
import { isPlainPattern } from './plain-pattern.ts';
import type { Report } from './problem.ts';
import { type Condition, type ListCondition, type Lookup, lookups } from './rule.ts';
import { listFieldNames, optionOf, staticNames } from './rule-options.ts';
import { attributeOf, type XmlElement } from './xml.ts';

/** What the conditions of one rule are read with. */
export interface ConditionContext {
  readonly ruleId: number;
  readonly ours: boolean;
  /** By declared path; null when declared and not at hand. */
  readonly lists: ReadonlyMap<string, ListReader | null>;
  readonly report: Report;
}

const writableTypes: ReadonlySet<string> = new Set(['osmatch', 'osregex', 'pcre2']);

/** An unknown type is the default type to the engine, with a warning. */
function patternOf(element: XmlElement, fallback: PatternType, text: string): Pattern {
  const written = attributeOf(element, 'type')?.toLowerCase() ?? '';
  const type = writableTypes.has(written) ? (written as PatternType) : fallback;
  return toPattern(type, text, attributeOf(element, 'negate')?.toLowerCase() === 'yes');
}

/** Only the project's own patterns are compiled ahead: it answers for those. */
function checkPattern(
  pattern: Pattern,
  element: XmlElement,
  { ours, report, ruleId }: ConditionContext,
): void {
  if (!ours) return;
  const isPcre2 = pattern.type === 'pcre2';
  const bytes = isPcre2 ? findTooLarge(pattern.text) : null;
  if (bytes !== null) {
    const message = `pattern of <${element.name}> compiles to about ${bytes} bytes, more than ${maxCompiledBytes}`;
    report('pattern-too-large', element.start, message, ruleId);
  }
  if (isPcre2 && isPlainPattern(pattern.text)) return;
  const compilation = pattern.compile();
  if (compilation.state === 'ready') return;
  const cause = compilation.state === 'refused' ? 'invalid-pattern' : 'unsupported-pattern';
  report(cause, element.start, `pattern of <${element.name}>: ${compilation.reason}`, ruleId);
}

function toFieldCondition(element: XmlElement, context: ConditionContext): Condition | null {
  const name = attributeOf(element, 'name')?.toLowerCase();
  if (name === undefined || staticNames.has(name)) {
    const reason = name === undefined ? '<field> has no name' : `<field name="${name}"> must be <${name}>`;
    context.report('invalid-attribute', element.start, reason, context.ruleId);
    return null;
  }
  const pattern = patternOf(element, 'osregex', element.text);
  checkPattern(pattern, element, context);
  return { kind: 'field', names: [name], pattern };
}

function lookupOf(element: XmlElement, { report, ruleId }: ConditionContext): Lookup | null {
  const written = (attributeOf(element, 'lookup') ?? 'match_key').toLowerCase();
  const lookup = lookups.find((known) => known === written);
  if (lookup) return lookup;
  report('unknown-lookup', element.start, `lookup "${written}" is none of ${lookups.join(', ')}`, ruleId);
  return null;
}

function toListCondition(element: XmlElement, context: ConditionContext): ListCondition | null {
  const { lists, report, ruleId } = context;
  const lookup = lookupOf(element, context);
  const field = attributeOf(element, 'field');
  if (field === undefined) report('invalid-attribute', element.start, '<list> has no field', ruleId);
  const path = element.text;
  const reader = lists.get(path);
  if (reader === undefined) {
    const message = `list "${path}" is not declared in the <ruleset> block of ossec.conf: the rule is dropped`;
    report('undeclared-list', element.start, message, ruleId);
  }
  if (lookup === null || field === undefined || reader === undefined) return null;
  const value = attributeOf(element, 'check_value');
  const checkValue = value === undefined ? null : toPattern('osmatch', value);
  return { kind: 'list', names: listFieldNames(field), path, lookup, checkValue, reader };
}

/** Several elements of one name are one pattern: the engine joins their texts and keeps the last one's attributes. */
function toJoinedCondition(elements: readonly XmlElement[], context: ConditionContext): Condition | null {
  const last = elements.at(-1);
  const option = last && optionOf(last.name);
  if (last === undefined || option === undefined) return null;
  const name = last.name.toLowerCase();
  if (option.kind === 'unknown') return { kind: 'unknown', option: name, names: option.names };
  if (option.kind !== 'part' && option.kind !== 'static') return null;
  const pattern = patternOf(last, option.type, elements.map(({ text }) => text).join(''));
  checkPattern(pattern, last, context);
  return option.kind === 'part'
    ? { kind: 'part', part: option.part, pattern }
    : { kind: 'field', names: option.names, pattern };
}

/**
 * The lists that the engine looks at: of three or more in one rule it forgets all but the last two (Wazuh 4.14.7).
 */
function keptLists(lists: readonly ListCondition[]): readonly ListCondition[] {
  return lists.slice(-2);
}

export function toConditions(elements: readonly XmlElement[], context: ConditionContext): Condition[] {
  const named = new Map<string, XmlElement[]>();
  for (const element of elements) {
    const name = element.name.toLowerCase();
    named.set(name, [...(named.get(name) ?? []), element]);
  }
  const fields = (named.get('field') ?? []).map((element) => toFieldCondition(element, context));
  const lists = (named.get('list') ?? []).map((element) => toListCondition(element, context));
  named.delete('field');
  named.delete('list');
  const joined = [...named.values()].map((group) => toJoinedCondition(group, context));
  const found = keptLists(lists.filter((condition) => condition !== null));
  return [...joined, ...fields, ...found].filter((condition) => condition !== null);
}
