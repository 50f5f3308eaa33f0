import type { ListReader } from './list-reader.ts';
import { effectOf, type Problem, type ProblemCause, type Report } from './problem.ts';
import { type Category, categories, type ParentClause, type RuleDefinition } from './rule.ts';
import { type RuleAttributes, toRuleAttributes } from './rule-attributes.ts';
import { toConditions } from './rule-conditions.ts';
import { alertOptions, optionOf } from './rule-options.ts';
import type { XmlElement } from './xml.ts';

/** What the rules of one file are read with. */
export interface RuleFileContext {
  readonly file: string;
  readonly ours: boolean;
  readonly lists: ReadonlyMap<string, ListReader | null>;
  readonly lineAt: (offset: number) => number;
  readonly problems: Problem[];
}

/**
 * The bytes that one option of a rule may have (Wazuh 4.14.7: "Maximum string size reached"). `<field>`, `<list>` and
 * `<mitre>` are read without this limit.
 */
export const optionLimit = 2_047;
const unlimited: ReadonlySet<string> = new Set(['field', 'list', 'mitre', 'info', 'options']);

export function fileReport({ file, lineAt, problems }: RuleFileContext): Report {
  return (cause, offset, message, ruleId) => {
    problems.push({ cause, file, line: lineAt(offset), ruleId: ruleId ?? null, message });
  };
}

function joinedText(elements: readonly XmlElement[], name: string): string | null {
  const found = elements.filter((element) => element.name.toLowerCase() === name);
  return found.length === 0 ? null : found.map(({ text }) => text).join('');
}

/** Of these the last one counts; the texts of others add up. */
function lastText(elements: readonly XmlElement[], name: string): string | null {
  return elements.findLast((element) => element.name.toLowerCase() === name)?.text ?? null;
}

/** Ids stand apart by commas and blanks. A rule that counts earlier events hangs under the rule that it counts. */
function parentClause(elements: readonly XmlElement[]): ParentClause {
  const sid = joinedText(elements, 'if_sid');
  const group = joinedText(elements, 'if_group');
  const level = joinedText(elements, 'if_level');
  const counted = sid === null && group === null;
  const ids = sid ?? (counted ? joinedText(elements, 'if_matched_sid') : null);
  const sids = (ids ?? '').split(/[, ]+/).filter((id) => id !== '');
  return {
    sids: sids.map(Number),
    group: group ?? (counted ? joinedText(elements, 'if_matched_group') : null),
    level: level === null ? null : Number(level),
  };
}

function checkOption(element: XmlElement, ruleId: number, report: Report): void {
  const name = element.name.toLowerCase();
  if (optionOf(name) === undefined) {
    report('invalid-element', element.start, `a rule has no element <${element.name}>`, ruleId);
  }
  if (name === 'options' && !alertOptions.has(element.text)) {
    const message = `options "${element.text}" is none of ${[...alertOptions].join(', ')}`;
    report('unknown-option', element.start, message, ruleId);
  }
  const bytes = Buffer.byteLength(element.text);
  if (bytes > optionLimit && !unlimited.has(name)) {
    const message = `the text of <${element.name}> has ${bytes} bytes, the engine takes ${optionLimit}`;
    report('option-too-long', element.start, message, ruleId);
  }
}

function checkParents(element: XmlElement, attributes: RuleAttributes, report: Report): void {
  const { id } = attributes;
  const sid = joinedText(element.children, 'if_sid');
  if (sid !== null && !/^[\d, ]+$/.test(sid)) {
    report('invalid-parent', element.start, `if_sid "${sid}" may hold digits, commas and blanks only`, id);
  }
  const level = joinedText(element.children, 'if_level');
  if (level !== null && !/^0*[1-9]\d*$/.test(level)) {
    report('invalid-parent', element.start, `if_level "${level}" is no whole number above 0`, id);
  }
  const counts = element.children.some(({ name }) => /^(?:if_matched_|check_diff$)/i.test(name));
  const narrows = element.children.some(({ name }) => /^(?:not_same|same|different)_/i.test(name));
  if ((attributes.frequency || narrows) && !counts) {
    report('missing-history', element.start, 'frequency and same_* need an if_matched_* beside them', id);
  }
}

function categoryOf(element: XmlElement, id: number, report: Report): Category {
  const written = lastText(element.children, 'category');
  const known = categories.find((category) => category === (written ?? 'syslog'));
  if (known) return known;
  report('unknown-category', element.start, `category "${written}" is none of ${categories.join(', ')}`, id);
  return 'syslog';
}

/** Hands problems on and remembers whether the engine takes the rule all the same. */
function watch(report: Report): { readonly report: Report; readonly taken: () => boolean } {
  let taken = true;
  const watched: Report = (cause: ProblemCause, offset, message, ruleId) => {
    const effect = effectOf({ cause, file: '', line: 0, ruleId: null, message });
    if (effect === 'refused' || effect === 'dropped') taken = false;
    report(cause, offset, message, ruleId);
  };
  return { report: watched, taken: () => taken };
}

function historyConditions({ maxsize, frequency }: RuleAttributes): RuleDefinition['conditions'] {
  const options = [...(maxsize ? ['maxsize'] : []), ...(frequency ? ['frequency'] : [])];
  return options.map((option) => ({ kind: 'unknown', option, names: [] }));
}

/** One `<rule>`; null when the engine refuses or drops it, with the reason among the problems. */
export function parseRule(
  element: XmlElement,
  wrapper: string,
  context: RuleFileContext,
): RuleDefinition | null {
  const { report, taken } = watch(fileReport(context));
  const attributes = toRuleAttributes(element);
  if (!('id' in attributes)) {
    report(attributes[0], element.start, attributes[1]);
    return null;
  }
  const { id, level, noalert, accurate, overwrite } = attributes;
  const options = element.children;
  if (options.length === 0) report('missing-option', element.start, 'a rule needs at least one option', id);
  for (const option of options) checkOption(option, id, report);
  checkParents(element, attributes, report);
  const description = joinedText(options, 'description');
  if (description === null) report('missing-description', element.start, 'a rule needs a description', id);
  const category = categoryOf(element, id, report);
  const { lists, ours, file, lineAt } = context;
  const conditions = toConditions(options, { ruleId: id, ours, lists, report });
  if (!taken()) return null;
  return {
    ...{ id, level, noalert, accurate, overwrite, category, file, ours },
    groups: wrapper + (joinedText(options, 'group') ?? '').replaceAll('\n', ''),
    description: (description ?? '').replace('\n', ' '),
    decodedAs: lastText(options, 'decoded_as'),
    parents: parentClause(options),
    conditions: [...conditions, ...historyConditions(attributes)],
    line: lineAt(element.start),
    offset: element.start,
  };
}
