import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { KnownError } from '../errors.ts';
import { packageRoot } from '../text.ts';

type Template =
  | '0011-opencti-gates.xml'
  | '0154-opencti-dns-decoders.xml'
  | `zzzz-opencti-${'rules.xml' | 'decoder.xml' | 'dns-decoders.xml'}`
  | `ossec.conf.${'snippet' | 'localfile'}`
  | `opencti-wazuh.${'yml' | 'service' | 'timer'}`
  | 'cron'
  | 'logrotate';

type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** Renders a template of `templates/`. @throws KnownError unless `toRuleText` accepts every string in the data. */
export function renderTemplate(name: Template, data: { readonly [name: string]: Value }): string {
  checkText(data);
  return compileTemplate(name)(data);
}

const compiled = new Map<Template, Handlebars.TemplateDelegate>();

/** Compiles a template once in a process, since compiling takes longer than rendering. */
function compileTemplate(name: Template): Handlebars.TemplateDelegate {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const source = readFileSync(join(packageRoot(), 'templates', `${name}.hbs`), 'utf8');
  const template = Handlebars.compile(source, { noEscape: true, strict: true });
  compiled.set(name, template);
  return template;
}

function checkText(value: Value): void {
  if (typeof value === 'string') toRuleText(value);
  else if (value !== null && typeof value === 'object')
    for (const inner of Object.values(value)) checkText(inner);
}

/** A string that may be in a rules file. */
export type RuleText = string & { readonly __ruleText: true };

/**
 * Checks a string that reaches a template. The engine's XML reader decodes no entities and takes each `<` as the start
 * of an element (Wazuh 4.14.7), so characters cannot be escaped: a text that has them is refused.
 */
export function toRuleText(text: string): RuleText {
  const foreign = /[<>&]|\p{Cc}/u.exec(text)?.[0];
  if (foreign === undefined) return text as RuleText;
  throw new KnownError(
    `${JSON.stringify(foreign)} cannot be in a rules file: ${JSON.stringify(text)}; ` +
      'legal is text without <, >, & and control characters',
  );
}
