import { describe, expect, it } from 'vitest';
import { decodeLog } from '../decode.ts';
import { evaluate } from '../evaluate.ts';
import { flattenJson } from '../json-fields.ts';
import { loadRuleset } from '../load-ruleset.ts';
import { toEventOfMessage } from '../message-event.ts';
import { predecode } from '../predecode.ts';
import { loadBesideStock, wrap } from './sources.ts';

function load(decoders: string) {
  const { ruleset, problems } = loadRuleset({
    rules: [],
    decoders: [{ name: 'd.xml', text: decoders, ours: true }],
  });
  expect(problems).toEqual([]);
  return (line: string) => decodeLog(ruleset, { location: '/var/log/syslog', line });
}

describe('a line of a log', () => {
  it.each([
    ['Nov 20 10:00:00 host sysmon: <Event>', { hostname: 'host', programName: 'sysmon', log: '<Event>' }],
    ['Nov  2 10:00:00 host sshd[123]: hello', { hostname: 'host', programName: 'sshd', log: 'hello' }],
    ['Nov 20 10:00:00 host sysmon:<Event>', { hostname: 'host', programName: 'sysmon', log: '<Event>' }],
    ['2026-11-20T10:00:00.123456+00:00 host app: x', { hostname: 'host', programName: 'app', log: 'x' }],
    ['2026-11-20T10:00:00+01:00 host app[1]: x', { hostname: 'host', programName: 'app', log: 'x' }],
    ['Nov 20 10:00:00 app: x', { programName: 'app', log: 'x' }],
    ['Nov 20 10:00:00 host no program here', { hostname: 'host', log: 'no program here' }],
    [
      'Nov 20 10:00:00 host app: [ID 702911 auth.error] x',
      { hostname: 'host', programName: 'app', log: 'x' },
    ],
    // As 4.14.7 cuts them: it knows no time that ends in Z, and without a fraction leaves the line whole.
    [
      '2022-12-19T15:02:53Z host sysmon: <Event> aaaaaaaaaa',
      { log: '2022-12-19T15:02:53Z host sysmon: <Event> aaaaaaaaaa' },
    ],
    [
      '2009-05-22T09:36:46.214994Z host sysmon: <Event> aaaaaaaaaaaa',
      { programName: 'sysmon', log: '<Event> aaaaaaaaaaaa' },
    ],
    [
      '2022-12-19T15:02:53.288Z host sysmon: <Event> aaaaaaaaaa',
      { programName: 'smon', log: '<Event> aaaaaaaaaa' },
    ],
    [
      '2022-12-19T15:02:53.288Z workstation-17 sysmon: <Event>',
      { hostname: 'tion-17', programName: 'sysmon', log: '<Event>' },
    ],
    ['2022-12-19T15:02:53.288+00:00 host sysmon: x', { hostname: 'host', programName: 'sysmon', log: 'x' }],
    ['2015-04-16 21:51:02,805 host sysmon: x', { hostname: 'host', programName: 'sysmon', log: 'x' }],
    ['2015 Dec 29 10:00:01 host sysmon: x', { hostname: 'host', programName: 'sysmon', log: 'x' }],
    ['2021-04-21 10:16:09.404756-0700 host sysmon: x', { hostname: 'host', programName: 'sysmon', log: 'x' }],
    ['abc 12 10:00:01 host sysmon: x', { hostname: 'host', programName: 'sysmon', log: 'x' }],
    ['{"integration":"opencti"}', { log: '{"integration":"opencti"}' }],
    ['plain text: with a colon', { log: 'plain text: with a colon' }],
  ])('%s', (line, expected) => {
    expect(predecode(line)).toEqual(expected);
  });
});

describe('decoders', () => {
  it('of a program see its lines only, the others see lines of none', () => {
    const decode = load(
      '<decoder name="prog"><program_name>^sysmon$</program_name></decoder><decoder name="text"><prematch>^x</prematch></decoder>',
    );
    expect(decode('Nov 20 10:00:00 host sysmon: x')).toMatchObject({
      decoder: 'prog',
      programName: 'sysmon',
      log: 'x',
    });
    expect(decode('Nov 20 10:00:00 host other: x').decoder).toBe('');
    expect(decode('x').decoder).toBe('text');
  });

  it('give the event their type, and rules of that category see it', () => {
    const decoders = '<decoder name="web"><type>web-log</type><prematch>^GET </prematch></decoder>';
    const rules = wrap(
      `<rule id="3" level="0" noalert="1"><category>web-log</category><description>d</description></rule>
       <rule id="31100" level="5"><category>web-log</category><decoded_as>web</decoded_as><description>d</description></rule>`,
    );
    const { ruleset } = loadRuleset({
      rules: [{ name: 'r.xml', text: rules }],
      decoders: [{ name: 'd.xml', text: decoders }],
    });
    const event = decodeLog(ruleset, { location: 'x', line: 'GET /' });
    expect(event.category).toBe('web-log');
    expect(evaluate(ruleset, event).fired?.id).toBe(31100);
    expect(evaluate(ruleset, { decoder: 'web', fields: {} }).fired?.id).toBe(31100);
    expect(evaluate(ruleset, { decoder: 'json', fields: {} }).fired).toBeNull();
  });

  it('are tried in load order; the first wins', () => {
    const decode = load(
      '<decoder name="a"><prematch>^x1</prematch></decoder><decoder name="b"><prematch>^x</prematch><type>ossec</type></decoder>',
    );
    expect(decode('x1')).toMatchObject({ decoder: 'a', category: 'syslog' });
    expect(decode('x2')).toMatchObject({ decoder: 'b', category: 'ossec' });
  });

  it('take fields in the order of the captures', () => {
    const decode = load(
      '<decoder name="a"><prematch>^login </prematch><regex offset="after_prematch">^(\\S+) from (\\S+)</regex><order>dstuser, srcip</order></decoder>',
    );
    expect(decode('login root from 10.1.2.3 now').fields).toEqual({ dstuser: 'root', srcip: '10.1.2.3' });
    expect(decode('login nobody').fields).toEqual({});
  });

  it('have children, of which the first that fits is applied', () => {
    const decode = load(`<decoder name="p"><prematch>^app: </prematch></decoder>
      <decoder name="one"><parent>p</parent><prematch offset="after_parent">^in </prematch>
        <regex offset="after_prematch">(\\d+)</regex><order>number</order></decoder>
      <decoder name="two"><parent>p</parent><use_own_name>true</use_own_name><prematch offset="after_parent">^out </prematch>
        <regex offset="after_parent">^(\\w+) (\\d+)</regex><order>way,number</order></decoder>`);
    expect(decode('app: in 5')).toMatchObject({ decoder: 'p', fields: { number: '5' } });
    expect(decode('app: out 7')).toMatchObject({ decoder: 'two', fields: { way: 'out', number: '7' } });
    expect(decode('app: other 9')).toMatchObject({ decoder: 'p', fields: {} });
  });

  it('of one name in a row add up, each from where the last one stopped or from the start', () => {
    const decode = load(`<decoder name="p"><prematch>^k </prematch></decoder>
      <decoder name="c"><parent>p</parent><regex>a=(\\w+)</regex><order>a</order></decoder>
      <decoder name="c"><parent>p</parent><regex>gone=(\\w+)</regex><order>gone</order></decoder>
      <decoder name="c"><parent>p</parent><regex offset="after_regex">x=(\\w+)</regex><order>x</order></decoder>
      <decoder name="c"><parent>p</parent><regex type="pcre2">(?i)X=(\\w+)</regex><order>first</order></decoder>
      <decoder name="later"><parent>p</parent><regex>a=(\\w+)</regex><order>never</order></decoder>`);
    expect(decode('k x=0 a=1 x=2').fields).toEqual({ a: '1', x: '2', first: '0' });
  });
});

describe('the JSON decoder', () => {
  it.each<[string, unknown, Record<string, string>]>([
    ['objects as dotted names', { a: { b: { c: 'x' } } }, { 'a.b.c': 'x' }],
    ['null as a word', { a: null }, { a: 'null' }],
    ['integers as they are', { a: 50 }, { a: '50' }],
    ['other numbers with six decimals', { a: 0.5 }, { a: '0.500000' }],
    ['booleans as words', { a: true, b: false }, { a: 'true', b: 'false' }],
    ['an array as one field', { a: [1, 'x'] }, { a: '[1, "x"]' }],
    ['nothing of empty objects and texts', { a: {}, b: '', c: 'x' }, { c: 'x' }],
  ])('writes %s', (_, value, fields) => {
    expect(flattenJson(value)).toEqual(fields);
  });

  it('stops at 256 fields', () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`f${index}`, 'x']));
    expect(Object.keys(flattenJson(many))).toHaveLength(256);
  });
});

const own = wrap(
  `<rule id="100623" level="10"><location>opencti$</location><field name="integration">^opencti$</field><description>OpenCTI</description></rule>
   <rule id="100625" level="12"><if_sid>100623</if_sid><field name="opencti.id">\\.+</field><description>IoC found - $(opencti.value)</description></rule>`,
);

describe("the integration's own message", () => {
  const { ruleset } = loadBesideStock({ 'zz.xml': own });
  const json = '{"integration":"opencti","opencti":{"id":"abc","value":"sazoya.com"}}';

  it.each([
    ['of the manager', `1:opencti:${json}`, 'opencti'],
    ['of an agent', `1:[017] (host) 10.1.2.3->opencti:${json}`, '(host) 10.1.2.3->opencti'],
    [
      'of an agent with an IPv6 address',
      `1:[017] (host) 2001|:db8|:|:1->opencti:${json}`,
      '(host) 2001:db8::1->opencti',
    ],
  ])('%s is told by its location', (_, message, location) => {
    const event = toEventOfMessage(ruleset, message);
    expect(event).toMatchObject({ decoder: 'json', location });
    const { fired } = evaluate(ruleset, event ?? { decoder: '', fields: {} });
    expect(fired).toMatchObject({ id: 100625, description: 'IoC found - sazoya.com' });
  });

  it('is not what any other JSON log claims to be', () => {
    const event = toEventOfMessage(ruleset, `1:/var/log/app.json:${json}`);
    expect(evaluate(ruleset, event ?? { decoder: '', fields: {} }).fired).toBeNull();
  });
});

const field = (tag: string, name: string) =>
  `<decoder name="linux-fields"><parent>opencti-sysmon-linux</parent>
   <regex type="pcre2">&lt;Data Name="${tag}">([^&lt;]+)</regex><order>${name}</order></decoder>`.replaceAll(
    '&lt;',
    '\\<',
  );

const linuxDecoder = `<decoder name="opencti-sysmon-linux"><program_name>^sysmon$</program_name><prematch>^\\<Event></prematch></decoder>
<decoder name="linux-fields"><parent>opencti-sysmon-linux</parent><regex>\\<EventID>(\\d+)\\</EventID></regex><order>system.eventId</order></decoder>
${field('Image', 'eventdata.image')}${field('DestinationIp', 'eventdata.destinationIp')}${field('Hashes', 'eventdata.hashes')}`;

it('takes the raw message of Sysmon for Linux apart', () => {
  const { ruleset, problems } = loadRuleset({
    rules: [],
    decoders: [{ name: 'd.xml', text: linuxDecoder, ours: true }],
  });
  expect(problems).toEqual([]);
  const xml =
    '<Event><System><Provider Name="Linux-Sysmon"/><EventID>3</EventID></System><EventData>' +
    '<Data Name="Image">/usr/bin/curl</Data><Data Name="DestinationIp">105.112.50.80</Data></EventData></Event>';
  const message = `1:[017] (host) 10.1.2.3->/var/log/syslog:Nov 20 10:00:00 host sysmon: ${xml}`;
  expect(toEventOfMessage(ruleset, message)).toEqual({
    decoder: 'opencti-sysmon-linux',
    category: 'syslog',
    location: '(host) 10.1.2.3->/var/log/syslog',
    programName: 'sysmon',
    hostname: 'host',
    log: xml,
    fields: {
      'system.eventId': '3',
      'eventdata.image': '/usr/bin/curl',
      'eventdata.destinationIp': '105.112.50.80',
    },
  });
});
