import { beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../engine-model/evaluate.ts';
import type { LoadedRuleset } from '../engine-model/load-ruleset.ts';
import { toEventOfMessage } from '../engine-model/message-event.ts';
import { type RecordedEvent, readRecording } from '../truth/recorded.ts';
import { standInDecoders, standInRules } from '../truth/stand-in.ts';
import { type Claims, loadBeside } from './load-plan.ts';

const recorded = readRecording<RecordedEvent>('events.jsonl');

/** The fields of a message as the engine has shown them to rules. */
const fieldsOf = (name: string) => recorded.find((each) => each.name === name)?.fields ?? {};

const algorithms: Readonly<Record<string, 'sha256' | 'sha1' | 'md5'>> = {
  SHA256: 'sha256',
  SHA1: 'sha1',
  MD5: 'md5',
};

/** Of one text of Sysmon; what is no algorithm of ours is left out. */
function toHashes(text: unknown): Claims {
  return String(text)
    .split(',')
    .flatMap((part) => {
      const [label = '', digits = ''] = part.split('=');
      const kind = algorithms[label];
      return kind ? [[kind, digits.toLowerCase()] as const] : [];
    });
}

/** What a platform would have of the values that the recorded events carry, by hand but for the hashes. */
const listed: Claims = [
  ...recorded.flatMap(({ fields }) => [
    ...toHashes(fields['win.eventdata.hashes'] ?? ''),
    ...toHashes(fields['win.eventdata.hash'] ?? ''),
  ]),
  ...recorded.flatMap(({ message }) => toHashes(/Data Name="Hashes">([^<]*)</.exec(message)?.[1] ?? '')),
  ...recorded
    .filter(({ name }) => name.startsWith('syscheck-') && name !== 'syscheck-added-linux-empty-file')
    .flatMap(({ fields }) =>
      Object.values(algorithms).flatMap((kind) =>
        kind in fields ? [[kind, String(fields[kind])] as const] : [],
      ),
    ),
  ...['45.90.1.1', '45.90.1.2', '185.220.101.4', '9.9.9.9'].map((value) => ['ipv4', value] as const),
  ['ipv6', '2a0c:8fc0:12:4::5'],
  ['name', 'quiet-harbour.net'],
  ['name', 'xn--grsse-quelle-5ib.net'],
  ['name', '_msdcs.corp.lan'],
  ['name', '1.1.90.45.in-addr.arpa'],
  ['name', String(fieldsOf('sysmon22-long-253')['win.eventdata.queryName'])],
];

/** The rule of a listed value, by how the name of the recording begins: by hand, from the field table of the design. */
const ruleOf: readonly (readonly [begins: string, ruleId: number | null])[] = [
  // Nothing that is looked up, or nothing that could be listed.
  ['sysmon1-imphash-alone', null],
  ['sysmon1-hashes-dash', null],
  ['sysmon1-no-hashes-field', null],
  ['sysmon3-ipv6-loopback', null],
  ['sysmon3-destination-dash', null],
  ['sysmon22-dash', null],
  ['sysmon22-single-label', null],
  ['syscheck-added-linux-empty-file', null],
  ['syscheck-registry', null],
  ['linux-sysmon1-dash', null],
  // Sysmon for Windows writes upper case; a query for a name with letters outside of ASCII has `xn--`.
  ['sysmon1-lower-case-digits', null],
  ['sysmon22-idn-raw-utf8', null],
  ['sysmon1-', 100_640],
  ['sysmon6-', 100_641],
  ['sysmon7-', 100_642],
  ['sysmon23-', 100_644],
  ['sysmon24-', 100_645],
  ['sysmon15-', 100_647],
  ['sysmon3-', 100_648],
  ['sysmon22-', 100_649],
  ['sysmon26-', 119_000],
  ['sysmon27-', 119_001],
  ['sysmon28-', 119_002],
  ['sysmon29-', 119_003],
  ['linux-sysmon1-', 100_651],
  ['linux-sysmon23-', 100_652],
  ['linux-sysmon3-', 100_650],
  ['syscheck-added-linux-no-sha256', 100_658],
  ['syscheck-modified-', 100_653],
  ['syscheck-deleted-', 100_654],
  ['syscheck-added-', 100_655],
  ['security4624-network-public-ip', 119_130],
  ['security4624-rdp-public-ip', 119_130],
  ['security4624-ipv4-mapped', 119_130],
  ['security4624-ipv6', 119_130],
  ['security4648-explicit', 119_131],
  ['security5156-outbound', 119_136],
  // The messages of the integration are recognised by their location.
  ['json-opencti-marker', 100_623],
  ['json-nested-255', 100_623],
];

const expected = recorded.map(({ name, message, rule_reached: reached }) => {
  const ours = ruleOf.find(([begins]) => name.startsWith(begins))?.[1] ?? null;
  return [name, message, ours ?? (reached ? Number(reached.id) : null), ours] as const;
});

/** Linux lines without an address of another kind than these are listed too. */
const linuxAddresses: Claims = recorded.flatMap(({ message }) => {
  const address = /Data Name="DestinationIp">([^<]*)</.exec(message)?.[1];
  return address === undefined ? [] : [[address.includes(':') ? 'ipv6' : 'ipv4', address] as const];
});

describe('with every recorded value listed', () => {
  let full: LoadedRuleset;
  beforeAll(() => {
    full = loadBeside({ rules: standInRules, decoders: standInDecoders }, [...listed, ...linuxAddresses]);
  });

  test('our files load, and 97 of the 149 events are ours', () => {
    expect(full.problems.filter(({ file }) => file.includes('opencti'))).toEqual([]);
    expect(expected.filter(([, , , ours]) => ours !== null)).toHaveLength(97);
  });

  test.each(expected)(
    '%s ends at the rule of its row, or where it ended on the engine',
    (_, message, ruleId) => {
      const event = toEventOfMessage(full.ruleset, message);
      if (event === null) throw new Error('the message is not understood');
      const { fired, silencedBy } = evaluate(full.ruleset, event);
      expect((fired ?? silencedBy)?.id ?? null).toBe(ruleId);
    },
  );
});
