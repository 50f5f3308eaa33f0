import { expect, test } from 'vitest';
import { renderRuleFiles } from '../../src/wazuh/rules.ts';
import { builtInFields, planOptions } from '../support/plan-options.ts';

function renderRules(withoutMail: boolean): string[] {
  const files = renderRuleFiles({
    ...planOptions.rules,
    patterns: { hashes: true, domains: true, cidr: true },
    withoutMail,
    gates: new Map(),
  });
  const text = files.find(({ path }) => path === 'rules/zzzz-opencti-rules.xml')?.text ?? '';
  return text.split('<rule ').slice(1);
}

/** Of the selftest, whose alerts never send a mail: the context of a canary, and one a field. */
const canaryRules = [100_629, ...builtInFields.map(({ ids }) => ids.canaryRule)];

/** The rules that send no mail, without those of the selftest. */
function findMuted(withoutMail: boolean): number[] {
  const muted = renderRules(withoutMail).filter((rule) => rule.includes('<options>no_email_alert</options>'));
  const ids = muted.map((rule) => Number(/^id="(\d+)"/.exec(rule)?.[1]));
  expect(ids).toEqual(expect.arrayContaining(canaryRules));
  return ids.filter((id) => !canaryRules.includes(id));
}

test('with one mail a match, the alerts of the lists send none, and those of the integration do', () => {
  const first = Array.from({ length: 22 }, (_, index) => 100_640 + index);
  const others = [
    ...[119_000, 119_001, 119_002, 119_003, 119_010, 119_090, 119_091, 119_130, 119_131, 119_136],
    ...[119_140, 119_141, 119_142, 119_143, 119_144, 119_145, 119_146, 119_147],
  ];
  expect(findMuted(true).sort()).toEqual([...first, ...others]);
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
