import type { ClaimKind, HashKind } from '../observable/kinds.ts';

/**
 * How a field spells a value; a list key is that spelling, byte for byte. Seen on Wazuh 4.14.7.
 *
 * - `labelled-upper`: Sysmon's `Hashes`: `SHA256=` and upper-case hex; several joined by commas in one string.
 * - `bare-lower`: FIM: lower-case hex.
 * - `sysmon-address`: Sysmon for Windows: dotted IPv4; IPv6 as eight groups, unpadded, never shortened.
 * - `any-address`: Sysmon for Linux: dotted IPv4; IPv6 in the Windows spelling or as RFC 5952.
 * - `name`: as the program asked; the list has lower case.
 */
export type Spelling = 'labelled-upper' | 'bare-lower' | 'sysmon-address' | 'any-address' | 'name';

/** What a field tells about: it decides level and group of the alert. */
export type Subject = 'hash' | 'address' | 'name';

export type Source = 'windows' | 'linux' | 'fim';

/** An event that carries a looked-up field, and the alert rule of that row. */
export interface FieldEvent {
  /** Sysmon's event number; for FIM the id of the stock rule: 550 modified, 553 deleted, 554 added. */
  readonly event: number;
  /** Never renumbered, never reused. */
  readonly ruleId: number;
}

export interface EventField {
  readonly list: `opencti-${string}`;
  /** The name that rules use. Case does not matter to the engine. */
  readonly ruleField: string;
  /** Where the alert's JSON has it, below `data` for Sysmon, below the root for FIM. */
  readonly alertPaths: readonly string[];
  readonly source: Source;
  readonly subject: Subject;
  readonly spelling: Spelling;
  /** The kinds of values that the field can hold. */
  readonly kinds: readonly ClaimKind[];
  /** `octgate_<key>` is the group of the field's gates; no key is a part of another one. */
  readonly key: string;
  readonly gateId: number;
  readonly relayId: number;
  readonly events: readonly FieldEvent[];
}

const anyHash = ['sha256', 'sha1', 'md5'] as const satisfies readonly HashKind[];
const anyAddress = ['ipv4', 'ipv6'] as const;

/**
 * One row a looked-up field. It drives the lists, the rules and the extraction of the integration: a new
 * event is a new row. One list belongs to one field, and one `<list>` element reads it: the engine locks per
 * element, so a list that two rules read loses keys (Wazuh 4.14.7, upstream issue 38324).
 */
export const eventFields = [
  {
    list: 'opencti-win-hashes',
    ruleField: 'win.eventdata.hashes',
    alertPaths: ['win.eventdata.hashes'],
    source: 'windows',
    subject: 'hash',
    spelling: 'labelled-upper',
    kinds: anyHash,
    key: 'win_hashes',
    gateId: 100600,
    relayId: 100610,
    events: [
      { event: 1, ruleId: 100640 },
      { event: 6, ruleId: 100641 },
      { event: 7, ruleId: 100642 },
      { event: 15, ruleId: 100643 },
      { event: 23, ruleId: 100644 },
      { event: 24, ruleId: 100645 },
      { event: 25, ruleId: 100646 },
    ],
  },
  {
    list: 'opencti-win-hash',
    ruleField: 'win.eventdata.hash',
    alertPaths: ['win.eventdata.hash'],
    source: 'windows',
    subject: 'hash',
    spelling: 'labelled-upper',
    kinds: anyHash,
    key: 'win_stream',
    gateId: 100601,
    relayId: 100611,
    events: [{ event: 15, ruleId: 100647 }],
  },
  {
    list: 'opencti-win-destination-ip',
    ruleField: 'win.eventdata.destinationIp',
    alertPaths: ['win.eventdata.destinationIp'],
    source: 'windows',
    subject: 'address',
    spelling: 'sysmon-address',
    kinds: anyAddress,
    key: 'win_address',
    gateId: 100602,
    relayId: 100612,
    events: [{ event: 3, ruleId: 100648 }],
  },
  {
    list: 'opencti-win-query-name',
    ruleField: 'win.eventdata.queryName',
    alertPaths: ['win.eventdata.queryName'],
    source: 'windows',
    subject: 'name',
    spelling: 'name',
    kinds: ['name'],
    key: 'win_query',
    gateId: 100603,
    relayId: 100613,
    events: [{ event: 22, ruleId: 100649 }],
  },
  {
    list: 'opencti-linux-destination-ip',
    ruleField: 'eventdata.destinationIp',
    alertPaths: ['eventdata.destinationIp', 'eventdata.DestinationIp'],
    source: 'linux',
    subject: 'address',
    spelling: 'any-address',
    kinds: anyAddress,
    key: 'linux_address',
    gateId: 100604,
    relayId: 100614,
    events: [{ event: 3, ruleId: 100650 }],
  },
  {
    list: 'opencti-linux-hashes',
    ruleField: 'eventdata.hashes',
    alertPaths: ['eventdata.hashes', 'eventdata.Hashes'],
    source: 'linux',
    subject: 'hash',
    spelling: 'labelled-upper',
    kinds: anyHash,
    key: 'linux_hashes',
    gateId: 100605,
    relayId: 100615,
    events: [
      { event: 1, ruleId: 100651 },
      { event: 23, ruleId: 100652 },
    ],
  },
  {
    list: 'opencti-fim-sha256',
    ruleField: 'sha256',
    alertPaths: ['syscheck.sha256_after'],
    source: 'fim',
    subject: 'hash',
    spelling: 'bare-lower',
    kinds: ['sha256'],
    key: 'fim_sha256',
    gateId: 100606,
    relayId: 100616,
    events: [
      { event: 550, ruleId: 100653 },
      { event: 553, ruleId: 100654 },
      { event: 554, ruleId: 100655 },
    ],
  },
  {
    list: 'opencti-fim-sha1',
    ruleField: 'sha1',
    alertPaths: ['syscheck.sha1_after'],
    source: 'fim',
    subject: 'hash',
    spelling: 'bare-lower',
    kinds: ['sha1'],
    key: 'fim_sha1',
    gateId: 100607,
    relayId: 100617,
    events: [
      { event: 550, ruleId: 100656 },
      { event: 553, ruleId: 100657 },
      { event: 554, ruleId: 100658 },
    ],
  },
  {
    list: 'opencti-fim-md5',
    ruleField: 'md5',
    alertPaths: ['syscheck.md5_after'],
    source: 'fim',
    subject: 'hash',
    spelling: 'bare-lower',
    kinds: ['md5'],
    key: 'fim_md5',
    gateId: 100608,
    relayId: 100618,
    events: [
      { event: 550, ruleId: 100659 },
      { event: 553, ruleId: 100660 },
      { event: 554, ruleId: 100661 },
    ],
  },
] as const satisfies readonly EventField[];

export type ListName = (typeof eventFields)[number]['list'];
