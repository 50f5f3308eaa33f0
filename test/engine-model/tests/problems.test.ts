import { describe, expect, it } from 'vitest';
import { readListText } from '../list-reader.ts';
import { loadRuleset, type RulesetFile } from '../load-ruleset.ts';
import { effectOf, formatProblem, type ProblemCause } from '../problem.ts';
import { base, loadOwn, wrap } from './sources.ts';

const list = readListText('a:b\n');
const lists = { 'etc/lists/a': list, 'etc/lists/b': list, 'etc/lists/c': list };
const plain = '<description>d</description>';

function rule(id: number, body: string, attributes = 'level="3"'): string {
  return `<rule id="${id}" ${attributes}>${body}</rule>`;
}

function lookUp(path: string, lookup = 'match_key_value'): string {
  return `<list field="f" lookup="${lookup}" check_value="^">${path}</list>`;
}

/** The effect of each problem; the last column says whether the rule 100900 is in the tree all the same. */
const cases: readonly [ProblemCause, string, string, boolean][] = [
  ['undeclared-list', 'a list that is not declared', rule(100900, plain + lookUp('etc/lists/nope')), false],
  ['unknown-parent', 'an if_sid that nothing has', rule(100900, `<if_sid>999</if_sid>${plain}`), false],
  [
    'some-parents-unknown',
    'an if_sid of which one is there',
    rule(100900, `<if_sid>1,999</if_sid>${plain}`),
    true,
  ],
  [
    'unknown-group',
    'an if_group that finds nothing',
    rule(100900, `<if_group>none</if_group>${plain}`),
    false,
  ],
  ['unknown-level', 'an if_level that nothing has', rule(100900, `<if_level>100</if_level>${plain}`), false],
  ['invalid-parent', 'an if_sid of words', rule(100900, `<if_sid>one</if_sid>${plain}`), false],
  [
    'unknown-parent',
    'a parent that comes later in the file',
    rule(100900, `<if_sid>100901</if_sid>${plain}`) + rule(100901, plain),
    false,
  ],
  [
    'too-many-lists',
    'three lists in a rule',
    rule(
      100900,
      plain +
        Object.keys(lists)
          .map((path) => lookUp(path))
          .join(''),
    ),
    true,
  ],
  [
    'unknown-lookup',
    'a lookup that does not exist',
    rule(100900, plain + lookUp('etc/lists/a', 'match_any')),
    false,
  ],
  [
    'option-too-long',
    'an if_sid of 552 ids',
    rule(100900, `<if_sid>${'100000,'.repeat(552)}1</if_sid>${plain}`),
    true,
  ],
  ['entity', 'an entity in a description', rule(100900, '<description>a &amp; b</description>'), true],
  ['entity', 'an entity in an attribute', rule(100900, `<field name="a&amp;b">x</field>${plain}`), true],
  [
    'markup-in-text',
    'an element in a description',
    rule(100900, '<description>a <b>c</b> d</description>'),
    true,
  ],
  ['markup-in-text', 'an escaped "<"', rule(100900, `<match>a\\<b</match>${plain}`), true],
  [
    'invalid-id',
    'an id of seven digits',
    '<rule id="1009000" level="3"><description>d</description></rule>',
    false,
  ],
  ['invalid-id', 'a rule without an id', '<rule level="3"><description>d</description></rule>', false],
  ['invalid-level', 'a level above 16', rule(100900, plain, 'level="17"'), false],
  ['invalid-level', 'a rule without a level', rule(100900, plain, ''), false],
  ['silent-level', 'level 0 without noalert', rule(100900, plain, 'level="0"'), true],
  ['silent-level', 'level 0 with noalert="0"', rule(100900, plain, 'level="0" noalert="0"'), true],
  [
    'invalid-pattern',
    'an open parenthesis in PCRE2',
    rule(100900, `<field name="f" type="pcre2">a(</field>${plain}`),
    false,
  ],
  ['invalid-pattern', 'a class that OSRegex lacks', rule(100900, `<regex>\\q</regex>${plain}`), false],
  [
    'unsupported-pattern',
    'an atomic group',
    rule(100900, `<field name="f" type="pcre2">(?>a)</field>${plain}`),
    true,
  ],
  ['duplicate-id', 'an id used twice', rule(100900, plain) + rule(100900, plain), true],
  [
    'invalid-element',
    'an option that rules do not have',
    rule(100900, `${plain}<colour>red</colour>`),
    false,
  ],
  [
    'invalid-attribute',
    'an attribute that rules do not have',
    rule(100900, plain, 'level="3" colour="red"'),
    false,
  ],
  ['invalid-attribute', 'a field without a name', rule(100900, `<field>x</field>${plain}`), false],
  [
    'invalid-attribute',
    'a static name for a field',
    rule(100900, `<field name="srcip">x</field>${plain}`),
    false,
  ],
  [
    'invalid-attribute',
    'a list without a field',
    rule(100900, `<list lookup="match_key">etc/lists/a</list>${plain}`),
    false,
  ],
  [
    'unknown-option',
    'options that the engine does not know',
    rule(100900, `<options>no_full_logs</options>${plain}`),
    false,
  ],
  ['unknown-option', 'options with a blank', rule(100900, `<options> no_log</options>${plain}`), false],
  ['missing-description', 'a rule without a description', rule(100900, '<match>x</match>'), false],
  ['missing-option', 'a rule without options', rule(100900, ''), false],
  ['missing-history', 'frequency without if_matched', rule(100900, plain, 'level="3" frequency="8"'), false],
  [
    'unknown-category',
    'a category that does not exist',
    rule(100900, `<category>mail</category>${plain}`),
    false,
  ],
  [
    'ignored-group',
    'if_group beside if_sid',
    rule(100900, `<if_sid>1</if_sid><if_group>test</if_group>${plain}`),
    true,
  ],
  ['nothing-to-overwrite', 'overwrite of nothing', rule(100900, plain, 'level="3" overwrite="yes"'), true],
  [
    'parents-not-overwritten',
    'overwrite with other parents',
    rule(100900, plain) + rule(100900, `<if_sid>1</if_sid>${plain}`, 'level="4" overwrite="yes"'),
    true,
  ],
];

describe('a file of ours', () => {
  it.each(cases)('%s: %s', (cause, _, rules, kept) => {
    const { ruleset, problems } = loadOwn(rules, lists);
    expect(problems.map((problem) => problem.cause)).toContain(cause);
    expect(problems.every(({ file, line }) => file === 'zz-own.xml' && line === 2)).toBe(true);
    expect(ruleset.tree.rules.has(100900)).toBe(kept);
  });

  it('is clean when it does as it should', () => {
    const gate = `<if_sid>1</if_sid>${lookUp('etc/lists/a')}${plain}<group>octgate_a,</group><options>no_full_log</options>`;
    const alert = `<if_group>octgate_a</if_group>${plain}<mitre><id>T1071</id></mitre>`;
    const { problems } = loadOwn(
      rule(100900, gate, 'level="0" noalert="1"') + rule(100901, alert, 'level="12"'),
      lists,
    );
    expect(problems).toEqual([]);
  });

  it('tells file, line, rule and cause of all problems at once', () => {
    const { problems } = loadOwn(
      `${rule(100900, plain, 'level="0"')}\n\n${rule(100901, `<if_sid>7</if_sid>${plain}`)}\n${rule(1009020, plain)}`,
    );
    expect(problems).toMatchObject([
      { cause: 'silent-level', file: 'zz-own.xml', line: 2, ruleId: 100900 },
      { cause: 'unknown-parent', file: 'zz-own.xml', line: 4, ruleId: 100901 },
      { cause: 'invalid-id', file: 'zz-own.xml', line: 5, ruleId: null },
    ]);
    expect(problems.map(effectOf)).toEqual(['unsafe', 'dropped', 'refused']);
    expect(problems[0] && formatProblem(problems[0])).toBe(
      'zz-own.xml:2: rule 100900: level 0 without noalert="1" ends an event in silence',
    );
  });
});

describe('a file that the engine cannot read', () => {
  const load = (text: string) => loadRuleset({ rules: [{ name: 'bad.xml', text }] });

  it('is one problem, with its line', () => {
    const { ruleset, problems } = load('<group name="a,">\n<rule id="100900" level="3">\n</group>');
    expect(problems).toMatchObject([{ cause: 'malformed-xml', file: 'bad.xml', line: 3, ruleId: null }]);
    expect(ruleset.tree.rules.size).toBe(0);
  });

  it('may be so for one long text', () => {
    const { problems } = load(wrap(rule(100900, `<field name="f">${'x'.repeat(20_480)}</field>${plain}`)));
    expect(problems.map(({ cause }) => cause)).toEqual(['text-too-long']);
  });

  it.each([
    '<rules/>',
    '<group><rule/></group>',
    '<group name="a,"></group>',
    '<group name="a,"><thing/></group>',
  ])('holds something else than groups of rules: %s', (text) => {
    expect(load(text).problems.map(({ cause }) => cause)).toEqual(['invalid-element']);
  });
});

describe('a list that two rules read', () => {
  const reading = (id: number) => rule(id, `<if_sid>1</if_sid>${plain}${lookUp('etc/lists/a')}`);
  const load = (files: readonly RulesetFile[]) =>
    loadRuleset({
      rules: [{ name: '0-base.xml', text: wrap(base) }, ...files],
      lists: new Map(Object.entries(lists)),
    }).problems.map(({ cause, ruleId }) => [cause, ruleId]);

  it('is a problem in our own file, and in another file beside ours', () => {
    const twice = [['list-read-twice', 100901]];
    expect(load([{ name: 'a.xml', text: wrap(reading(100900) + reading(100901)), ours: true }])).toEqual(
      twice,
    );
    expect(
      load([
        { name: 'a.xml', text: wrap(reading(100900)), ours: true },
        { name: 'b.xml', text: wrap(reading(100901)) },
      ]),
    ).toEqual(twice);
  });

  it('is none when the second rule is dropped or replaces the first', () => {
    const own = (text: string) =>
      load([{ name: 'a.xml', text: wrap(text), ours: true }]).map(([cause]) => cause);
    expect(
      own(reading(100900) + rule(100901, `<if_sid>999</if_sid>${plain}${lookUp('etc/lists/a')}`)),
    ).toEqual(['unknown-parent']);
    const again = rule(
      100900,
      `<if_sid>1</if_sid>${plain}${lookUp('etc/lists/a')}`,
      'level="4" overwrite="yes"',
    );
    expect(own(reading(100900) + again)).toEqual([]);
  });

  it('is none of our business in files of others', () => {
    expect(load([{ name: 'a.xml', text: wrap(reading(100900) + reading(100901)) }])).toEqual([]);
  });
});

describe('a file of others', () => {
  it('may do what ours may not', () => {
    const text = wrap(
      rule(100900, '<description>a &amp; b</description>', 'level="0"') +
        rule(100901, `<field name="f" type="pcre2">(?>a)</field>${plain}`),
    );
    const { ruleset, problems } = loadRuleset({
      rules: [
        { name: 'x.xml', text },
        { name: '0.xml', text: wrap(base) },
      ],
    });
    expect(problems).toEqual([]);
    expect(ruleset.tree.rules.size).toBe(3);
  });

  it('loads in the order of base names, whatever its folder', () => {
    const { problems } = loadRuleset({
      rules: [
        { name: 'etc/rules/b.xml', text: wrap(rule(100901, `<if_sid>100900</if_sid>${plain}`)) },
        { name: 'ruleset/rules/c.xml', text: wrap(rule(100902, `<if_sid>100901</if_sid>${plain}`)) },
        { name: 'ruleset/rules/a.xml', text: wrap(base + rule(100900, `<if_sid>1</if_sid>${plain}`)) },
      ],
    });
    expect(problems).toEqual([]);
  });
});

describe('decoders', () => {
  const rules = [{ name: 'a.xml', text: wrap(base + rule(100900, `<decoded_as>mine</decoded_as>${plain}`)) }];
  const load = (text: string) => {
    const { ruleset, problems } = loadRuleset({ rules, decoders: [{ name: 'd.xml', text, ours: true }] });
    return [ruleset.decoders.map(({ name }) => name), problems.map(({ cause }) => cause)];
  };

  it('are known to rules by name', () => {
    expect(load('<decoder name="mine"><prematch>^x</prematch></decoder>')).toEqual([['mine'], []]);
    expect(load('<decoder name="other"><prematch>^x</prematch></decoder>')).toEqual([
      ['other'],
      ['unknown-decoder'],
    ]);
    expect(loadRuleset({ rules }).problems).toEqual([]);
  });

  it.each([
    ['nothing to start with', '<regex>(x)</regex><order>a</order>'],
    ['a regex without names', '<prematch>x</prematch><regex>(x)</regex>'],
    ['names without a regex', '<prematch>x</prematch><order>a</order>'],
    ['a strange element', '<prematch>x</prematch><colour>red</colour>'],
    ['an offset to a parent that it lacks', '<prematch offset="after_parent">x</prematch>'],
    [
      'an offset to a prematch that it lacks',
      '<parent>p</parent><regex offset="after_prematch">(x)</regex><order>a</order>',
    ],
    [
      'a plugin and a regex',
      '<prematch>x</prematch><plugin_decoder>JSON_Decoder</plugin_decoder><regex>(x)</regex><order>a</order>',
    ],
  ])('are refused with %s', (_, body) => {
    expect(load(`<decoder name="mine">${body}</decoder>`)[1]).toContain('invalid-decoder');
  });

  it('of ours have patterns that compile', () => {
    expect(load('<decoder name="mine"><prematch>\\q</prematch></decoder>')[1]).toEqual(['invalid-pattern']);
  });
});

describe('what the engine takes, as was seen on 4.14.7', () => {
  it.each([
    ['the last of two decoded_as', '<decoded_as>json</decoded_as><decoded_as>sshd</decoded_as>'],
    [
      'the last of two categories',
      '<category>ids</category><category>syslog</category><decoded_as>sshd</decoded_as>',
    ],
    [
      'several options',
      '<options>no_full_log</options><options>alert_by_email</options><decoded_as>sshd</decoded_as>',
    ],
  ])('%s', (_, options) => {
    const { ruleset, problems } = loadOwn(rule(100900, options + plain));
    expect(problems).toEqual([]);
    expect(ruleset.tree.rules.get(100900)?.definition).toMatchObject({
      decodedAs: 'sshd',
      category: 'syslog',
    });
  });

  it('variables within a group or a rule, for what stands behind them', () => {
    const text = `<rule id="100900" level="3"><match>$LATE.</match>${plain}</rule>
      <var name="LATE">xyz</var><var name="LATE">other</var>
      <rule id="100901" level="3"><var name="INNER">abc</var><match>$INNER|$LATE</match>${plain}</rule>`;
    const { ruleset, problems } = loadOwn(text);
    expect(problems).toEqual([]);
    const matched = (id: number) =>
      ruleset.tree.rules
        .get(id)
        ?.definition.conditions.map((condition) => (condition.kind === 'part' ? condition.pattern.text : ''));
    expect(matched(100900)).toEqual(['$LATE.']);
    // When two have the same name, the first one counts.
    expect(matched(100901)).toEqual(['abc|xyz']);
  });
});

describe('a decoder whose parent the engine does not find', () => {
  it.each([
    ['is nowhere', '<decoder name="a"><parent>nothing</parent><regex>(x)</regex><order>y</order></decoder>'],
    [
      'comes later',
      '<decoder name="a"><parent>z</parent><regex>(x)</regex><order>y</order></decoder><decoder name="z"><prematch>q</prematch></decoder>',
    ],
    [
      'has a parent itself',
      '<decoder name="z"><prematch>q</prematch></decoder><decoder name="b"><parent>z</parent><prematch>q</prematch></decoder>' +
        '<decoder name="a"><parent>b</parent><regex>(x)</regex><order>y</order></decoder>',
    ],
  ])('%s: the ruleset is refused', (_, text) => {
    const { problems } = loadRuleset({ rules: [], decoders: [{ name: 'd.xml', text }] });
    expect(problems.map(({ cause, message }) => `${cause} ${message}`)).toEqual([
      expect.stringMatching(
        /^invalid-decoder decoder a has the parent "\w+", and no decoder without a parent loaded before has that name$/,
      ),
    ]);
  });
});
