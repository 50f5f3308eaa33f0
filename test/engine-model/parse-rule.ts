import type { XmlElement } from '../../src/wazuh/xml.ts';
import type { ListReader } from './list-reader.ts';
import { keepText, optionLimit } from './option-text.ts';
import { effectOf, type Problem, type ProblemCause, type Report } from './problem.ts';
import { type Category, categories, type ParentClause, type RuleDefinition } from './rule.ts';
import { type RuleAttributes, toRuleAttributes } from './rule-attributes.ts';
import { toConditions, toJoinedConditions } from './rule-conditions.ts';
import { alertOptions, optionOf } from './rule-options.ts';

/** What one file is read with. */
export interface FileContext {
  readonly file: string;
  readonly ours: boolean;
  /** Whether its patterns are compiled while it is read, as the engine does; else an event that meets one compiles it. */
  readonly compiles: boolean;
  readonly lineAt: (offset: number) => number;
  readonly problems: Problem[];
}

export interface RuleFileContext extends FileContext {
  readonly lists: ReadonlyMap<string, ListReader | null>;
  /** Names that `decoded_as` may have; null when they are not known. */
  readonly decoders: ReadonlySet<string> | null;
  /** The rule that was loaded with an id; undefined when none was. */
  readonly firstOf: (id: number) => RuleDefinition | undefined;
}

export function fileReport({ file, lineAt, problems }: FileContext): Report {
  return (cause, offset, message, ruleId) => {
    problems.push({ cause, file, line: lineAt(offset), ruleId: ruleId ?? null, message });
  };
}

function elementsOf(elements: readonly XmlElement[], name: string): XmlElement[] {
  return elements.filter((element) => element.name.toLowerCase() === name);
}

/** Of these the last one counts; the texts of others add up. */
function lastText(elements: readonly XmlElement[], name: string): string | null {
  return elementsOf(elements, name).at(-1)?.text ?? null;
}

/**
 * Ids are separated by commas and blanks. The engine reads the end of the text as one more id, 0, when a separator is in
 * front of it, and hangs the rule under the base rule of its category too (Wazuh 4.14.7).
 */
function parseIds(text: string): number[] {
  const ids = text.split(/[, ]+/);
  return ids.filter((id, index) => id !== '' || index === ids.length - 1).map(Number);
}

/** A rule that counts earlier events hangs under the rule that it counts. */
function parentClause(texts: ParentTexts, options: readonly XmlElement[]): ParentClause {
  const { sid, group, level } = texts;
  const counted = sid === null && group === null;
  const ids = sid ?? (counted ? lastText(options, 'if_matched_sid') : null);
  const countedGroup = elementsOf(options, 'if_matched_group').map(({ text }) => text);
  return {
    sids: ids === null ? [] : parseIds(ids),
    group: group ?? (counted && countedGroup.length > 0 ? countedGroup.join('') : null),
    level: level === null ? null : Number(level),
  };
}

interface ParentTexts {
  readonly sid: string | null;
  readonly group: string | null;
  readonly level: string | null;
}

function checkOption(element: XmlElement, ruleId: number, report: Report, context: RuleFileContext): void {
  const name = element.name.toLowerCase();
  const { text, start } = element;
  if (optionOf(name) === undefined) {
    report('invalid-element', start, `a rule has no element <${element.name}>`, ruleId);
  }
  if (name === 'options' && !alertOptions.has(text)) {
    const message = `options "${text}" is none of ${[...alertOptions].join(', ')}`;
    report('unknown-option', start, message, ruleId);
  }
  if (name === 'decoded_as' && context.decoders?.has(text) === false) {
    report('unknown-decoder', start, `decoded_as "${text}" is no decoder`, ruleId);
  }
  if (name === 'category' && !isCategory(text)) {
    report('unknown-category', start, `category "${text}" is none of ${categories.join(', ')}`, ruleId);
  }
  if ((name === 'if_level' || name === 'if_matched_sid') && !/^\d*$/.test(text)) {
    report('invalid-parent', start, `${name} "${text}" is no whole number`, ruleId);
  }
}

function isCategory(text: string): text is Category {
  return categories.some((category) => category === text);
}

/** Whether an option makes the engine leave the rule out at once, without a look at the options after it. */
function dropsRule({ name, text }: XmlElement, { lists }: RuleFileContext): boolean {
  switch (name.toLowerCase()) {
    case 'list':
      return !lists.has(text);
    case 'if_level':
    case 'if_matched_sid':
      return !/^\d*$/.test(text);
    default:
      return false;
  }
}

function checkHistory(
  element: XmlElement,
  options: readonly XmlElement[],
  { id, frequency }: RuleAttributes,
  report: Report,
) {
  const counts = options.some(({ name }) => /^(?:if_matched_|check_diff$)/i.test(name));
  const narrows = options.some(({ name }) => /^(?:not_same|same|different)_/i.test(name));
  if ((frequency || narrows) && !counts) {
    report('missing-history', element.start, 'frequency and same_* need an if_matched_* beside them', id);
  }
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

/** The parents as they are written; null, with the reason among the problems, when the engine drops the rule for them. */
function readParents(options: readonly XmlElement[], id: number, report: Report): ParentTexts | null {
  const keep = (name: string) => keepText(elementsOf(options, name), id, report);
  const texts = { sid: keep('if_sid'), level: keep('if_level'), group: keep('if_group') };
  const reject = (name: string, message: string) => {
    report('invalid-parent', elementsOf(options, name)[0]?.start ?? 0, message, id);
    return null;
  };
  if (texts.sid !== null) {
    if (/^[\d, ]+$/.test(texts.sid)) return texts;
    return reject('if_sid', `if_sid "${texts.sid}" may hold digits, commas and blanks only`);
  }
  if (texts.level === null || Number(texts.level) !== 0) return texts;
  return reject('if_level', `if_level "${texts.level}" is no whole number above 0`);
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
  const first = context.firstOf(id);
  if (first !== undefined && !overwrite) {
    const message = `the id is used before, in ${first.file}:${first.line}; the first one counts`;
    report('duplicate-id', element.start, message, id);
    return null;
  }
  if (element.children.length === 0)
    report('missing-option', element.start, 'a rule needs at least one option', id);
  const end = element.children.findIndex((option) => dropsRule(option, context));
  const options = end === -1 ? element.children : element.children.slice(0, end + 1);
  for (const option of options) checkOption(option, id, report, context);
  const { lists, ours, compiles, file, lineAt } = context;
  const conditionContext = { ruleId: id, ours, compiles, lists, report };
  const conditions = toConditions(options, conditionContext);
  const parents = readParents(options, id, report);
  if (end !== -1 || parents === null) return null;
  const description = readDescription(element, options, id, report);
  checkHistory(element, options, attributes, report);
  const joined = toJoinedConditions(options, conditionContext);
  for (const name of ['cve', 'info']) keepText(elementsOf(options, name), id, report);
  const groups = joinGroups(wrapper, options, id, report);
  if (!taken()) return null;
  const category = lastText(options, 'category') ?? 'syslog';
  return {
    ...{ id, level, noalert, accurate, overwrite, file, ours },
    category: isCategory(category) ? category : 'syslog',
    groups,
    description,
    decodedAs: lastText(options, 'decoded_as'),
    parents: parentClause(parents, options),
    conditions: [...joined, ...conditions, ...historyConditions(attributes)],
    line: lineAt(element.start),
    offset: element.start,
  };
}

function readDescription(
  rule: XmlElement,
  options: readonly XmlElement[],
  id: number,
  report: Report,
): string {
  const description = keepText(elementsOf(options, 'description'), id, report);
  if (description === null) report('missing-description', rule.start, 'a rule needs a description', id);
  return (description ?? '').replace('\n', ' ');
}

/**
 * The groups of the file and those of the rule in one text. More than 2,048 bytes on either side take all of them away,
 * and a rule without any group still raises its alert (Wazuh 4.14.7).
 */
function joinGroups(wrapper: string, options: readonly XmlElement[], ruleId: number, report: Report): string {
  let groups: string = wrapper;
  for (const { text, start } of elementsOf(options, 'group')) {
    const bytes = Math.max(Buffer.byteLength(text), Buffer.byteLength(groups));
    if (bytes > optionLimit + 1) {
      const message = `the groups have ${bytes} bytes, the engine takes ${optionLimit + 1}: the rule would load without any`;
      report('option-too-long', start, message, ruleId);
    }
    groups = bytes > optionLimit + 1 ? '' : `${groups}${text}`;
  }
  return groups.replaceAll('\n', '');
}
