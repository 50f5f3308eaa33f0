import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toObservable } from '../../src/values/door.ts';
import { isSkip } from '../../src/values/skip-reasons.ts';
import { renderDnsDecoders } from '../../src/wazuh/dns-decoders.ts';
import { decodeLog } from '../engine-model/decode.ts';
import { evaluate } from '../engine-model/evaluate.ts';
import { loadRuleset, type RulesetFile } from '../engine-model/load-ruleset.ts';
import { templatesFile } from '../engine-model/stand-in-base.ts';

interface Decoded {
  /** Empty: no decoder took the line. */
  readonly decoder: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** A line of a log, and what a logtest session of the unmodified engine 4.14.7 with its stock ruleset answered (2026-12-01). */
interface RecordedLine {
  readonly form: string;
  readonly name: string;
  readonly line: string;
  /** Without and with the files of `renderDnsDecoders`. */
  readonly bare: Decoded;
  readonly ours: Decoded;
  /** The rule that ended the walk, level 0 included: it was the same both times. */
  readonly rule: number | null;
}

const recorded = readFileSync(new URL('dns-queries.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line): RecordedLine => JSON.parse(line));

/** The stock decoders that take these lines, in words of ours. */
const stockDecoders: readonly RulesetFile[] = [
  {
    name: 'ruleset/decoders/0085-dovecot_decoders.xml',
    text: '<decoder name="dovecot-info"><program_name>^info$</program_name></decoder>',
  },
  {
    name: 'ruleset/decoders/0155-named_decoders.xml',
    text: `<decoder name="named"><program_name>^named</program_name></decoder>
      <decoder name="named-a"><parent>named</parent><prematch type="pcre2">: query: </prematch>
        <regex type="pcre2">client (\\S+)#\\d+\\s*\\S*: query: (\\S+) IN </regex><order>srcip,url</order></decoder>
      <decoder name="named-b"><parent>named</parent><prematch type="pcre2">^client </prematch>
        <regex type="pcre2" offset="after_prematch">^(\\S+)#</regex><order>srcip</order></decoder>
      <decoder name="named-c"><parent>named</parent>
        <regex type="pcre2"> from \\[(\\S+)\\]</regex><order>srcip</order></decoder>`,
  },
];

/** The stock rules that took most of these lines, and what they look for. */
const stockRules = new Map<number, string>([
  [12_108, ': query (cache)'],
  [12_115, 'loaded serial|transferred serial'],
  [12_135, 'IN SOA -E'],
  [12_137, 'IN AXFR -'],
  [12_138, ' IN A +'],
]);

const rules: RulesetFile = {
  name: 'ruleset/rules/0150-named.xml',
  text: `<group name="syslog,named,">
    <rule id="12100" level="0"><decoded_as>named</decoded_as><description>stand-in</description></rule>
    ${[...stockRules].map(([id, match]) => `<rule id="${id}" level="${id === 12_108 ? 5 : 0}"><if_sid>12100</if_sid><match>${match}</match><description>stand-in</description></rule>`).join('\n')}
    </group>`,
};

const ours = renderDnsDecoders().map(
  ({ path, text }): RulesetFile => ({ name: `etc/${path}`, text, ours: true }),
);

function load(...more: readonly RulesetFile[]) {
  return loadRuleset({ rules: [templatesFile, rules], decoders: [...stockDecoders, ...more] });
}

const bare = load();
const both = load(...ours);

function decode({ ruleset }: typeof bare, line: string) {
  const event = decodeLog(ruleset, { location: '/var/log/syslog', line });
  const { fired, silencedBy } = evaluate(ruleset, event);
  return { decoder: event.decoder, fields: event.fields, rule: (fired ?? silencedBy)?.id ?? null };
}

test('the engine would load the files without a complaint', () => {
  expect(both.problems).toEqual([]);
});

describe.each(recorded.map((each) => [`${each.form}, ${each.name}`, each] as const))('%s', (_, each) => {
  const { line, rule } = each;
  const isStandIn = rule === 12_100 || (rule !== null && stockRules.has(rule));

  test('is decoded as by the engine without the files', () => {
    const { rule: end, ...decoded } = decode(bare, line);
    expect(decoded).toEqual(each.bare);
    if (isStandIn) expect(end).toBe(rule);
  });

  test('is decoded as by the engine with the files, and ends in the same rule', () => {
    const { rule: end, ...decoded } = decode(both, line);
    expect(decoded).toEqual(each.ours);
    expect(end).toBe(decode(bare, line).rule);
  });
});

test('no line has lost or changed what the stock decoders find in it', () => {
  const changed = recorded.filter((each) => JSON.stringify(each.bare) !== JSON.stringify(each.ours));
  expect(changed.filter(({ form }) => form.endsWith('not ours'))).toEqual([]);
  for (const { bare: before, ours: after } of changed) {
    expect(before.fields).toEqual({});
    expect(['', after.decoder]).toContain(before.decoder);
    expect(Object.keys(after.fields).sort()).toEqual(['srcip', 'url']);
  }
});

/** One line a decoder of ours, with a place for the name. */
const lines = [
  (name: string) =>
    `Nov 30 10:00:15 ns1 named[711]: client @0x7f3a 10.20.1.15#50122 (${name}): query: ${name} IN A + (10.20.0.53)`,
  (name: string) =>
    `30-Nov-2026 10:00:15.101 client @0x7f3a 10.20.1.15#50122 (${name}): query: ${name} IN A + (10.20.0.53)`,
  (name: string) => `Nov 30 10:00:16 gw dnsmasq[611]: query[A] ${name} from 10.20.1.15`,
  (name: string) => `Nov 30 10:00:16 dnsmasq[611]: 12 10.20.1.15/40000 query[A] ${name} from 10.20.1.15`,
];

test('every name that a list can hold is found, in the case in which it was asked for', () => {
  const label = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/);
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 5 }), (labels) => {
      const name = labels.join('.');
      for (const line of lines)
        expect(decode(both, line(name)).fields).toEqual({ srcip: '10.20.1.15', url: name });
    }),
  );
});

test('a name that no list can hold is in no field', () => {
  const odd = fc
    .tuple(
      fc.stringMatching(/^[a-z0-9.-]{0,9}$/),
      fc.stringMatching(/^[!-,/:-@[\\\]^`{-~]$/),
      fc.stringMatching(/^[a-z0-9.-]{0,9}$/),
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(odd, (name) => {
      expect(isSkip(toObservable({ kind: 'name', text: name }))).toBe(true);
      for (const line of lines) expect(decode(both, line(name)).fields).toEqual({});
    }),
  );
});

test('a name with blanks that speaks of another query is in no field', () => {
  const names = [
    'listed.example from 10.20.1.16',
    'a query[A] listed.example from 10.20.1.16',
    'x from 10.20.1.15 query[A] listed.example',
  ];
  for (const name of names) expect(decode(both, lines[2]?.(name) ?? '').fields, name).toEqual({});
});

describe('beside a decoder of the site for dnsmasq', () => {
  const site: RulesetFile = {
    name: 'etc/decoders/local_decoder.xml',
    text: `<decoder name="site-dnsmasq"><program_name>^dnsmasq</program_name></decoder>
      <decoder name="site-dnsmasq-query"><parent>site-dnsmasq</parent>
        <regex type="pcre2">^query\\[\\w+\\] (\\S+) from</regex><order>dns.name</order></decoder>`,
  };
  const beside = load(site, ...ours);

  test('the lines of a program stay its own', () => {
    const { decoder, fields } = decode(beside, lines[2]?.('beacon.badcorp.example') ?? '');
    expect({ decoder, fields }).toEqual({
      decoder: 'site-dnsmasq',
      fields: { 'dns.name': 'beacon.badcorp.example' },
    });
  });
});

test('without the stock file for named the files load, and find the same', () => {
  const alone = loadRuleset({ rules: [templatesFile], decoders: ours });
  expect(alone.problems).toEqual([]);
  expect(decode(alone, lines[0]?.('beacon.badcorp.example') ?? '').fields).toEqual({
    srcip: '10.20.1.15',
    url: 'beacon.badcorp.example',
  });
});
