import { findTooLarge, isPlainPattern, maxCompiledBytes } from '../../src/wazuh/pcre2-size.ts';
import { attributeOf, exactAttributeOf, type XmlElement } from '../../src/wazuh/xml.ts';
import { parseNetwork } from './address.ts';
import type { ListReader } from './list-reader.ts';
import { keepText } from './option-text.ts';
import { type Pattern, type PatternType, toPattern } from './pattern.ts';
import type { Report } from './problem.ts';
import { type Condition, type ListCondition, type Lookup, lookups } from './rule.ts';
import { listFieldNames, optionOf, staticNames } from './rule-options.ts';

/** What the conditions of one rule are read with. */
export interface ConditionContext {
  readonly ruleId: number;
  readonly ours: boolean;
  readonly compiles: boolean;
  /** By declared path; null when declared and not at hand. */
  readonly lists: ReadonlyMap<string, ListReader | null>;
  readonly report: Report;
}

const writableTypes = ['osmatch', 'osregex', 'pcre2'] as const satisfies readonly PatternType[];

/** The engine warns of an attribute that has an unknown value, and takes the usual one. */
function warnOfValue(
  element: XmlElement,
  name: string,
  known: readonly string[],
  { report, ruleId }: ConditionContext,
): void {
  const written = exactAttributeOf(element, name);
  if (written === undefined || known.includes(written.toLowerCase())) return;
  const message = `${name}="${written}" of <${element.name}> is none of ${known.join(', ')}: the engine ignores it`;
  report('unknown-value', element.start, message, ruleId);
}

function isNegated(element: XmlElement, context: ConditionContext): boolean {
  warnOfValue(element, 'negate', ['yes', 'no'], context);
  return exactAttributeOf(element, 'negate')?.toLowerCase() === 'yes';
}

function patternOf(
  element: XmlElement,
  fallback: PatternType,
  text: string,
  context: ConditionContext,
): Pattern {
  warnOfValue(element, 'type', writableTypes, context);
  const written = exactAttributeOf(element, 'type')?.toLowerCase() ?? '';
  const type = writableTypes.find((known) => known === written) ?? fallback;
  return toPattern(type, text, isNegated(element, context));
}

/**
 * The engine compiles every pattern while it loads, so one that does not compile refuses the ruleset. What only the
 * model cannot run, and what is too large, is a matter of the project's own files.
 */
function checkPattern(
  pattern: Pattern,
  element: XmlElement,
  { ours, compiles, report, ruleId }: ConditionContext,
): void {
  if (!compiles) return;
  const isPcre2 = pattern.type === 'pcre2';
  const bytes = ours && isPcre2 ? findTooLarge(pattern.text) : null;
  if (bytes !== null) {
    const message = `pattern of <${element.name}> compiles to about ${bytes} bytes, more than ${maxCompiledBytes}`;
    report('pattern-too-large', element.start, message, ruleId);
  }
  if (isPcre2 && isPlainPattern(pattern.text)) return;
  const compilation = pattern.compile();
  if (compilation.state === 'ready' || (compilation.state === 'unsupported' && !ours)) return;
  const cause = compilation.state === 'refused' ? 'invalid-pattern' : 'unsupported-pattern';
  report(cause, element.start, `pattern of <${element.name}>: ${compilation.reason}`, ruleId);
}

function toFieldCondition(element: XmlElement, context: ConditionContext): Condition | null {
  const name = exactAttributeOf(element, 'name')?.toLowerCase();
  if (name === undefined || staticNames.has(name)) {
    const reason = name === undefined ? '<field> has no name' : `<field name="${name}"> must be <${name}>`;
    context.report('invalid-attribute', element.start, reason, context.ruleId);
    return null;
  }
  const pattern = patternOf(element, 'osregex', element.text, context);
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

const listAttributes: ReadonlySet<string> = new Set(['field', 'lookup', 'check_value']);

function toListCondition(element: XmlElement, context: ConditionContext): ListCondition | null {
  const { lists, report, ruleId } = context;
  const lookup = lookupOf(element, context);
  const stranger = element.attributes.find(({ name }) => !listAttributes.has(name.toLowerCase()));
  if (stranger !== undefined)
    report('invalid-attribute', element.start, `<list> has no attribute "${stranger.name}"`, ruleId);
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

/** All networks of one name are one condition, negated as the last element says. */
function toAddressCondition(elements: readonly XmlElement[], context: ConditionContext): Condition | null {
  const last = elements.at(-1);
  const option = last && optionOf(last.name);
  if (last === undefined || option?.kind !== 'address') return null;
  const networks = elements.flatMap(({ name, text, start }) => {
    const network = parseNetwork(text);
    if (network !== null) return [network];
    const message = `<${name}> "${text}" is no address and no network`;
    context.report('invalid-address', start, message, context.ruleId);
    return [];
  });
  return { kind: 'address', names: option.names, networks, negate: isNegated(last, context) };
}

/** Several elements of one name are one pattern: the engine joins their texts and keeps the last one's attributes. */
function toJoinedCondition(elements: readonly XmlElement[], context: ConditionContext): Condition | null {
  const last = elements.at(-1);
  const option = last && optionOf(last.name);
  if (last === undefined || option === undefined) return null;
  const name = last.name.toLowerCase();
  if (option.kind === 'unknown') {
    const isLost = keptOptions.has(name) && keepText(elements, context.ruleId, context.report) === null;
    return isLost ? null : { kind: 'unknown', option: name, names: option.names };
  }
  if (option.kind !== 'part' && option.kind !== 'static') return null;
  const text = keepText(elements, context.ruleId, context.report);
  const pattern = patternOf(last, option.type, text ?? '', context);
  if (text === null) return null;
  checkPattern(pattern, last, context);
  return option.kind === 'part'
    ? { kind: 'part', part: option.part, pattern }
    : { kind: 'field', names: option.names, pattern };
}

/** The options that the model cannot decide and that have a text of limited length. */
const keptOptions: ReadonlySet<string> = new Set([
  'srcgeoip',
  'dstgeoip',
  'if_matched_regex',
  'if_matched_group',
]);

/**
 * The lists that the engine looks at: of three or more in one rule it forgets all but the last two (Wazuh 4.14.7).
 */
function keptLists(lists: readonly ListCondition[]): readonly ListCondition[] {
  return lists.slice(-2);
}

function byName(elements: readonly XmlElement[]): Map<string, XmlElement[]> {
  const named = new Map<string, XmlElement[]>();
  for (const element of elements) {
    const name = element.name.toLowerCase();
    named.set(name, [...(named.get(name) ?? []), element]);
  }
  return named;
}

/** The most fields of an event, and so of the conditions of a rule (Wazuh 4.14.7, `decoder_order_size`). */
const fieldLimit = 256;

/** The conditions that the engine makes while it reads the options, in the order of the event's fields. */
export function toConditions(elements: readonly XmlElement[], context: ConditionContext): Condition[] {
  const named = byName(elements);
  const written = named.get('field') ?? [];
  const over = written[fieldLimit];
  if (over !== undefined) {
    const message = `a rule of ${written.length} <field>, the engine takes ${fieldLimit}`;
    context.report('invalid-element', over.start, message, context.ruleId);
  }
  const fields = written.map((element) => toFieldCondition(element, context));
  const addresses = ['srcip', 'dstip'].map((name) => toAddressCondition(named.get(name) ?? [], context));
  const lists = (named.get('list') ?? []).map((element) => toListCondition(element, context));
  const found = keptLists(lists.filter((condition) => condition !== null));
  return [...fields, ...addresses, ...found].filter((condition) => condition !== null);
}

/** The conditions that it makes of all elements of one name, after the last option. */
export function toJoinedConditions(elements: readonly XmlElement[], context: ConditionContext): Condition[] {
  return [...byName(elements)]
    .map(([, group]) => toJoinedCondition(group, context))
    .filter((condition) => condition !== null);
}
