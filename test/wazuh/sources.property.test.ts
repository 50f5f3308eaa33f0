import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSafeElement } from '../../src/compile/gates/networks.ts';
import { compilePlan } from '../../src/compile/plan.ts';
import { toValueSet } from '../../src/compile/value-set.ts';
import { builtInDecoders } from '../../src/wazuh/decoder-names.ts';
import { ownDnsDecoders } from '../../src/wazuh/dns-decoders.ts';
import {
  allFields,
  type Category,
  type CustomField,
  categories,
  decodersOf,
  type EventField,
  rowNames,
  type SourceSwitches,
  sourceNames,
  staticFields,
  toActiveFields,
  toCustomFields,
  toRootLine,
} from '../../src/wazuh/fields.ts';
import { readListText } from '../engine-model/list-reader.ts';
import { loadRuleset } from '../engine-model/load-ruleset.ts';
import { templatesFile } from '../engine-model/stand-in-base.ts';
import { planOptions } from '../support/plan-options.ts';
import { runs } from '../support/runs.ts';
import { readStockDecoders } from '../support/stock-decoders.ts';
import { type Claims, toValues } from './load-plan.ts';

/** Hashes, names, addresses and networks of both families, one of which an element of IPv4 might take for its own. */
const claims: Claims = [
  ['sha256', 'a0'.repeat(32)],
  ['sha1', 'a0'.repeat(20)],
  ['md5', 'a0'.repeat(16)],
  ['name', 'listed.evil.net'],
  ['ipv4', '31.13.0.1'],
  ['ipv4', '31.14.0.0/24'],
  ['ipv6', '2a02:6b8::7'],
  ['ipv6', '2a02:6b8:b::/48'],
  ['ipv6', '2a00:1450:ffff:ffff::/64'],
];

/** What a site may have: each decoder that the table names may be missing, each source and row may be on or off. */
const stock = [...readStockDecoders()].filter((name) =>
  allFields.some((field) => {
    const roots = field.roots.flatMap((key) => toRootLine(key)).flatMap(({ when }) => decodersOf(when));
    return [...roots, ...field.events.flatMap(({ when }) => decodersOf(when))].includes(name);
  }),
);
const rowsOf = (rows: readonly string[]) =>
  fc.subarray([...rows]).chain((some) =>
    fc
      .array(fc.constantFrom('on' as const, 'off' as const), {
        minLength: some.length,
        maxLength: some.length,
      })
      .map((words) => Object.fromEntries(some.map((row, at) => [row, words[at] ?? 'on'] as const))),
  );
const switches: fc.Arbitrary<SourceSwitches> = fc
  .tuple(
    ...sourceNames.map((source) =>
      fc.record({
        enabled: fc.constantFrom('auto' as const, 'on' as const, 'off' as const),
        rows: rowsOf(rowNames(source)),
        level: fc.constantFrom(null, 3, 15),
        context: fc.constantFrom(null, true, false),
      }),
    ),
  )
  .map((each) => Object.fromEntries(sourceNames.map((source, at) => [source, each[at]])) as SourceSwitches);
/** Fields of the site's own decoders; static ones among them, which are elements. */
const customName: fc.Arbitrary<CustomField> = fc.record({
  // The configuration takes addresses for srcip and dstip alone, of the static fields.
  field: fc.constantFrom('url', 'extra_data', 'app.name'),
  kinds: fc.constant(['name'] as const),
  categories: fc.subarray(Object.keys(categories) as Category[], { minLength: 1 }),
  decoder: fc.constantFrom(null, 'json', 'sshd'),
  when: fc.constantFrom(null, { field: 'action', pattern: '^x$' }, { field: 'app.kind', pattern: '^x$' }),
  level: fc.constantFrom(null, 7),
  context: fc.boolean(),
});
const customAddress = fc
  .tuple(customName, fc.constantFrom('srcip', 'dstip', 'app.remote'))
  .map(([custom, field]): CustomField => ({ ...custom, field, kinds: ['ipv4', 'ipv6'] }));
const customField = fc.oneof(customName, customAddress);
const site = fc.record({
  decoders: fc.subarray(stock),
  dnsDecoders: fc.boolean(),
  switches,
  custom: fc.array(customField, { maxLength: 4 }),
});

interface Rule {
  readonly id: number;
  readonly text: string;
  /** Those of the file and its own. */
  readonly groups: readonly string[];
}

function readRules(text: string): Rule[] {
  let wrapper = '';
  return [...text.matchAll(/<group name="([^"]*)">|<rule id="(\d+)"[^>]*>([\s\S]*?)<\/rule>/g)].flatMap(
    ([, name, id, body = '']) => {
      if (name !== undefined) wrapper = name;
      if (id === undefined) return [];
      const own = /<group>([^<]*)</.exec(body)?.[1] ?? '';
      return [{ id: Number(id), text: body, groups: `${wrapper}${own}`.split(',').filter(Boolean) }];
    },
  );
}

function publish(fields: readonly EventField[], dnsDecoders: boolean) {
  const rules = { ...planOptions.rules, fields, dnsDecoders };
  const plan = compilePlan(toValueSet(toValues(claims)), { ...planOptions, rules });
  const textOf = (name: string) => plan.ruleFiles.find(({ path }) => path.endsWith(name))?.text ?? '';
  return {
    ...plan,
    gates: readRules(textOf('0011-opencti-gates.xml')),
    alerts: readRules(textOf('zzzz-opencti-rules.xml')),
  };
}

test('a part of the stock decoders that rows ask for', () => {
  expect(stock.length).toBeGreaterThan(25);
});

describe('on a site with any decoders, sources and rows', () => {
  let tried = 0;
  const numRuns = runs(25);

  test('the rules load as they are, and keep every promise of the table', { timeout: 180_000 }, () => {
    fc.assert(
      fc.property(site, ({ decoders, dnsDecoders, switches, custom }) => {
        const known = new Set([...builtInDecoders, ...decoders, ...(dnsDecoders ? ownDnsDecoders : [])]);
        const fields = toActiveFields([...allFields, ...toCustomFields(custom)], {
          switches,
          decoders: known,
        });
        const { lists, ruleFiles, gates, alerts } = publish(fields, dnsDecoders);

        const { problems } = loadRuleset({
          rules: [
            templatesFile,
            ...ruleFiles
              .filter(({ path }) => path.startsWith('rules/'))
              .map(({ path, text }) => ({ name: path, text, ours: true })),
          ],
          decoders: ruleFiles
            .filter(({ path }) => path.startsWith('decoders/'))
            .map(({ path, text }) => ({ name: path, text, ours: true })),
          decoderNames: decoders,
          lists: new Map(
            lists.map(({ name, lines }) => [`etc/lists/${name}`, readListText([...lines].join('\n'))]),
          ),
        });
        expect(problems).toEqual([]);

        const all = [...gates, ...alerts];
        expectKnownDecoders(all, known);
        expectStaticElements(all);
        expectFamiliesApart(gates);
        expectRoots(gates, fields);
        expectAlerts(alerts, fields);
        tried += 1;
      }),
      { numRuns },
    );
    expect(tried).toBeGreaterThanOrEqual(numRuns);
  });
});

/** With a decoder that is not loaded the manager does not start. */
function expectKnownDecoders(rules: readonly Rule[], known: ReadonlySet<string>): void {
  for (const { id, text } of rules)
    for (const [, name = ''] of text.matchAll(/<decoded_as>([^<]*)</g))
      expect(known.has(name), `${id} ${name}`).toBe(true);
}

/** `<field name="srcip">` makes the engine refuse the whole ruleset; `<srcip>` may hold no pattern. */
function expectStaticElements(rules: readonly Rule[]): void {
  for (const { id, text } of rules) {
    for (const [, name = ''] of text.matchAll(/<field name="([^"]*)"/g))
      expect(staticFields.has(name.toLowerCase()), `${id} ${name}`).toBe(false);
    expect(text, `${id}`).not.toMatch(/<(?:srcip|dstip)[^>]* type=/);
  }
}

function expectFamiliesApart(gates: readonly Rule[]): void {
  for (const { id, text } of gates) {
    const networks = [...text.matchAll(/<(?:srcip|dstip)>([^<]*)</g)].map(([, network = '']) => network);
    const version6 = networks.filter((network) => network.includes(':'));
    expect(version6.length === 0 || version6.length === networks.length, `${id}`).toBe(true);
    for (const network of version6) expect(isSafeElement(toBits(network)), network).toBe(true);
  }
}

function toBits(network: string): string {
  const [address = '', length] = network.split('/');
  const [head = '', tail = ''] = address.split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail.split(':').filter(Boolean);
  const groups = address.includes('::')
    ? [...left, ...Array(8 - left.length - right.length).fill('0'), ...right]
    : left;
  return groups
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('')
    .slice(0, Number(length ?? 128));
}

/** The roots of the active fields, those above them, and no other one. */
function expectRoots(gates: readonly Rule[], fields: readonly EventField[]): void {
  const wanted = new Set(
    fields.flatMap((field) => field.roots.flatMap((key) => toRootLine(key))).map(({ id }) => id),
  );
  const roots = gates.map(({ id }) => id).filter((id) => id >= 118_000 && id < 118_100);
  expect(new Set(roots)).toEqual(new Set([118_010, 118_011, ...wanted]));
}

function expectAlerts(alerts: readonly Rule[], fields: readonly EventField[]): void {
  const byId = new Map(alerts.map((rule) => [rule.id, rule]));
  const events = fields.flatMap((field) => field.events);
  for (const { ruleId, quiet, srcipIsOurs, burstRuleId, afterFailuresRuleId } of events) {
    for (const id of [ruleId, burstRuleId, afterFailuresRuleId]) {
      if (id === undefined) continue;
      const rule = byId.get(id) ?? expect.fail(`no rule ${id}`);
      expect(rule.groups, `${id}`).toContain('opencti_listed');
      expect(rule.groups.includes('opencti_match'), `${id}`).toBe(!quiet);
    }
    const isSilent = byId.get(ruleId)?.text.includes('<options>no_ar</options>');
    expect(isSilent, `${ruleId}`).toBe(srcipIsOurs === true);
  }
  const own = new Set(
    events.flatMap(({ ruleId, burstRuleId, afterFailuresRuleId }) => [
      ruleId,
      burstRuleId,
      afterFailuresRuleId,
    ]),
  );
  const raised = alerts.filter(({ text }) => /octgate_|<if_matched_/.test(text));
  for (const { id } of raised) expect(own.has(id), `${id}`).toBe(true);
}

test('a row whose srcip is a host of the site starts no active response, unless the configuration names it', () => {
  const silent = allFields.flatMap(({ events }) => events).filter(({ srcipIsOurs }) => srcipIsOurs);
  expect(new Set(silent.map(({ source, row }) => `${source} ${row}`))).toEqual(
    new Set([
      ...['firewalls outbound', 'firewalls outbound_blocked'],
      ...['dns_servers query', 'squid request', 'squid denied'],
    ]),
  );
  const decoders = new Set([...builtInDecoders, ...stock, ...ownDnsDecoders]);
  const on = { enabled: 'on', level: null, context: null } as const;
  const optionsOf = (rows: Readonly<Record<string, 'on'>>) => {
    const fields = toActiveFields(allFields, { switches: { firewalls: { ...on, rows } }, decoders });
    const { alerts } = publish(fields, false);
    return [119_090, 119_091].map((id) => alerts.find((rule) => rule.id === id)?.text.includes('no_ar'));
  };
  expect(optionsOf({})).toEqual([true, true]);
  expect(optionsOf({ outbound: 'on' })).toEqual([false, false]);
});

test('rules that count a row, or follow failed logins, are there with that row alone', () => {
  const decoders = new Set([...builtInDecoders, ...stock]);
  const idsOf = (switches: SourceSwitches) =>
    new Set(publish(toActiveFields(allFields, { switches, decoders }), false).alerts.map(({ id }) => id));
  const on = { enabled: 'on', level: null, context: null } as const;
  const byDefault = idsOf({});
  expect([119_020, 119_021].every((id) => byDefault.has(id))).toBe(true);
  expect([119_040, 119_041, 119_081].some((id) => byDefault.has(id))).toBe(false);
  const withAttempts = idsOf({ logins: { ...on, rows: { attempt: 'on', accepted: 'off' } } });
  expect([119_040, 119_041].every((id) => withAttempts.has(id))).toBe(true);
  expect([119_020, 119_021].some((id) => withAttempts.has(id))).toBe(false);
  const off = idsOf({ logins: { ...on, enabled: 'off', rows: {} } });
  expect([119_020, 119_021, 119_040, 119_041].some((id) => off.has(id))).toBe(false);
});
