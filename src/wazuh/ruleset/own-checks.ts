import type { Report } from './problem.ts';
import { toRuleAttributes } from './rule-attributes.ts';
import type { XmlElement } from './xml.ts';

/** Elements of a rule that have children of their own. */
const nesting: ReadonlySet<string> = new Set(['mitre']);

function checkText(element: XmlElement, ruleId: number | undefined, report: Report): void {
  const texts = [element.text, ...element.attributes.map(({ value }) => value)];
  if (texts.some((text) => text.includes('&'))) {
    const message = `<${element.name}> holds "&": the engine decodes no entities and shows it as written`;
    report('entity', element.start, message, ruleId);
  }
  if (texts.some((text) => text.includes('<'))) {
    report('markup-in-text', element.start, `<${element.name}> holds "<"`, ruleId);
  }
}

function checkOption(option: XmlElement, ruleId: number | undefined, report: Report): void {
  checkText(option, ruleId, report);
  if (nesting.has(option.name.toLowerCase())) {
    for (const child of option.children) checkText(child, ruleId, report);
  } else if (option.children.length > 0) {
    const message = `<${option.name}> holds an element: the engine keeps only the text behind it`;
    report('markup-in-text', option.start, message, ruleId);
  }
}

function checkRule(rule: XmlElement, report: Report): void {
  const attributes = toRuleAttributes(rule);
  const known = 'id' in attributes ? attributes : undefined;
  checkText(rule, known?.id, report);
  for (const option of rule.children) checkOption(option, known?.id, report);
  if (known?.level === 0 && !known.noalert) {
    report('silent-level', rule.start, 'level 0 without noalert="1" ends an event in silence', known.id);
  }
  const has = (name: string) => rule.children.filter((child) => child.name.toLowerCase() === name).length;
  if (has('list') > 2) {
    const message = `a rule of ${has('list')} lists: the engine looks at the last two only`;
    report('too-many-lists', rule.start, message, known?.id);
  }
  if (has('if_sid') > 0 && has('if_group') > 0) {
    report('ignored-group', rule.start, 'if_group does nothing beside if_sid', known?.id);
  }
}

/** What the engine takes and the project refuses in its own files: each of these has lost events or alerts. */
export function checkOwnFile(roots: readonly XmlElement[], report: Report): void {
  for (const root of roots) {
    checkText(root, undefined, report);
    for (const rule of root.children) checkRule(rule, report);
  }
}
