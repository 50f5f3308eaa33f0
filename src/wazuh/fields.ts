import type { ClaimKind, HashKind, Subject } from '../values/kinds.ts';

/**
 * The names of the hash algorithms, as Sysmon's `HashAlgorithms` lists them and as they precede the `=` in `Hashes`.
 */
export const sysmonLabels = { sha256: 'SHA256', sha1: 'SHA1', md5: 'MD5' } as const satisfies Record<
  HashKind,
  string
>;

/**
 * How a field spells a value; a list key is that spelling, byte for byte (seen on Wazuh 4.14.7):
 * - `labelled-upper`: Sysmon's `Hashes`: `SHA256=` and upper-case hex; several hashes are joined by commas in one
 *   string.
 * - `bare-lower`: FIM, and Sysmon for Linux after our decoder: lower-case hex.
 * - `sysmon-address`: Sysmon for Windows: dotted IPv4, which a dual-stack socket shows as `0:0:0:0:0:ffff:2d53:4001`;
 *   IPv6 has eight groups, is not padded and is never shortened.
 * - `any-address`: Sysmon for Linux: the same spellings, IPv6 as RFC 5952 writes it, and dotted IPv4 with `::ffff:`
 *   before it.
 * - `name`: as the program wrote it in its query, with a trailing dot when the query had one; the list has lower case.
 */
export type Spelling = 'labelled-upper' | 'bare-lower' | 'sysmon-address' | 'any-address' | 'name';

/**
 * The words for the kind of value of a field in rules and in the configuration; each kind of value has one of these
 * rows.
 */
export const subjects = {
  hash: { group: 'opencti_hash', known: 'known hash', listed: 'a listed hash', level: 14 },
  address: {
    group: 'opencti_address',
    known: 'known address',
    listed: 'a listed address or network',
    level: 12,
  },
  name: { group: 'opencti_name', known: 'known name', listed: 'a listed name', level: 12 },
} as const satisfies Record<Subject, SubjectRow>;

interface SubjectRow {
  /** The group of the alert rules. */
  readonly group: string;
  /** The beginning of the text of an alert. */
  readonly known: string;
  /** The name of a match in the documentation of the configuration. */
  readonly listed: string;
  /** The level of the alert, unless the configuration sets another one. */
  readonly level: number;
}

/** The program that writes the event. */
export type Source = 'windows' | 'linux' | 'fim';

/** The values that the pattern gates of a field are made from; each one is a switch of the configuration (`gates`). */
export type PatternKind = 'hashes' | 'domains' | 'cidr';

/** A condition of a rule: the decoder of the event, or a field and the PCRE2 pattern that has to be found in it. */
export type Condition = { readonly decoder: string } | { readonly field: string; readonly pattern: string };

/**
 * A rule of level 0 that separates the events of a source. Its parent is a category template of the engine, so the
 * engine tries it before every stock rule and site rule, and only once, whatever rules the site has
 * (`docs/detections.md`).
 */
export interface Root {
  readonly id: number;
  /** The id of a category template (1 syslog, 7 event channel and syscheck), or the key of another root. */
  readonly parent: 1 | 7 | RootKey;
  readonly when: readonly Condition[];
  /** A part of the description of the rule. */
  readonly what: string;
}

export type RootKey =
  | 'sysmon'
  | 'win_hashes'
  | 'win_stream'
  | 'win_address'
  | 'win_query'
  | 'linux_address'
  | 'linux_hash'
  | 'fim_added'
  | 'fim_modified'
  | 'fim_deleted';

const eventId = 'win.system.eventID';

/** An event that carries a field with a lookup, and the alert rule of that row. */
export interface FieldEvent {
  readonly source: Source;
  /** Sysmon's event number; for FIM the id of the stock rule: 550 modified, 553 deleted, 554 added. */
  readonly event: number;
  /** The id is never renumbered and never reused. Rows that share an event share its rule. */
  readonly ruleId: number;
  /** The condition that separates it from the other events of its field. */
  readonly when: Condition;
  /**
   * What happened, with the fields of the event. A missing field leaves an empty place in the text, so each sentence
   * also reads well without it. Long values are left out: beyond 1,024 bytes the engine shows the raw text (Wazuh
   * 4.14.7).
   */
  readonly happened: string;
  /** The groups that dashboards filter by, in addition to the groups of every match. */
  readonly groups: string;
}

export interface EventField {
  /** `octgate_<key>` is the group of the gates of the field; no key is a part of another key. */
  readonly key: string;
  readonly list: `opencti-${string}`;
  /** The name of the field in rules. The engine compares it without case. */
  readonly ruleField: string;
  /** The paths of the field in the JSON of an alert; the first one that exists counts. */
  readonly alertPaths: readonly string[];
  readonly subject: Subject;
  readonly spelling: Spelling;
  /** The kinds of values that the field can hold. */
  readonly kinds: readonly ClaimKind[];
  /** Null: the field has no pattern gates, since the list has every spelling. */
  readonly patterns: PatternKind | null;
  /** The roots that are the parents of its gates. */
  readonly roots: readonly RootKey[];
  readonly ids: FieldIds;
  readonly events: readonly FieldEvent[];
}

export interface FieldIds {
  readonly listGate: number;
  /** The gate that keeps the canary of the list away from the alert rules. */
  readonly listCanary: number;
  /** The gate of the canary of the patterns; null when the field has no patterns. */
  readonly patternCanary: number | null;
  /** The rule that raises the alert of a canary. */
  readonly canaryRule: number;
}

function sysmon(event: number, ruleId: number, happened: string): FieldEvent {
  const when = { field: eventId, pattern: `^${event}$` };
  return { source: 'windows', event, ruleId, when, happened, groups: 'windows,sysmon' };
}

function linux(event: number, ruleId: number, happened: string): FieldEvent {
  const when = { field: 'system.eventId', pattern: `^${event}$` };
  return { source: 'linux', event, ruleId, when, happened, groups: 'linux,sysmon' };
}

const fimEvents = {
  550: { decoder: 'syscheck_integrity_changed', kind: 'modified' },
  553: { decoder: 'syscheck_deleted', kind: 'deleted' },
  554: { decoder: 'syscheck_new_entry', kind: 'added' },
} as const;

function fim(event: keyof typeof fimEvents, ruleId: number): FieldEvent {
  const { decoder, kind } = fimEvents[event];
  const groups = `syscheck,syscheck_file,syscheck_entry_${kind}`;
  return { source: 'fim', event, ruleId, when: { decoder }, happened: `file $(file) ${kind}`, groups };
}

/** An event has one rule, whichever of its hashes is listed: our decoder splits `Hashes` into the fields of FIM. */
const linuxHappened = {
  1: 'process $(eventdata.image) started by $(eventdata.user)',
  23: 'file $(eventdata.targetFilename) deleted by $(eventdata.image) as $(eventdata.user)',
} as const;

/** The paths of the hashes where other decoders keep them in one text: the same hashes that our decoder separates. */
const linuxHashPaths = ['data.eventdata.hashes', 'data.eventdata.Hashes'] as const;

const fimRoots = ['fim_modified', 'fim_deleted', 'fim_added', 'linux_hash'] as const;
const anyHash = ['sha256', 'sha1', 'md5'] as const satisfies readonly HashKind[];
const anyAddress = ['ipv4', 'ipv6'] as const;

/**
 * Each row is one field with a lookup. The table drives the lists, the rules, the extraction of the integration, the
 * selftest and the documentation: a new event is a new line. A list belongs to one field, and one `<list>` element
 * reads it: the engine locks per element, so a list that two rules read loses keys (Wazuh 4.14.7, upstream issue
 * 38324).
 */
export const eventFields = [
  {
    key: 'win_hashes',
    list: 'opencti-win-hashes',
    ruleField: 'win.eventdata.hashes',
    alertPaths: ['data.win.eventdata.hashes'],
    subject: 'hash',
    spelling: 'labelled-upper',
    kinds: anyHash,
    patterns: 'hashes',
    roots: ['win_hashes'],
    ids: { listGate: 118_100, listCanary: 118_500, patternCanary: 118_501, canaryRule: 118_700 },
    events: [
      sysmon(
        1,
        100_640,
        'process $(win.eventdata.image) started by $(win.eventdata.user), parent $(win.eventdata.parentImage)',
      ),
      sysmon(6, 100_641, 'driver $(win.eventdata.imageLoaded) loaded'),
      sysmon(7, 100_642, 'module $(win.eventdata.imageLoaded) loaded by $(win.eventdata.image)'),
      sysmon(
        15,
        100_643,
        'file $(win.eventdata.targetFilename) with a stream created by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
      sysmon(
        23,
        100_644,
        'file $(win.eventdata.targetFilename) deleted by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
      sysmon(24, 100_645, 'clipboard changed by $(win.eventdata.image) as $(win.eventdata.user)'),
      sysmon(25, 100_646, 'process $(win.eventdata.image) tampered with: $(win.eventdata.type)'),
      sysmon(
        26,
        119_000,
        'file $(win.eventdata.targetFilename) deleted by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
      sysmon(
        27,
        119_001,
        'executable $(win.eventdata.targetFilename) blocked, created by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
      sysmon(
        28,
        119_002,
        'shredding of $(win.eventdata.targetFilename) blocked, by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
      sysmon(
        29,
        119_003,
        'executable $(win.eventdata.targetFilename) created by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
    ],
  },
  {
    key: 'win_stream',
    list: 'opencti-win-hash',
    ruleField: 'win.eventdata.hash',
    alertPaths: ['data.win.eventdata.hash'],
    subject: 'hash',
    spelling: 'labelled-upper',
    kinds: anyHash,
    patterns: 'hashes',
    roots: ['win_stream'],
    ids: { listGate: 118_101, listCanary: 118_502, patternCanary: 118_503, canaryRule: 118_701 },
    events: [
      sysmon(
        15,
        100_647,
        'file $(win.eventdata.targetFilename) with a stream created by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
    ],
  },
  {
    key: 'win_address',
    list: 'opencti-win-destination-ip',
    ruleField: 'win.eventdata.destinationIp',
    alertPaths: ['data.win.eventdata.destinationIp'],
    subject: 'address',
    spelling: 'sysmon-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['win_address'],
    ids: { listGate: 118_102, listCanary: 118_504, patternCanary: 118_505, canaryRule: 118_702 },
    events: [
      sysmon(
        3,
        100_648,
        'connection to $(win.eventdata.destinationIp):$(win.eventdata.destinationPort) by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
    ],
  },
  {
    key: 'win_query',
    list: 'opencti-win-query-name',
    ruleField: 'win.eventdata.queryName',
    alertPaths: ['data.win.eventdata.queryName'],
    subject: 'name',
    spelling: 'name',
    kinds: ['name'],
    patterns: 'domains',
    roots: ['win_query'],
    ids: { listGate: 118_103, listCanary: 118_506, patternCanary: 118_507, canaryRule: 118_703 },
    events: [
      sysmon(
        22,
        100_649,
        'DNS query for $(win.eventdata.queryName) by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
    ],
  },
  {
    key: 'linux_address',
    list: 'opencti-linux-destination-ip',
    ruleField: 'eventdata.destinationIp',
    alertPaths: ['data.eventdata.destinationIp', 'data.eventdata.DestinationIp'],
    subject: 'address',
    spelling: 'any-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['linux_address'],
    ids: { listGate: 118_104, listCanary: 118_508, patternCanary: 118_509, canaryRule: 118_704 },
    events: [
      linux(
        3,
        100_650,
        'connection to $(eventdata.destinationIp):$(eventdata.destinationPort) by $(eventdata.image) as $(eventdata.user)',
      ),
    ],
  },
  {
    key: 'fim_sha256',
    list: 'opencti-fim-sha256',
    ruleField: 'sha256',
    alertPaths: ['syscheck.sha256_after', 'data.sha256', ...linuxHashPaths],
    subject: 'hash',
    spelling: 'bare-lower',
    kinds: ['sha256'],
    patterns: null,
    roots: fimRoots,
    ids: { listGate: 118_105, listCanary: 118_510, patternCanary: null, canaryRule: 118_705 },
    events: [
      fim(550, 100_653),
      fim(553, 100_654),
      fim(554, 100_655),
      linux(1, 100_651, linuxHappened[1]),
      linux(23, 100_652, linuxHappened[23]),
    ],
  },
  {
    key: 'fim_sha1',
    list: 'opencti-fim-sha1',
    ruleField: 'sha1',
    alertPaths: ['syscheck.sha1_after', 'data.sha1', ...linuxHashPaths],
    subject: 'hash',
    spelling: 'bare-lower',
    kinds: ['sha1'],
    patterns: null,
    roots: fimRoots,
    ids: { listGate: 118_106, listCanary: 118_511, patternCanary: null, canaryRule: 118_706 },
    events: [
      fim(550, 100_656),
      fim(553, 100_657),
      fim(554, 100_658),
      linux(1, 100_651, linuxHappened[1]),
      linux(23, 100_652, linuxHappened[23]),
    ],
  },
  {
    key: 'fim_md5',
    list: 'opencti-fim-md5',
    ruleField: 'md5',
    alertPaths: ['syscheck.md5_after', 'data.md5', ...linuxHashPaths],
    subject: 'hash',
    spelling: 'bare-lower',
    kinds: ['md5'],
    patterns: null,
    roots: fimRoots,
    ids: { listGate: 118_107, listCanary: 118_512, patternCanary: null, canaryRule: 118_707 },
    events: [
      fim(550, 100_659),
      fim(553, 100_660),
      fim(554, 100_661),
      linux(1, 100_651, linuxHappened[1]),
      linux(23, 100_652, linuxHappened[23]),
    ],
  },
] as const satisfies readonly EventField[];

const linuxChannel = { field: 'system.channel', pattern: '^Linux-Sysmon/Operational$' } as const;

/**
 * The cheap conditions are first: the engine compares the decoder as a number, and finds a field that every event of a
 * decoder has at once, while it compares an absent field with every field of the event (`FindField`, Wazuh 4.14.7).
 */
export const roots: Readonly<Record<RootKey, Root>> = {
  sysmon: {
    id: 118_000,
    parent: 7,
    when: [
      { decoder: 'windows_eventchannel' },
      { field: 'win.system.providerName', pattern: '^Microsoft-Windows-Sysmon$' },
    ],
    what: 'event of Sysmon',
  },
  win_hashes: {
    id: 118_001,
    parent: 'sysmon',
    when: hasEventOf('win_hashes'),
    what: 'event with win.eventdata.hashes',
  },
  win_stream: {
    id: 118_002,
    parent: 'sysmon',
    when: hasEventOf('win_stream'),
    what: 'event with win.eventdata.hash',
  },
  win_address: {
    id: 118_003,
    parent: 'sysmon',
    when: hasEventOf('win_address'),
    what: 'event with win.eventdata.destinationIp',
  },
  win_query: {
    id: 118_004,
    parent: 'sysmon',
    when: hasEventOf('win_query'),
    what: 'event with win.eventdata.queryName',
  },
  // Every decoder that fills the field is accepted: the documented event has no channel.
  linux_address: {
    id: 118_005,
    parent: 1,
    when: [{ field: 'eventdata.destinationIp', pattern: '[.:]' }],
    what: 'event with eventdata.destinationIp',
  },
  // Without the channel, any JSON event with a `sha256` and a `system.eventId` would be taken for Sysmon for Linux.
  linux_hash: { id: 118_006, parent: 1, when: [linuxChannel], what: 'event of Sysmon for Linux' },
  fim_added: { id: 118_007, parent: 7, when: [{ decoder: 'syscheck_new_entry' }], what: 'file added' },
  fim_modified: {
    id: 118_008,
    parent: 7,
    when: [{ decoder: 'syscheck_integrity_changed' }],
    what: 'file modified',
  },
  fim_deleted: { id: 118_009, parent: 7, when: [{ decoder: 'syscheck_deleted' }], what: 'file deleted' },
};

/** Returns the Windows events of the rows below a root: a new event is a new line of its row. */
function hasEventOf(root: RootKey): readonly Condition[] {
  const rows: readonly EventField[] = eventFields.filter((row: EventField) => row.roots.includes(root));
  const events = rows.flatMap((row) => row.events).filter(({ source }) => source === 'windows');
  const ids = new Set(events.map(({ event }) => event));
  return [{ field: eventId, pattern: toNumberPattern([...ids].sort((a, b) => a - b)) }];
}

/**
 * Returns a pattern that matches these numbers, which are sorted: `^3$`, `^(?:1|15|2[3-9])$`. Three or more consecutive
 * numbers become a class of digits.
 */
export function toNumberPattern(numbers: readonly number[]): string {
  const runs: number[][] = [];
  for (const number of numbers) {
    const open = runs.at(-1);
    // A class covers only the last digit.
    if (open?.at(-1) === number - 1 && number % 10 !== 0) open.push(number);
    else runs.push([number]);
  }
  const parts = runs.flatMap((run) => {
    const [first = 0, last = 0] = [run[0], run.at(-1)];
    const tens = String(first).slice(0, -1);
    return run.length < 3 ? run.map(String) : [`${tens}[${first % 10}-${last % 10}]`];
  });
  return parts.length === 1 ? `^${parts[0]}$` : `^(?:${parts.join('|')})$`;
}

export type ListName = (typeof eventFields)[number]['list'];
export type FieldKey = (typeof eventFields)[number]['key'];

/** Lists of the first version that no rule reads any more; an `ossec.conf` may still declare them. */
export const retiredLists = ['opencti-linux-hashes'] as const;

/** Returns the group of the gates of a field: the alert rules of its row are children of every rule in that group. */
export function gateGroup({ key }: Pick<EventField, 'key'>): string {
  return `octgate_${key}`;
}

/** Returns the field of a row as rules name it. */
export function toRuleField(key: FieldKey): string {
  return eventFields.find((field) => field.key === key)?.ruleField ?? key;
}
