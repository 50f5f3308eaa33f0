import { expect, test } from 'vitest';
import { eventFields } from '../../src/wazuh/fields.ts';
import { renderRuleFiles } from '../../src/wazuh/rules.ts';
import { renderTemplate } from '../../src/wazuh/template.ts';
import { evaluate } from '../engine-model/evaluate.ts';
import { loadRuleset } from '../engine-model/load-ruleset.ts';
import { toEventOfMessage } from '../engine-model/message-event.ts';
import { planOptions } from '../support/plan-options.ts';
import { readStandIns } from '../support/stock-ruleset/stand-ins.ts';

const rules = renderRuleFiles({
  ...planOptions.rules,
  patterns: { hashes: true, domains: true, cidr: true },
  gates: new Map(),
})
  .filter(({ path }) => path.startsWith('rules/'))
  .map(({ path, text }) => ({ name: path, text, ours: true }));
const stock = readStandIns();
/** As a manager has them: declared, whatever is in them. */
const lists = new Map(eventFields.map(({ list }) => [`etc/lists/${list}`, null]));
const { ruleset, problems } = loadRuleset({
  ...stock,
  rules: [...stock.rules, ...rules],
  lists: new Map([...stock.lists, ...lists]),
});

test('our rules load', () => expect(problems).toEqual([]));

/** As logcollector sends the output of a `full_command` (Wazuh 4.14.7). */
function fire(output: string): number | undefined {
  const event = toEventOfMessage(ruleset, `1:opencti-wazuh:ossec: output: 'opencti-wazuh':\n${output}`);
  if (event === null) throw new Error('the message is not understood');
  return evaluate(ruleset, event).fired?.id;
}

test('what the manager runs each hour raises an alert when the lists are stale, and only then', () => {
  expect(fire('stale: the lists were last confirmed 30 h ago')).toBe(100_628);
  expect(fire('stale: opencti-wazuh status did not run')).toBe(100_628);
  expect(fire('fresh: the lists were confirmed 1 h ago')).toBeUndefined();
});

test('the block of ossec.conf runs the command each hour, and says stale when it cannot', () => {
  expect(
    renderTemplate('ossec.conf.localfile', { home: '/var/ossec', command: '/usr/bin/opencti-wazuh' }),
  ).toBe(`  <localfile>
    <log_format>full_command</log_format>
    <command>WAZUH_HOME=/var/ossec /usr/bin/opencti-wazuh status --line || echo stale: opencti-wazuh status did not run</command>
    <alias>opencti-wazuh</alias>
    <frequency>3600</frequency>
  </localfile>
`);
});
