import { attributeOf, type XmlElement } from '../../src/wazuh/xml.ts';
import { checkOwnFile } from './own-checks.ts';
import { fileReport, parseRule, type RuleFileContext } from './parse-rule.ts';
import type { Report } from './problem.ts';
import { readRoots } from './read-roots.ts';
import type { RuleDefinition } from './rule.ts';

function groupName(root: XmlElement): string | null {
  const name = attributeOf(root, 'name');
  return root.name.toLowerCase() === 'group' && name !== undefined && root.attributes.length === 1
    ? name
    : null;
}

/**
 * The rules of one file in their order, each read when it is needed: the engine adds one to its tree before it reads
 * the next. A file of 0 bytes has none; one that holds anything else than rules is refused, a comment alone too.
 */
export function* parseRuleFile(text: string, context: RuleFileContext): Generator<RuleDefinition> {
  const report = fileReport(context);
  const roots = readRoots(text, report);
  if (roots?.length === 0 && text !== '') {
    report('blank-file', 0, 'the file holds no <group> with rules: the engine refuses such a file');
  }
  if (context.ours) checkOwnFile(text, roots ?? [], report);
  for (const root of roots ?? []) yield* parseGroup(root, context, report);
}

function* parseGroup(root: XmlElement, context: RuleFileContext, report: Report): Generator<RuleDefinition> {
  const name = groupName(root);
  if (name === null || root.children.length === 0) {
    const message = `<${root.name}> is not a <group name="..."> that holds rules`;
    report('invalid-element', root.start, message);
    return;
  }
  for (const child of root.children) {
    if (child.name.toLowerCase() !== 'rule') {
      report('invalid-element', child.start, `<group> holds <rule> only, not <${child.name}>`);
      continue;
    }
    const rule = parseRule(child, name, context);
    if (rule !== null) yield rule;
  }
}
