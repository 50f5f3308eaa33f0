import { expect, test } from 'vitest';
import { renderRuleFiles } from '../../src/wazuh/rule-files.ts';

function renderRules(withoutMail: boolean): string[] {
  const files = renderRuleFiles({
    firstId: 100_600,
    level: { hash: 14, address: 12, name: 12 },
    siteParents: {},
    linuxDecoder: false,
    withoutMail,
    gates: new Map(),
  });
  const text = files.find(({ path }) => path === 'rules/zz-opencti-2-rules.xml')?.text ?? '';
  return text.split('<rule ').slice(1);
}

const mute = '<options>no_email_alert</options>';
const idOf = (rule: string) => Number(/^id="(\d+)"/.exec(rule)?.[1]);

test('with one mail a match, the alerts of the lists send none, and those of the integration do', () => {
  const muted = renderRules(true)
    .filter((rule) => rule.includes(mute))
    .map(idOf);
  expect(muted).toHaveLength(22);
  expect(Math.min(...muted)).toBe(100_640);
  expect(Math.max(...muted)).toBe(100_661);
});

test('otherwise every alert may send a mail', () => {
  expect(renderRules(false).filter((rule) => rule.includes(mute))).toEqual([]);
});
