import { describe, expect, it } from 'vitest';
import { lintRuleFiles } from '../../src/compile/lint.ts';
import { type PatternGate, renderRuleFiles } from '../../src/wazuh/rules.ts';
import { planOptions } from '../support/plan-options.ts';

const render = (gates: readonly PatternGate[]) =>
  renderRuleFiles({
    ...planOptions.rules,
    patterns: planOptions.gates,
    gates: new Map([['win_address', gates]]),
  });

const leaf = (pattern: string): PatternGate => ({ id: 810_000, parent: null, pattern, leaf: true });
const lint = (pattern: string) => () => lintRuleFiles(render([leaf(pattern)]), planOptions.rules.blocks);

describe('the lint of the rule files', () => {
  it('takes a gate', () => {
    expect(lint('^203\\.0\\.11[23]\\.[0-9]{1,3}$')).not.toThrow();
  });

  /** The gate file with another text in the place of the gate. */
  function lintRule(rule: string) {
    const files = render([leaf('^203$')]).map(({ path, text }) => ({
      path,
      text: text.replace(/<rule id="810000".*?<\/rule>/s, rule),
    }));
    expect(files.some(({ text }) => text.includes(rule))).toBe(true);
    return () => lintRuleFiles(files, planOptions.rules.blocks);
  }
  const rule = (body: string, attributes = 'id="810000" level="0" noalert="1"') =>
    `<rule ${attributes}>${body}<description>d</description></rule>`;
  const under = '<if_sid>118003</if_sid>';

  it.each([
    ['level 0 without noalert', rule(under, 'id="810000" level="0"'), /silence/],
    ['a level that is none', rule(under, 'id="810000" level="17"'), /level "17" is not within 0 to 16/],
    [
      'an id of no block of ours',
      rule(under, 'id="100599" level="3"'),
      /rule 100599: its id is not in a block/,
    ],
    ['an id that comes twice', rule(under, 'id="118000" level="3"'), /rule 118000: its id is used before/],
    ['a parent that is not there', rule('<if_sid>118003,118098</if_sid>'), /if_sid "118098"/],
    [
      'a group that is not there',
      rule('<if_group>octgate_none|none</if_group>'),
      /if_group "octgate_none\|none"/,
    ],
    ['no description', `<rule id="810000" level="3">${under}</rule>`, /needs one description/],
    [
      'a text of 2,048 bytes',
      rule(`${under}<match>${'a'.repeat(2_048)}</match>`),
      /2048 bytes, more than 2047/,
    ],
    ['an if_sid of 2,048 bytes', rule(`<if_sid>${'118003,'.repeat(293)}</if_sid>`), /2051 bytes/],
    ['an entity', rule(`${under}<match>a&amp;b</match>`), /<match> holds "&" or "<"/],
    ['an escaped "<"', rule(`${under}<match>a\\<b</match>`), /<match> holds "&" or "<"/],
    ['an element in a text', rule(`${under}<match>a<b>c</b></match>`), /<match> holds an element/],
    [
      'a list that another rule reads',
      rule(
        `${under}<list field="f" lookup="match_key_value" check_value="^">etc/lists/opencti-win-hashes</list>`,
      ),
      /list "etc\/lists\/opencti-win-hashes" is read by a rule before/,
    ],
    [
      'a look-up that misses keys, and a list that is none of ours',
      rule(`${under}<list field="f" lookup="match_key">etc/lists/other</list>`),
      /list "etc\/lists\/other" is none of ours\n.*only lookup="match_key_value" check_value="\^"/,
    ],
    ['an element that is not closed', `${rule(under)}<rule>`, /element "rule" is closed by "group"/],
  ])('refuses %s', (_, text, message) => expect(lintRule(text)).toThrow(message));

  it('takes the longest texts', () => {
    expect(lintRule(rule(`${under}<match>${'a'.repeat(2_047)}</match>`))).not.toThrow();
    expect(lintRule(rule(`${under}<group>${'g,'.repeat(1_024)}</group>`))).not.toThrow();
  });

  it('refuses a file without a rule', () => {
    const path = 'rules/0011-opencti-gates.xml';
    for (const text of ['', ' ', '<!-- nothing -->'])
      expect(() => lintRuleFiles([{ path, text }], planOptions.rules.blocks)).toThrow(/holds nothing/);
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
