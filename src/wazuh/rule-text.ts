import { KnownError } from '../errors.ts';

/** A string that may stand in a rules file. */
export type RuleText = string & { readonly __ruleText: true };

/**
 * The door for every string that reaches a template. The engine's XML reader decodes no entities and takes each
 * `<` for an element (Wazuh 4.14.7), so there is nothing to escape with: such text is refused.
 */
export function toRuleText(text: string): RuleText {
  const foreign = /[<>&]|\p{Cc}/u.exec(text)?.[0];
  if (foreign === undefined) return text as RuleText;
  throw new KnownError(
    `${JSON.stringify(foreign)} cannot stand in a rules file: ${JSON.stringify(text)}; ` +
      'legal is text without <, >, & and control characters',
  );
}
