import { checkOwnFile } from './own-checks.ts';
import { fileReport, parseRule, type RuleFileContext } from './parse-rule.ts';
import { readRoots } from './read-roots.ts';
import type { RuleDefinition } from './rule.ts';
import { attributeOf, type XmlElement } from './xml.ts';

function groupName(root: XmlElement): string | null {
  const name = attributeOf(root, 'name');
  return root.name.toLowerCase() === 'group' && name !== undefined && root.attributes.length === 1
    ? name
    : null;
}

/** The rules of one file in their order. */
export function parseRuleFile(text: string, context: RuleFileContext): RuleDefinition[] {
  const report = fileReport(context);
  const roots = readRoots(text, report);
  if (context.ours) checkOwnFile(roots, report);
  return roots.flatMap((root) => {
    const name = groupName(root);
    if (name === null || root.children.length === 0) {
      const message = `<${root.name}> is not a <group name="..."> that holds rules`;
      report('invalid-element', root.start, message);
      return [];
    }
    return root.children.flatMap((child) => {
      if (child.name.toLowerCase() !== 'rule') {
        report('invalid-element', child.start, `<group> holds <rule> only, not <${child.name}>`);
        return [];
      }
      return parseRule(child, name, context) ?? [];
    });
  });
}
