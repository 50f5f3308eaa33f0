import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { toSelftestEvents } from '../../src/commands/selftest/events.ts';
import { toSamples } from '../../src/commands/selftest/samples.ts';
import { type CustomField, toCustomFields } from '../../src/wazuh/fields/custom.ts';
import {
  allFields,
  decodersOf,
  rowNames,
  type SourceSwitches,
  sourceNames,
  toActiveFields,
  toRootLine,
} from '../../src/wazuh/fields.ts';
import { documentedBlocks } from '../../src/wazuh/rule-ids.ts';

/**
 * What Wazuh 4.14.7 made of each message with all rows on: the rule that raised the alert of the canary, and the rule that
 * did when the same message had a listed value in the place of the canary. Times are zero.
 */
interface Recorded {
  readonly field: string;
  readonly log: string;
  readonly spelling: string;
  readonly message: string;
  readonly canaryRule: number;
  readonly alertRule: number;
}

const recorded: Recorded[] = readFileSync(join(import.meta.dirname, 'recorded-samples.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

const switches: SourceSwitches = Object.fromEntries(
  sourceNames.map((source) => [
    source,
    {
      enabled: 'on' as const,
      rows: Object.fromEntries(rowNames(source).map((row) => [row, 'on' as const])),
      level: null,
      context: null,
    },
  ]),
);
const decoders = new Set(
  allFields.flatMap(({ roots, events }) => [
    ...roots.flatMap((root) => toRootLine(root).flatMap(({ when }) => decodersOf(when))),
    ...events.flatMap(({ when }) => decodersOf(when)),
  ]),
);
const token = 'opencti-selftest-0123456789ab';
const toEvents = (cidr: boolean) =>
  toSelftestEvents({
    fields: toActiveFields(allFields, { switches, decoders }),
    gates: { hashes: true, domains: true, cidr },
    rules: { blocks: documentedBlocks, linuxDecoder: 'auto' },
    syscheck: true,
    token,
  });
const events = toEvents(true);

test('each event is one that raised the canary of its field, and with a listed value the alert of its row', () => {
  const written = events.map(({ field, log, spelling, message, ruleId, alertRule }) => ({
    field: field.key,
    log,
    spelling,
    message: message.replace(/("(?:timestamp|mtime)":)\d{10}\b/g, '$10'),
    canaryRule: ruleId,
    alertRule,
  }));
  expect(written).toEqual(recorded);
});

test('every row has an event, and every root of a field', () => {
  const missing = allFields.flatMap((field) => {
    const samples = field.events.flatMap((event) => {
      const own = toSamples(field, event);
      expect(own.length, `${field.key}, rule ${event.ruleId}`).toBeGreaterThan(0);
      return own;
    });
    return field.roots.length === 1
      ? []
      : field.roots
          .filter((root) => !samples.some((sample) => sample.root === root))
          .map((root) => `${field.key} ${root}`);
  });
  // The decoder of Fortigate 6 fills no `remip`; it puts that address into `ip` (Wazuh 4.14.7).
  expect(missing).toEqual([]);
});

test('the token of an event is in it and in no other, outside of the line that rules leave out', () => {
  const kept = events.map(({ message }) => message.replace(/^(1:[^:]*):.*$/s, '$1'));
  for (const [index, event] of events.entries()) {
    expect(event.message).toContain('opencti-selftest');
    const whole = new RegExp(`${event.token}(?!\\d)`);
    const isLinuxSysmon = event.source === 'sysmon_linux';
    const places = isLinuxSysmon ? events.map(({ message }) => message) : kept;
    expect(
      places.flatMap((text, at) => (whole.test(text) ? [at] : [])),
      event.message,
    ).toEqual([index]);
  }
});

test('the first row of a field and root has every spelling, the others have one', () => {
  const logons = events.filter(({ field }) => field.key === 'win_logon');
  const spellings = (number: number) =>
    logons.filter(({ event }) => event === number).map(({ spelling }) => spelling);
  expect(spellings(4624)).toEqual([
    ...['IPv4', 'mapped IPv4, dotted', 'IPv6', 'IPv6, eight groups'],
    ...['in a network', 'in a network, mapped', 'in an IPv6 network'],
  ]);
  expect(spellings(4648)).toEqual(['IPv4']);
});

test('without networks no event needs one', () => {
  const rest = toEvents(false);
  expect(rest.length).toBeLessThan(events.length);
  expect(rest.filter(({ needs }) => needs === 'cidr')).toEqual([]);
});

test('a field of the site has an event in JSON, unless it asks for a decoder or a value that only the site knows', () => {
  const site: CustomField = {
    field: 'shop.client',
    kinds: ['ipv4', 'ipv6'],
    categories: ['syslog'],
    decoder: null,
    when: null,
    level: null,
    context: true,
  };
  const messages = (more: Partial<CustomField>) =>
    toCustomFields([{ ...site, ...more }]).flatMap((field) =>
      field.events.flatMap((event) =>
        toSamples(field, event).map(({ write }) => write('192.0.2.77', { token, file: token })),
      ),
    );
  const message = `1:/var/log/${token}.log:{"application":"opencti-selftest","shop":{"client":"192.0.2.77"}}`;
  expect(messages({})).toEqual([message]);
  expect(messages({ decoder: 'json' })).toEqual([message]);
  expect(messages({ decoder: 'shop' })).toEqual([]);
  expect(messages({ when: { field: 'shop.kind', pattern: '^order$' } })).toEqual([]);
  expect(messages({ categories: ['firewall'] })).toEqual([]);
});
