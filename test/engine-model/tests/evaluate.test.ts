import { describe, expect, it } from 'vitest';
import { evaluate } from '../evaluate.ts';
import { readListText } from '../list-reader.ts';
import { loadRuleset } from '../load-ruleset.ts';
import { base, loadOwn, logEvent, wrap } from './sources.ts';

interface Shape {
  readonly id: number;
  readonly level?: number;
  readonly noalert?: boolean;
  readonly sid?: number | string;
  readonly group?: string;
  readonly groups?: string;
  readonly has?: string;
  readonly body?: string;
}

/** A rule that holds when the event has the field `has`. */
function rule({ id, level = 3, noalert = false, sid, group, groups, has, body = '' }: Shape): string {
  const parents = `${sid === undefined ? '' : `<if_sid>${sid}</if_sid>`}${group === undefined ? '' : `<if_group>${group}</if_group>`}`;
  const condition = has === undefined ? '' : `<field name="${has}">\\.+</field>`;
  const own = groups === undefined ? '' : `<group>${groups}</group>`;
  const attributes = `id="${id}" level="${level}"${noalert ? ' noalert="1"' : ''}`;
  return `<rule ${attributes}>${parents}${condition}${body}<description>rule ${id}</description>${own}</rule>`;
}

function load(shapes: readonly Shape[]) {
  return loadRuleset({
    rules: [{ name: 'a.xml', text: wrap(base + shapes.map(rule).join('\n'), 'wrapper,') }],
  }).ruleset;
}

function outcome(shapes: readonly Shape[], ...has: readonly string[]) {
  const fields = Object.fromEntries(has.map((name) => [name, 'x']));
  const { fired, silencedBy, path, tried } = evaluate(load(shapes), logEvent(fields));
  return { fired: fired?.id ?? null, silencedBy: silencedBy?.id ?? null, path, tried };
}

const parent = { id: 100, level: 3 };

describe('siblings', () => {
  it('are tried by descending level, equals in load order', () => {
    const shapes = [
      parent,
      { id: 101, level: 5, sid: 100 },
      { id: 102, level: 7, sid: 100 },
      { id: 103, level: 7, sid: 100 },
    ];
    expect(outcome(shapes)).toMatchObject({ fired: 102, path: [1, 100, 102], tried: 3 });
  });

  it('of level 0 come before all others', () => {
    const shapes = [parent, { id: 101, level: 15, sid: 100 }, { id: 102, level: 0, sid: 100 }];
    expect(outcome(shapes)).toMatchObject({ fired: null, silencedBy: 102, path: [1, 100, 102] });
  });

  it('of accuracy 0 come behind all others', () => {
    const late =
      '<rule id="101" level="15" accuracy="0"><if_sid>100</if_sid><description>d</description></rule>';
    const text = wrap(`${base}${rule(parent)}${late}${rule({ id: 102, level: 4, sid: 100 })}`);
    const { ruleset } = loadRuleset({ rules: [{ name: 'a.xml', text }] });
    expect(evaluate(ruleset, logEvent({})).fired?.id).toBe(102);
  });

  it('are not gone back to once one has held', () => {
    const shapes = [
      parent,
      { id: 101, level: 9, sid: 100 },
      { id: 102, level: 15, sid: 101, has: 'gone' },
      { id: 103, level: 5, sid: 100 },
    ];
    expect(outcome(shapes)).toMatchObject({ fired: 101, tried: 4 });
  });

  it('are gone back to behind a rule of noalert without a winning child', () => {
    const gate = { id: 101, level: 0, noalert: true, sid: 100 };
    const shapes = [
      parent,
      gate,
      { id: 102, level: 12, sid: 101, has: 'listed' },
      { id: 103, level: 5, sid: 100 },
    ];
    expect(outcome(shapes)).toMatchObject({ fired: 103, path: [1, 100, 103] });
    expect(outcome(shapes, 'listed')).toMatchObject({ fired: 102, path: [1, 100, 101, 102] });
  });

  it('leave the event to their parent when none holds', () => {
    expect(outcome([parent, { id: 101, level: 9, sid: 100, has: 'gone' }])).toMatchObject({
      fired: 100,
      path: [1, 100],
    });
  });
});

describe('a rule of level 0 without noalert', () => {
  const shapes = [parent, { id: 101, level: 0, sid: 100, has: 'a' }, { id: 102, level: 9, sid: 100 }];

  it('ends the event in silence, whatever its siblings would say', () => {
    expect(outcome(shapes, 'a')).toMatchObject({ fired: null, silencedBy: 101 });
    expect(outcome(shapes)).toMatchObject({ fired: 102, silencedBy: null });
  });

  it('loses no alert with noalert', () => {
    const [first, , last] = shapes;
    const gate = { id: 101, level: 0, noalert: true, sid: 100, has: 'a' };
    expect(outcome([first ?? parent, gate, last ?? parent], 'a')).toMatchObject({ fired: 102 });
  });
});

describe('parents', () => {
  it('found by if_group have a part of the group name in any case, at any depth', () => {
    const shapes = [
      parent,
      { id: 101, sid: 100, groups: 'sysmon_event_22,' },
      { id: 102, level: 9, group: 'SYSMON_event_2' },
    ];
    expect(outcome(shapes)).toMatchObject({ fired: 102, path: [1, 100, 101, 102] });
  });

  it('found by if_group may be found by the groups of the file', () => {
    expect(outcome([parent, { id: 101, level: 9, group: 'wrapper', has: 'a' }], 'a')).toMatchObject({
      path: [1, 101],
    });
  });

  it('found by if_group are one of several alternatives', () => {
    const shapes = [
      { ...parent, groups: 'beta,' },
      { id: 101, level: 9, group: 'alpha|beta|gamma' },
    ];
    expect(outcome(shapes).path).toEqual([1, 100, 101]);
  });

  it('of if_sid win over if_group', () => {
    const shapes = [
      parent,
      { id: 101, level: 5, sid: 100, groups: 'g,' },
      { id: 102, level: 9, sid: 100, group: 'g' },
    ];
    expect(outcome(shapes).path).toEqual([1, 100, 102]);
  });

  it('may be several, of which each has the rule as a child', () => {
    const shapes = [
      { id: 100, has: 'a' },
      { id: 101, has: 'b' },
      { id: 102, level: 9, sid: '100, 101' },
    ];
    expect(outcome(shapes, 'a').path).toEqual([1, 100, 102]);
    expect(outcome(shapes, 'b').path).toEqual([1, 101, 102]);
  });

  it('found by if_level have at least that level, and level 0 counts as the highest', () => {
    const byLevel = '<rule id="102" level="3"><if_level>5</if_level><description>d</description></rule>';
    const text = wrap(
      `${base}${rule({ id: 100, level: 4, has: 'a' })}${rule({ id: 101, level: 7, has: 'b' })}${byLevel}`,
    );
    const { ruleset } = loadRuleset({ rules: [{ name: 'a.xml', text }] });
    expect(evaluate(ruleset, logEvent({ a: 'x' })).path).toEqual([1, 100]);
    expect(evaluate(ruleset, logEvent({ b: 'x' })).path).toEqual([1, 101, 102]);
    expect(evaluate(ruleset, logEvent({})).path).toEqual([1, 102]);
  });

  it('by ids and by groups take a relay', () => {
    const shapes = [
      { id: 100, has: 'a' },
      { id: 101, has: 'b', groups: 'site_group,' },
      { id: 102, level: 0, noalert: true, sid: 100, has: 'hash', groups: 'octrelay_x,' },
      { id: 103, level: 0, noalert: true, group: 'site_group|octrelay_x', has: 'hash' },
      { id: 104, level: 12, sid: 103, has: 'listed' },
    ];
    expect(outcome(shapes, 'a', 'hash', 'listed').path).toEqual([1, 100, 102, 103, 104]);
    expect(outcome(shapes, 'b', 'hash', 'listed').path).toEqual([1, 101, 103, 104]);
    expect(outcome(shapes, 'a', 'hash').fired).toBe(100);
  });

  it('that stand to the right of another copy get no child by if_sid, but by if_group', () => {
    const shapes = (child: Partial<Shape>): Shape[] => [
      { id: 100, groups: 'base_group,' },
      { id: 101, level: 5, sid: 100, has: 'b', groups: 'detection,' },
      { id: 102, level: 0, noalert: true, group: 'base_group|detection', groups: 'octgate_x,' },
      { id: 103, level: 12, has: 'listed', ...child },
    ];
    const { tree } = load(shapes({ sid: 102 }));
    expect(tree.rules.get(102)?.parents.map(({ id }) => id)).toEqual([100, 101]);
    expect(outcome(shapes({ sid: 102 }), 'b', 'listed').path).toEqual([1, 100, 102, 103]);
    const missed = shapes({ sid: 102 });
    expect(outcome(missed, 'b')).toMatchObject({ fired: 101, tried: 6 });
    expect(outcome(shapes({ group: 'octgate_x' }), 'b')).toMatchObject({ fired: 101, tried: 7 });
  });
});

describe('overwrite', () => {
  it('changes a rule and leaves it where it is', () => {
    const text = wrap(
      `${base}${rule(parent)}${rule({ id: 101, level: 9, sid: 100 })}${rule({ id: 102, level: 5, sid: 101 })}
      <rule id="101" level="4" overwrite="yes"><if_sid>100</if_sid><description>new</description></rule>`,
    );
    const { ruleset, problems } = loadRuleset({ rules: [{ name: 'a.xml', text }] });
    expect(problems).toEqual([]);
    expect(evaluate(ruleset, logEvent({})).path).toEqual([1, 100, 101, 102]);
    expect(ruleset.tree.rules.get(101)?.definition).toMatchObject({ level: 4, description: 'new' });
  });

  it('is not what a second rule of one id does: the first counts', () => {
    const text = wrap(`${base}${rule({ id: 100, level: 9 })}${rule({ id: 100, level: 12 })}`);
    const { ruleset } = loadRuleset({ rules: [{ name: 'a.xml', text }] });
    expect(evaluate(ruleset, logEvent({})).fired?.level).toBe(9);
  });
});

describe('conditions', () => {
  const holds = (body: string, event = logEvent({ Name: 'Alice', srcip: '10.1.2.3', dstuser: 'root' })) =>
    evaluate(load([{ id: 100, body }]), event).fired !== null;

  it.each([
    ['a field, whatever its case', '<field name="name">alice</field>', true],
    ['a field that is not there', '<field name="other">x</field>', false],
    ['a field that is not there, negated', '<field name="other" negate="yes">x</field>', false],
    ['a field of another value, negated', '<field name="name" negate="yes">bob</field>', true],
    ['a field in PCRE2, with case', '<field name="name" type="pcre2">alice</field>', false],
    ['two fields', '<field name="name">alice</field><field name="name">bob</field>', false],
    ['the user', '<user>^root$</user>', true],
    ['no program, negated', '<program_name negate="yes">x</program_name>', false],
    ['the decoder', '<decoded_as>json</decoded_as>', true],
    ['another decoder', '<decoded_as>other</decoded_as>', false],
    ['a word of patterns in two elements', '<user>^ro</user><user>ot$</user>', true],
  ])('%s', (_, body, expected) => {
    expect(holds(body)).toBe(expected);
  });

  it.each([
    ['the log', '<match>failed|refused</match>', true],
    ['the log by OSRegex', '<regex>^login \\w+ from</regex>', true],
    ['the log, negated', '<match negate="yes">failed</match>', false],
    ['the program', '<program_name>^sshd$</program_name>', true],
    ['the end of the location', '<location>opencti$</location>', true],
    ['the start of the location', '<location>^opencti</location>', false],
  ])('on %s', (_, body, expected) => {
    const event = {
      ...logEvent({}),
      log: 'login failed from x',
      programName: 'sshd',
      location: '(host) any->opencti',
    };
    expect(holds(body, event)).toBe(expected);
  });

  it('of the decoder hold at any depth, of the category at the top only', () => {
    const text = wrap(
      `${base}<rule id="2" level="0" noalert="1"><category>ossec</category><description>d</description></rule>
      <rule id="100" level="3"><category>ossec</category><description>d</description></rule>
      <rule id="101" level="5"><if_sid>100</if_sid><category>syslog</category><decoded_as>x</decoded_as><description>d</description></rule>`,
    );
    const { ruleset } = loadRuleset({ rules: [{ name: 'a.xml', text }] });
    expect(evaluate(ruleset, { decoder: 'x', category: 'ossec', fields: {} }).path).toEqual([2, 100, 101]);
    expect(evaluate(ruleset, { decoder: 'y', category: 'ossec', fields: {} }).path).toEqual([2, 100]);
    expect(evaluate(ruleset, { decoder: 'x', category: 'syslog', fields: {} }).path).toEqual([]);
  });
});

describe('what the model cannot tell', () => {
  it.each([
    ['time', '<time>6 pm - 8:30 am</time>'],
    ['if_matched_sid', '<if_matched_sid>100</if_matched_sid><same_user/>'],
    ['srcgeoip', '<srcgeoip>Atlantis</srcgeoip>'],
    ['log', '<match>x</match>'],
    [
      'field',
      '<field name="srcport" negate="no" type="pcre2">x</field>'
        .replace('srcport', 'a')
        .replace('>x<', '>(?>x)<'),
    ],
  ])('counts as false, and is named: %s', (option, body) => {
    const open = { id: 101, level: 9, sid: 100, body };
    const { fired, maybe } = evaluate(load([parent, open]), logEvent({ a: 'x', srcip: '10.1.2.3' }));
    expect(fired?.id).toBe(100);
    expect(maybe).toMatchObject([{ id: 101, level: 9, because: [option === 'field' ? 'a' : option] }]);
  });

  it('is false all the same when another condition is', () => {
    const open = { id: 101, level: 9, sid: 100, has: 'gone', body: '<time>6 pm - 8 am</time>' };
    expect(evaluate(load([parent, open]), logEvent({})).maybe).toEqual([]);
    const address = { id: 101, level: 9, sid: 100, body: '<srcgeoip>Atlantis</srcgeoip>' };
    expect(evaluate(load([parent, address]), logEvent({})).maybe).toEqual([]);
  });

  it('names the child that would win below', () => {
    const shapes = [
      parent,
      { id: 101, level: 9, sid: 100, body: '<weekday>monday</weekday>' },
      { id: 102, level: 4, sid: 101 },
    ];
    expect(evaluate(load(shapes), logEvent({})).maybe).toMatchObject([{ id: 102, because: ['weekday'] }]);
  });
});

it('fills the description with fields, and tells the groups apart', () => {
  const described =
    '<rule id="100" level="3"><description>saw $(Name) at $(gone)!</description><group>a,b, c</group></rule>';
  const { ruleset } = loadOwn(described);
  const { fired } = evaluate(ruleset, logEvent({ name: 'x' }));
  expect(fired).toEqual({
    id: 100,
    level: 3,
    groups: ['test', 'a', 'b', 'c'],
    description: 'saw x at !',
    file: 'zz-own.xml',
  });
});

describe('lookups', () => {
  const list = readListText('exact:high risk\n10.1.:net\n"2001:db8::1":v6\nempty:\n');
  const check = (attributes: string, value: string | null) => {
    const body = `<list field="f" ${attributes}>etc/lists/a</list>`;
    const text = wrap(base + rule({ id: 100, body }));
    const { ruleset } = loadRuleset({
      rules: [{ name: 'a.xml', text }],
      lists: new Map([['etc/lists/a', list]]),
    });
    return evaluate(ruleset, logEvent(value === null ? {} : { F: value })).fired !== null;
  };

  it.each([
    ['match_key', '', 'exact', true],
    ['match_key', '', 'Exact', false],
    ['match_key', '', 'exact ', false],
    ['match_key', '', '2001:db8::1', true],
    ['match_key', '', null, false],
    ['not_match_key', '', 'exact', false],
    ['not_match_key', '', 'other', true],
    ['not_match_key', '', null, false],
    ['match_key_value', 'check_value="^"', 'exact', true],
    ['match_key_value', 'check_value="^"', 'empty', true],
    ['match_key_value', 'check_value="^"', 'other', false],
    ['match_key_value', 'check_value="^high"', 'exact', true],
    ['match_key_value', 'check_value="^low"', 'exact', false],
    ['match_key_value', '', 'exact', false],
    ['address_match_key', '', '10.1.2.3', true],
    ['address_match_key', '', '10.2.2.3', false],
    ['address_match_key', '', 'exact', true],
    ['not_address_match_key', '', '10.1.2.3', false],
    ['not_address_match_key', '', '10.2.2.3', true],
    ['address_match_key_value', 'check_value="net"', '10.1.2.3', false],
    ['address_match_key_value', 'check_value="net"', '10.2.2.3', true],
  ])('%s %s of %s', (lookup, attributes, value, expected) => {
    expect(check(`lookup="${lookup}" ${attributes}`, value)).toBe(expected);
  });

  it('are match_key when they do not say', () => {
    expect(check('', 'exact')).toBe(true);
  });

  it('look at the last two lists of three', () => {
    const lists = { 'etc/lists/no': readListText(''), 'etc/lists/a': list, 'etc/lists/b': list };
    const body = Object.keys(lists)
      .map((path) => `<list field="f" lookup="match_key">${path}</list>`)
      .join('');
    const { ruleset } = loadOwn(rule({ id: 100900, body }), lists);
    expect(evaluate(ruleset, logEvent({ f: 'exact' })).fired?.id).toBe(100900);
  });

  it('in a list that is not at hand may match', () => {
    const { ruleset } = loadOwn(rule({ id: 100900, body: '<list field="f">etc/lists/a</list>' }), {
      'etc/lists/a': null,
    });
    expect(evaluate(ruleset, logEvent({ f: 'x' }))).toMatchObject({
      fired: null,
      maybe: [{ id: 100900, because: ['f'] }],
    });
    expect(evaluate(ruleset, logEvent({})).maybe).toEqual([]);
  });
});

it('reads a list text as the engine does', () => {
  const { lookUp } = readListText('a:1\na:2\nno colon\n b : c \n"k:1":v:w\n# x:y\nq:"quoted"');
  expect(['a', ' b ', 'k:1', '# x', 'q', 'no colon', 'b', ''].map(lookUp)).toEqual([
    ...['1', ' c ', 'v:w', 'y', 'quoted'],
    ...[undefined, undefined, undefined],
  ]);
});
