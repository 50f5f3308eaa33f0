import { describe, expect, it } from 'vitest';
import { readListText } from '../list-reader.ts';
import { loadRuleset, type RulesetFile } from '../load-ruleset.ts';
import type { ProblemCause } from '../problem.ts';
import { staticNames } from '../rule-options.ts';
import { base, wrap } from './sources.ts';

const lists = new Map(['etc/lists/a', 'etc/lists/b'].map((path) => [path, readListText('')]));
const look = (path = 'etc/lists/a', attributes = 'lookup="match_key_value" check_value="^"') =>
  `<list field="f" ${attributes}>${path}</list>`;

function rule(body: string, attributes = 'level="3"', id = 100_900): string {
  return `<rule id="${id}" ${attributes}>${body}<description>d</description></rule>`;
}

interface OwnSet {
  readonly rules?: readonly RulesetFile[];
  readonly decoders?: readonly RulesetFile[];
  readonly decoderNames?: readonly string[];
}

/** Loads files as the project's own, below a base rule of others. */
function problemsOf({ rules = [], decoders = [], decoderNames = [] }: OwnSet) {
  const ours = (files: readonly RulesetFile[]) => files.map((file) => ({ ...file, ours: true }));
  const { problems } = loadRuleset({
    rules: [{ name: '0010-base.xml', text: wrap(base) }, ...ours(rules)],
    decoders: ours(decoders),
    decoderNames,
    lists,
  });
  return problems.map(({ cause, ruleId, file }) => [cause, ruleId, file] as const);
}

function lint(text: string, others: OwnSet = {}) {
  return problemsOf({ ...others, rules: [{ name: 'etc/rules/0011-own.xml', text }] });
}

const found = (cause: ProblemCause, ruleId: number | null = 100_900, file = '0011-own.xml') => [
  [cause, ruleId, file],
];

describe('a text of 2,048 bytes or more', () => {
  it.each(['match', 'regex', 'if_group', 'hostname', 'program_name', 'location', 'url', 'user'])(
    'loses <%s>, and one byte less does not',
    (name) => {
      const body = (bytes: number) => rule(`<${name}>${'a'.repeat(bytes)}</${name}>`);
      expect(lint(wrap(body(2_048)))).toEqual(found('option-too-long'));
      const kept = name === 'if_group' ? found('unknown-group') : [];
      expect(lint(wrap(body(2_047)))).toEqual(kept);
    },
  );

  it('loses <if_sid>: 257 ids of six digits', () => {
    const sids = (count: number) => `<if_sid>${Array(count).fill('100800').join(', ')}</if_sid>`;
    const parent = rule('', 'level="3"', 100_800);
    expect(lint(wrap(parent + rule(sids(257))))).toEqual(found('option-too-long'));
    expect(lint(wrap(parent + rule(sids(256))))).toEqual([]);
  });

  it('is nothing to <field> and to a list of groups', () => {
    const field = `<field name="f" type="pcre2">${'a'.repeat(2_048)}</field>`;
    expect(lint(wrap(rule(`${field}<group>${'g,'.repeat(1_024)}</group>`)))).toEqual([]);
  });

  it('is 1,024 bytes in a decoder', () => {
    const decoder = (bytes: number) => ({
      name: 'etc/decoders/own.xml',
      text: `<decoder name="own"><prematch>${'a'.repeat(bytes)}</prematch><program_name>x</program_name></decoder>`,
    });
    expect(problemsOf({ decoders: [decoder(1_024)] })).toEqual(found('option-too-long', null, 'own.xml'));
    expect(problemsOf({ decoders: [decoder(1_023)] })).toEqual([]);
  });
});

it('an element of 20,480 bytes refuses the file, one of 20,479 does not', () => {
  const field = (bytes: number) => rule(`<field name="f" type="pcre2">${'a'.repeat(bytes)}</field>`);
  expect(lint(wrap(field(20_480)))).toEqual(found('text-too-long', null));
  expect(lint(wrap(field(20_479)))).toEqual([]);
});

describe('a file without rules', () => {
  it.each([
    ['blank', ' \n', 'blank-file'],
    ['of a comment alone', '<!-- nothing -->', 'blank-file'],
    ['of variables alone', '<var name="A">b</var>', 'blank-file'],
    ['of a text alone', 'nothing', 'blank-file'],
    // The engine takes it; the server API refuses to upload one.
    ['of 0 bytes', '', 'empty-file'],
  ] as const)('%s', (_, text, cause) => {
    expect(lint(text)).toEqual(found(cause, null));
  });

  it.each([' ', '', '<!-- nothing -->'])('or decoders: "%s"', (text) => {
    const name = 'etc/decoders/own.xml';
    expect(problemsOf({ decoders: [{ name, text }] })).toEqual(found('blank-file', null, 'own.xml'));
  });
});

it.each([...staticNames])('a <field> of the static name %s', (name) => {
  expect(lint(wrap(rule(`<field name="${name}">x</field>`)))).toEqual(found('invalid-attribute'));
  expect(lint(wrap(rule(`<field name="data.${name}">x</field>`)))).toEqual([]);
});

describe('networks', () => {
  const networks = (...texts: readonly string[]) =>
    wrap(rule(texts.map((text) => `<srcip>${text}</srcip>`).join('')));

  it('of both families in one rule', () => {
    expect(lint(networks('10.0.0.0/8', '2a02::/16'))).toEqual(found('mixed-families'));
    expect(lint(networks('10.0.0.0/8', '192.0.2.1', '::ffff:198.51.100.0/24'))).toEqual([]);
    expect(lint(networks('2a02::/16', '2003::/19'))).toEqual([]);
  });

  it.each([
    ['2001:db8:ffff:ffff::/64', true],
    ['2001:db8:2001:db8::/64', true],
    ['::/1', true],
    ['2000::/3', false],
    ['2001:db8::/32', false],
    ['2001:db8:2001:db7::/64', false],
    ['fe80::/10', false],
  ])('of IPv6 that are one of IPv4 as well: %s', (network, isOne) => {
    const refusal = network === '::/1' ? 'invalid-address' : 'accidental-ipv4';
    expect(lint(networks(network))).toEqual(isOne ? found(refusal) : []);
  });

  it('that are none', () => {
    for (const text of ['10.0.0', '10.0.0.0/33', 'example.com', '', ' 10.0.0.0/8'])
      expect(lint(networks(text)), text).toEqual(found('invalid-address'));
  });
});

describe('a <decoded_as>', () => {
  const text = wrap(rule('<decoded_as>own</decoded_as>'));
  const decoders = [
    { name: 'etc/decoders/own.xml', text: '<decoder name="own"><prematch>x</prematch></decoder>' },
  ];

  it('of a decoder that nothing brings', () => {
    expect(lint(text)).toEqual(found('unknown-decoder'));
  });

  it('of the set itself, of the manager, or of the engine', () => {
    expect(lint(text, { decoders })).toEqual([]);
    expect(lint(text, { decoderNames: ['own'] })).toEqual([]);
    for (const name of ['windows_eventchannel', 'syscheck_new_entry', 'syscheck_registry_value_added', 'sca'])
      expect(lint(wrap(rule(`<decoded_as>${name}</decoded_as>`)))).toEqual([]);
  });

  it('and a decoder whose parent is absent', () => {
    const child = '<decoder name="a"><parent>own</parent><regex>(x)</regex><order>y</order></decoder>';
    const file = { name: 'etc/decoders/zz.xml', text: child };
    expect(problemsOf({ decoders: [file] })).toEqual(found('invalid-decoder', null, 'zz.xml'));
    expect(problemsOf({ decoders: [...decoders, file] })).toEqual([]);
  });
});

it('a level of 0 without noalert', () => {
  expect(lint(wrap(rule('<match>x</match>', 'level="0"')))).toEqual(found('silent-level'));
  expect(lint(wrap(rule('<match>x</match>', 'level="0" noalert="1"')))).toEqual([]);
});

describe('lists', () => {
  it('more than one in a rule', () => {
    expect(lint(wrap(rule(look('etc/lists/a') + look('etc/lists/b'))))).toEqual(found('too-many-lists'));
  });

  it('one that two rules of the set read', () => {
    const texts = [100_900, 100_901].map((id) => wrap(rule(look(), 'level="3"', id)));
    const rules = texts.map((text, index) => ({ name: `etc/rules/0011-${index}.xml`, text }));
    expect(problemsOf({ rules })).toEqual(found('list-read-twice', 100_901, '0011-1.xml'));
  });

  it.each([
    '',
    'lookup="match_key"',
    'lookup="not_match_key"',
    'lookup="address_match_key"',
    'lookup="address_match_key_value" check_value="^"',
    'lookup="match_key_value"',
    'lookup="match_key_value" check_value="^high"',
  ])('that are looked up another way than by key and value: %s', (attributes) => {
    expect(lint(wrap(rule(look('etc/lists/a', attributes))))).toEqual(found('unsure-lookup'));
  });
});

it('an id that the set has twice', () => {
  const rules = ['a', 'b'].map((name) => ({ name: `etc/rules/0011-${name}.xml`, text: wrap(rule('')) }));
  expect(problemsOf({ rules })).toEqual(found('duplicate-id', 100_900, '0011-b.xml'));
});

it('a type of pattern and a negation that the engine ignores', () => {
  expect(lint(wrap(rule('<match type="perl">x</match>')))).toEqual(found('unknown-value'));
  expect(lint(wrap(rule('<match negate="maybe">x</match>')))).toEqual(found('unknown-value'));
});
