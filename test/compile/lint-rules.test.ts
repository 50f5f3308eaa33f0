import { describe, expect, it } from 'vitest';
import { lintRuleFiles } from '../../src/compile/lint-rules.ts';
import { type PatternGate, renderRuleFiles } from '../../src/wazuh/rule-files.ts';
import { planOptions } from '../support/plan-options.ts';

const render = (gates: readonly PatternGate[]) =>
  renderRuleFiles({
    ...planOptions.rules,
    patterns: planOptions.gates,
    gates: new Map([['win_address', gates]]),
  });

const leaf = (pattern: string): PatternGate => ({ id: 810_000, parent: null, pattern, leaf: true });
const lint = (pattern: string) => () => lintRuleFiles(render([leaf(pattern)]));

describe('the lint of the rule files', () => {
  it('takes a gate', () => {
    expect(lint('^203\\.0\\.11[23]\\.[0-9]{1,3}$')).not.toThrow();
  });

  it.each([
    [
      'that PCRE2 would refuse as too large',
      `^(?:${'1(?:\\.[0-9]{1,3}){3}|'.repeat(480)}2)$`,
      /compiles to about 7/,
    ],
    ['that is no pattern', '^(?:203', /pattern of <field>/],
    ['longer than an element may be', 'a'.repeat(20_480), /20480 bytes is over the limit of 20479/],
  ])('refuses a gate %s, and says that nothing was written', (_, pattern, message) => {
    expect(lint(pattern)).toThrow(/nothing was written\n {2}0011-opencti-gates\.xml:\d+: /);
    expect(lint(pattern)).toThrow(message);
  });
});
