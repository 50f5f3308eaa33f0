import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { packageRoot } from '../package-root.ts';
import { toRuleText } from './rule-text.ts';

type Template =
  | '0011-opencti-gates.xml'
  | `zzzz-opencti-${'rules.xml' | 'decoder.xml'}`
  | `ossec.conf.${'snippet' | 'localfile'}`
  | `opencti-wazuh.${'yml' | 'service' | 'timer'}`
  | 'cron'
  | 'logrotate';

type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** Renders a template of `templates/`. Every string in the data has passed `toRuleText`, or this throws. */
export function renderTemplate(name: Template, data: { readonly [name: string]: Value }): string {
  const source = readFileSync(join(packageRoot(), 'templates', `${name}.hbs`), 'utf8');
  checkText(data);
  return Handlebars.compile(source, { noEscape: true, strict: true })(data);
}

function checkText(value: Value): void {
  if (typeof value === 'string') toRuleText(value);
  else if (value !== null && typeof value === 'object')
    for (const inner of Object.values(value)) checkText(inner);
}
