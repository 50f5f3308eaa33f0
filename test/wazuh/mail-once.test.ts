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

/** The rules that send no mail, without those of the selftest, which never do. */
function findMuted(withoutMail: boolean): number[] {
  const muted = renderRules(withoutMail).filter((rule) => rule.includes('<options>no_email_alert</options>'));
  return muted.map((rule) => Number(/^id="(\d+)"/.exec(rule)?.[1])).filter((id) => id < 100_670);
}

test('with one mail a match, the alerts of the lists send none, and those of the integration do', () => {
  expect(findMuted(true).sort()).toEqual(Array.from({ length: 22 }, (_, index) => 100_640 + index));
});

/** Whatever their level; the engine looks for this at level 5 too (Wazuh 4.14.7, `analysisd/rules.c`). */
function findMailed(withoutMail: boolean): number[] {
  const mailed = renderRules(withoutMail).filter((rule) =>
    rule.includes('<options>alert_by_email</options>'),
  );
  return mailed.map((rule) => Number(/^id="(\d+)"/.exec(rule)?.[1]));
}

test('with one mail a match, an error in the place of the context is that mail', () => {
  expect(findMailed(true)).toEqual([100_624]);
  expect(findMailed(false)).toEqual([]);
});

test('otherwise every alert may send a mail', () => {
  expect(findMuted(false)).toEqual([]);
});
