import { formatKeys } from '../../compile/keys.ts';
import type { Config } from '../../config/schema.ts';
import { type HashKind, hashKinds, kinds } from '../../values/kinds.ts';
import { gateCanaries, listCanaries, toFieldCanaries, toListCanaries } from '../../wazuh/canaries.ts';
import {
  type EventField,
  type FieldEvent,
  type PatternKind,
  type SourceName,
  type Spelling,
  sysmonLabels,
} from '../../wazuh/fields.ts';
import { moveRuleId } from '../../wazuh/rule-ids.ts';

/** The part that has to match: the list of the field, or pattern gates that the configuration can switch off. */
export type Needs = 'list' | PatternKind;

/** A spelling of a field's canary. */
interface Spelled {
  readonly spelling: string;
  readonly text: string;
  readonly needs: Needs;
}

/** One event that the selftest sends. */
export interface SelftestEvent extends Spelled {
  readonly field: EventField;
  readonly source: SourceName;
  readonly event: number | null;
  /** Stands in the event, and so in its alert, and in no other. */
  readonly token: string;
  /** The message for the queue of the engine. */
  readonly message: string;
  /** The alert rule of the row, and the rule that takes its place for a canary. */
  readonly alertRule: number;
  readonly ruleId: number;
}

export interface SelftestOptions {
  readonly gates: Config['gates'];
  readonly rules: Pick<Config['rules'], 'blocks' | 'linuxDecoder'>;
  /** Those of which rows are in the rules, with these rows. */
  readonly fields: readonly EventField[];
  /** Fields that have no pattern gates for want of room, as rules name them. Default: none. */
  readonly cut?: readonly string[];
  /** Whether to send FIM events, which leave entries in the manager's own database of files. */
  readonly syscheck: boolean;
  /** Of this run. */
  readonly token: string;
}

/** Returns an event for each row of the field table and each spelling that this configuration matches. */
export function toSelftestEvents({
  gates,
  rules,
  fields,
  cut = [],
  syscheck,
  token,
}: SelftestOptions): SelftestEvent[] {
  const isOn = (field: EventField, { needs }: Spelled) =>
    needs === 'list' || (gates[needs] && !cut.includes(field.ruleField));
  // Without our decoder no field with a lookup has the hashes of Sysmon for Linux.
  const isAsked = (field: EventField, { source }: FieldEvent) =>
    !hasSample(source)
      ? false
      : source === 'fim'
        ? syscheck
        : !(isLinuxHash(field, source) && rules.linuxDecoder === 'off');
  const rows = fields.flatMap((field) =>
    orderEvents(field)
      .filter((event) => isAsked(field, event))
      .flatMap((event) =>
        spell(field, event.source)
          .filter((spelled) => isOn(field, spelled))
          .map((spelled) => ({ field, event, spelled })),
      ),
  );
  return rows.map(({ field, event, spelled }, index) => {
    const own = `${token}-${index + 1}`;
    return {
      ...spelled,
      field,
      source: event.source,
      event: event.event,
      token: own,
      message: toMessage(field, event, spelled.text, { own, run: token }),
      alertRule: moveRuleId(event.ruleId, rules.blocks),
      ruleId: toFieldCanaries(field, rules.blocks).ruleId,
    };
  });
}

const hasSample = (source: SourceName) => ['sysmon', 'sysmon_linux', 'fim'].includes(source);

const isLinuxHash = ({ subject }: EventField, source: SourceName) =>
  source === 'sysmon_linux' && subject === 'hash';

/** As the source writes them, and no others. */
function spell(field: EventField, source: SourceName): readonly Spelled[] {
  if (isLinuxHash(field, source)) return spellLinuxHashes(field);
  return [...spellListed(field), ...(field.patterns === null ? [] : patternSpellings[field.patterns])];
}

const keyNames: Readonly<Record<Spelling, readonly string[]>> = {
  'labelled-upper': ['one hash'],
  'bare-lower': ['the hash'],
  'sysmon-address': ['IPv4', 'IPv4 of a dual-stack socket'],
  'any-address': ['IPv4', 'IPv4 of a dual-stack socket', 'mapped IPv4, short', 'mapped IPv4, dotted'],
  'log-address': ['IPv4'],
  'mapped-log-address': ['IPv4', 'mapped IPv4, dotted'],
  name: ['the name', 'with a trailing dot'],
  'url-host': [],
  'name-in-array': [],
};

/** One for each key that the list has for a value: of a hash field one algorithm is enough. */
function spellListed(field: EventField): Spelled[] {
  const { spelling, subject } = field;
  const values = toListCanaries(field);
  return (subject === 'hash' ? values.slice(0, 1) : values).flatMap((canary) =>
    formatKeys[spelling](canary).map((text, index) => ({
      spelling:
        canary.kind === 'ipv6' ? (['IPv6', 'IPv6, short'][index] ?? '') : (keyNames[spelling][index] ?? ''),
      text,
      needs: 'list' as const,
    })),
  );
}

const composite = [
  ...hashKinds.map((kind) => `${kind}=${gateCanaries[kind]}`),
  `IMPHASH=${'0'.repeat(kinds.md5.digits)}`,
]
  .join(',')
  .toUpperCase();

const patternSpellings: Readonly<Record<PatternKind, readonly Spelled[]>> = {
  hashes: [{ spelling: 'several hashes', text: composite, needs: 'hashes' }],
  domains: [
    { spelling: 'a subdomain, mixed case', text: 'WWW.Gate.OpenCTI-Wazuh.Invalid', needs: 'domains' },
    { spelling: 'a subdomain, trailing dot', text: 'www.gate.opencti-wazuh.invalid.', needs: 'domains' },
  ],
  cidr: [
    { spelling: 'in a network', text: '198.51.100.9', needs: 'cidr' },
    { spelling: 'in a network, dual-stack socket', text: '0:0:0:0:0:ffff:c633:6409', needs: 'cidr' },
  ],
};

/**
 * Returns hashes with labels in upper case and digits in lower case, one or several, in the order of Sysmon's
 * configuration.
 */
function spellLinuxHashes({ kinds: [kind] }: EventField): Spelled[] {
  const own = kind as HashKind;
  const others = hashKinds
    .filter((other) => other !== own)
    .map((other) => `${sysmonLabels[other]}=${'0'.repeat(kinds[other].digits)}`);
  const hash = `${sysmonLabels[own]}=${listCanaries[own]}`;
  return [
    { spelling: 'one hash', text: hash, needs: 'list' },
    { spelling: 'several hashes', text: [...others, hash].join(','), needs: 'list' },
  ];
}

/** The order of the events: a file is added before it changes, and its entry in the database is removed at the end. */
const fimOrder = [554, 550, 553];

function orderEvents({ events }: EventField): readonly FieldEvent[] {
  return [...events].sort((a, b) => fimOrder.indexOf(a.event ?? 0) - fimOrder.indexOf(b.event ?? 0));
}

function toMessage(
  { ruleField, subject, key }: EventField,
  { source, event }: FieldEvent,
  text: string,
  { own, run }: { readonly own: string; readonly run: string },
): string {
  switch (source) {
    case 'sysmon':
      return toWindowsMessage(event ?? 0, toTag(ruleField), text, own);
    case 'sysmon_linux':
      return toLinuxMessage(event ?? 0, subject === 'hash' ? 'Hashes' : toTag(ruleField), text, own);
    case 'fim':
      return toSyscheckMessage(event ?? 0, ruleField, text, { token: own, file: `${run}-${key}` });
    default:
      throw new Error(`no sample of ${source}`);
  }
}

/** Returns the tag of a field: `win.eventdata.destinationIp` is written from the tag `DestinationIp`. */
function toTag(ruleField: string): string {
  const name = ruleField.slice(ruleField.lastIndexOf('.') + 1);
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

/**
 * Returns messages as agents and logcollector frame them, without an agent before the `->`: they are from the manager
 * itself (Wazuh 4.14.7).
 */

/** Returns a Sysmon event as logcollector sends it from the event channel. */
function toWindowsMessage(event: number, tag: string, text: string, token: string): string {
  const data = {
    RuleName: '-',
    UtcTime: '2026-01-01 00:00:00.000',
    ProcessId: '4',
    Image: `C:\\opencti-selftest\\${token}`,
    User: 'opencti-selftest',
    [tag]: text,
  };
  const xml =
    `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>` +
    `<Provider Name='Microsoft-Windows-Sysmon' Guid='{5770385f-c22a-43e0-bf4c-06f5698ffbd9}'/>${toSystem(event, "'")}` +
    `<Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>opencti-selftest</Computer>` +
    `<Security UserID='S-1-5-18'/></System><EventData>${toData(data, "'")}</EventData></Event>`;
  return `f:EventChannel:${JSON.stringify({ Message: 'opencti-selftest', Event: xml })}`;
}

/** Returns a line of Sysmon for Linux as it is in the system's log. */
function toLinuxMessage(event: number, tag: string, text: string, token: string): string {
  const data = {
    RuleName: '-',
    UtcTime: '2026-01-01 00:00:00.000',
    ProcessId: '4',
    Image: `/opencti-selftest/${token}`,
    User: 'opencti-selftest',
    [tag]: text,
  };
  const xml =
    `<Event><System><Provider Name="Linux-Sysmon" Guid="{ff032593-a8d3-4f13-b0d6-01fc615a0f97}"/>${toSystem(event, '"')}` +
    `<Channel>Linux-Sysmon/Operational</Channel><Computer>opencti-selftest</Computer>` +
    `<Security UserId="0"/></System><EventData>${toData(data, '"')}</EventData></Event>`;
  return `1:/var/log/syslog:Jan  1 00:00:00 opencti-selftest sysmon: ${xml}`;
}

function toSystem(event: number, quote: string): string {
  return (
    `<EventID>${event}</EventID><Version>5</Version><Level>4</Level><Task>${event}</Task><Opcode>0</Opcode>` +
    `<Keywords>0x8000000000000000</Keywords><TimeCreated SystemTime=${quote}2026-01-01T00:00:00.0000000Z${quote}/>` +
    `<EventRecordID>1</EventRecordID><Correlation/><Execution ProcessID=${quote}4${quote} ThreadID=${quote}4${quote}/>`
  );
}

function toData(data: Readonly<Record<string, string>>, quote: string): string {
  return Object.entries(data)
    .map(([name, text]) => `<Data Name=${quote}${name}${quote}>${text}</Data>`)
    .join('');
}

const syscheckTypes: Readonly<Record<number, string>> = { 550: 'modified', 553: 'deleted', 554: 'added' };

/** Returns a FIM event. FIM's own database gets an entry for this file, and loses it by the event `deleted`. */
function toSyscheckMessage(
  event: number,
  hash: string,
  text: string,
  { token, file }: { readonly token: string; readonly file: string },
): string {
  const type = syscheckTypes[event] ?? 'added';
  const now = Math.floor(Date.now() / 1_000);
  const toAttributes = (hashes: Readonly<Record<HashKind, string>>) => ({
    type: 'file',
    size: 0,
    perm: 'rw-------',
    uid: '0',
    gid: '0',
    // The owner has the token: the alert repeats it, and nothing else uses it.
    user_name: token,
    group_name: 'root',
    inode: 1,
    mtime: now,
    ...Object.fromEntries(hashKinds.map((kind) => [`hash_${kind}`, hashes[kind]])),
    checksum: token,
  });
  const none = Object.fromEntries(hashKinds.map((kind) => [kind, '0'.repeat(kinds[kind].digits)]));
  const before = none as Record<HashKind, string>;
  const data = {
    path: `/opencti-selftest/${file}`,
    mode: 'realtime',
    type,
    timestamp: now,
    version: 2,
    attributes: toAttributes({ ...before, [hash]: text }),
    ...(type === 'modified' && { changed_attributes: [hash], old_attributes: toAttributes(before) }),
  };
  return `8:syscheck:${JSON.stringify({ type: 'event', data })}`;
}
