import type { ListReader } from '../engine-model/list-reader.ts';
import type { RulesetFile } from '../engine-model/load-ruleset.ts';

/** A rule of the stock ruleset of 4.14.7: what decides its place in the tree, and a condition in our words. */
interface StandIn {
  readonly id: number;
  readonly level: number;
  /** Ids, or the name of a group. */
  readonly under: string;
  readonly groups: string;
  /** Fields and what PCRE2 finds in them, without case. */
  readonly asks?: Readonly<Record<string, string>>;
  /** Fields in which PCRE2 must not find it. */
  readonly lacks?: Readonly<Record<string, string>>;
  readonly match?: string;
  readonly decodedAs?: string;
  readonly noalert?: boolean;
}

const data = 'win.eventdata.';
const windows = 'windows,';
const sysmon = 'windows,sysmon,';
const detections = (event: number) => `sysmon,sysmon_eid${event}_detections,windows,`;

/** The base rules of Sysmon's events, by the number of the event. */
const sysmonBases: readonly (readonly [event: number, id: number])[] = [
  ...([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] as const).map(
    (event) => [event, 61_602 + event] as const,
  ),
  ...([16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26] as const).map((event) => [event, 61_628 + event] as const),
];

/** Groups of events 1 to 9 have no underscore before the number. */
function eventGroup(event: number): string {
  return event < 10 ? `sysmon_event${event}` : `sysmon_event_${event}`;
}

const standIns: readonly StandIn[] = [
  // Of Windows logs before the event channel: they have groups of Sysmon's events as well.
  { id: 18_100, level: 0, under: '6', groups: windows },
  { id: 184_665, level: 0, under: '18100', groups: 'sysmon,sysmon_event1,', match: 'INFORMATION(1)' },
  { id: 185_001, level: 0, under: '18100', groups: 'sysmon,sysmon_event3,', match: 'INFORMATION(3)' },
  {
    ...{ id: 60_000, level: 0, under: '7', groups: windows },
    ...{ decodedAs: 'windows_eventchannel', asks: { 'win.system.providerName': '.' } },
  },
  { id: 60_001, level: 0, under: '60000', groups: windows, asks: { 'win.system.channel': '^Security$' } },
  {
    id: 60_004,
    level: 0,
    under: '60000',
    groups: windows,
    asks: { 'win.system.channel': 'sysmon/operational$' },
  },
  {
    ...{ id: 60_103, level: 0, under: '60001', groups: 'windows,windows_security,' },
    asks: { 'win.system.severityValue': '^audit_success$' },
  },
  {
    ...{ id: 60_105, level: 0, under: '60001', groups: 'windows,windows_security,' },
    asks: { 'win.system.severityValue': '^audit_failure$' },
  },
  {
    ...{ id: 60_106, level: 3, under: '60103', groups: 'windows,windows_security,authentication_success,' },
    asks: { 'win.system.eventID': '^4624$' },
  },
  {
    ...{ id: 60_122, level: 5, under: '60105', groups: 'windows,windows_security,authentication_failed,' },
    asks: { 'win.system.eventID': '^4625$' },
  },
  {
    id: 61_600,
    level: 0,
    under: '60004',
    groups: sysmon,
    asks: { 'win.system.severityValue': '^information$' },
  },
  {
    ...{ id: 61_602, level: 5, under: '60004', groups: `${sysmon}system_error,` },
    asks: { 'win.system.severityValue': '^error$' },
  },
  ...sysmonBases.map(([event, id]): StandIn => {
    const groups = `${sysmon}${eventGroup(event)},`;
    return { id, level: 0, under: '61600', groups, asks: { 'win.system.eventID': `^${event}$` } };
  }),
  {
    ...{ id: 61_618, level: 12, under: eventGroup(1), groups: `${sysmon}sysmon_process-anomalies,` },
    asks: { [`${data}image`]: 'svchost\\.exe$' },
  },
  {
    ...{ id: 61_619, level: 0, under: '61618', groups: `${sysmon}sysmon_process-anomalies,` },
    asks: { [`${data}parentImage`]: 'services\\.exe$' },
  },
  {
    ...{ id: 61_627, level: 12, under: eventGroup(1), groups: `${sysmon}sysmon_process-anomalies,` },
    asks: { [`${data}parentImage`]: 'lsass\\.exe$' },
  },
  {
    ...{ id: 67_024, level: 3, under: '60106', groups: 'windows, WEF,' },
    asks: { [`${data}logonType`]: '^5$' },
  },
  {
    ...{ id: 89_501, level: 12, under: eventGroup(20), groups: detections(20) },
    asks: { [`${data}type`]: 'command line' },
  },
  {
    ...{ id: 92_004, level: 4, under: eventGroup(1), groups: detections(1) },
    asks: { [`${data}commandLine`]: 'cmd\\.exe', [`${data}parentImage`]: 'powershell\\.exe$' },
  },
  {
    ...{ id: 92_007, level: 0, under: eventGroup(1), groups: detections(1) },
    asks: { [`${data}commandLine`]: 'set-mppreference' },
  },
  {
    ...{ id: 92_008, level: 12, under: '92007', groups: detections(1) },
    asks: { [`${data}commandLine`]: 'disablerealtimemonitoring' },
  },
  {
    ...{ id: 92_016, level: 13, under: eventGroup(1), groups: detections(1) },
    asks: { [`${data}originalFileName`]: '^certutil' },
    lacks: { [`${data}image`]: 'certutil' },
  },
  {
    ...{ id: 92_025, level: 0, under: eventGroup(1), groups: detections(1) },
    asks: { [`${data}originalFileName`]: '^reg\\.exe$' },
  },
  {
    ...{ id: 92_028, level: 0, under: eventGroup(1), groups: detections(1) },
    asks: { [`${data}image`]: 'powershell\\.exe$', [`${data}commandLine`]: '-file ' },
  },
  {
    ...{ id: 92_031, level: 3, under: eventGroup(1), groups: detections(1) },
    asks: { [`${data}originalFileName`]: '^net1?\\.exe$' },
  },
  {
    ...{ id: 92_037, level: 3, under: '92031, 92033', groups: detections(1) },
    asks: { [`${data}commandLine`]: 'use ' },
  },
  {
    ...{ id: 92_101, level: 0, under: eventGroup(3), groups: detections(3) },
    asks: { [`${data}image`]: 'powershell\\.exe$' },
  },
  {
    ...{ id: 92_103, level: 6, under: '92101', groups: detections(3) },
    asks: { [`${data}destinationPort`]: '^389$' },
  },
  {
    ...{ id: 92_105, level: 3, under: eventGroup(3), groups: detections(3) },
    asks: { [`${data}destinationPort`]: '^445$' },
  },
  { id: 92_106, level: 3, under: '92105', groups: detections(3), asks: { [`${data}image`]: '^system$' } },
  {
    ...{ id: 92_107, level: 4, under: eventGroup(3), groups: detections(3) },
    asks: { [`${data}image`]: 'wscript\\.exe$' },
  },
  {
    ...{ id: 92_108, level: 0, under: eventGroup(3), groups: detections(3) },
    asks: { [`${data}destinationPort`]: '^3389$' },
  },
  {
    ...{ id: 92_110, level: 4, under: '92101, 61605', groups: detections(3) },
    asks: { [`${data}destinationPort`]: '^5985$' },
  },
  {
    ...{ id: 92_153, level: 10, under: eventGroup(7), groups: detections(7) },
    asks: { [`${data}imageLoaded`]: 'vaultcli\\.dll$' },
  },
  {
    ...{ id: 92_154, level: 4, under: eventGroup(7), groups: detections(7) },
    asks: { [`${data}imageLoaded`]: 'taskschd\\.dll$' },
  },
  {
    id: 92_155,
    level: 12,
    under: '92154',
    groups: detections(7),
    asks: { [`${data}image`]: 'mshta\\.exe$' },
  },
  {
    ...{ id: 92_157, level: 6, under: eventGroup(7), groups: detections(7) },
    asks: { [`${data}imageLoaded`]: 'windows.+temp.+\\.dll$' },
  },
  {
    ...{ id: 92_207, level: 12, under: eventGroup(11), groups: detections(11) },
    asks: { [`${data}targetFilename`]: 'users.+public.+\\.exe$' },
  },
  {
    ...{ id: 92_213, level: 15, under: eventGroup(11), groups: detections(11) },
    asks: { [`${data}targetFilename`]: 'local.+temp.+\\.exe$' },
  },
  {
    ...{ id: 92_300, level: 0, under: eventGroup(13), groups: detections(13) },
    asks: { [`${data}targetObject`]: 'currentversion.+run' },
  },
  {
    ...{ id: 92_307, level: 3, under: eventGroup(13), groups: detections(13) },
    asks: { [`${data}targetObject`]: 'currentcontrolset.+services', [`${data}details`]: '\\.exe' },
  },
  {
    ...{ id: 92_400, level: 12, under: eventGroup(8), groups: detections(8) },
    asks: { [`${data}targetImage`]: 'explorer\\.exe$' },
  },
  {
    ...{ id: 92_403, level: 12, under: eventGroup(8), groups: detections(8) },
    asks: { [`${data}targetImage`]: 'lsass\\.exe$' },
  },
  {
    ...{ id: 92_651, level: 0, under: '60106', groups: 'win_evt_channel,windows,' },
    asks: { [`${data}ipAddress`]: '\\d+\\.\\d+\\.\\d+\\.\\d+' },
  },
  {
    ...{ id: 92_652, level: 6, under: '92651', groups: 'win_evt_channel,windows,' },
    asks: { [`${data}authenticationPackageName`]: 'ntlm' },
  },
  {
    ...{ id: 92_657, level: 6, under: '92652', groups: 'win_evt_channel,windows,authentication_success,' },
    asks: { [`${data}workstationName`]: '.' },
  },
  {
    ...{ id: 92_900, level: 12, under: eventGroup(10), groups: detections(10) },
    asks: { [`${data}targetImage`]: 'lsass\\.exe$', [`${data}grantedAccess`]: '0x1010' },
  },
  ...syscheck(550, 7, 'syscheck_integrity_changed', 'syscheck_entry_modified,syscheck_file'),
  ...syscheck(553, 7, 'syscheck_deleted', 'syscheck_entry_deleted,syscheck_file'),
  ...syscheck(554, 5, 'syscheck_new_entry', 'syscheck_entry_added,syscheck_file'),
  ...syscheck(594, 5, 'syscheck_registry_key_modified', 'syscheck_entry_modified,syscheck_registry'),
  ...syscheck(752, 5, 'syscheck_registry_value_added', 'syscheck_entry_added,syscheck_registry'),
  { id: 5700, level: 0, under: '1', groups: 'syslog,sshd,', decodedAs: 'sshd', noalert: true },
  {
    ...{ id: 5710, level: 5, under: '5700', groups: 'syslog,sshd,authentication_failed,invalid_login,' },
    match: 'invalid user',
  },
  { id: 5715, level: 3, under: '5700', groups: 'syslog,sshd,authentication_success,', match: '^Accepted ' },
  { id: 5716, level: 5, under: '5700', groups: 'syslog,sshd,authentication_failed,', match: '^Failed ' },
  {
    ...{ id: 5760, level: 5, under: '5700,5716', groups: 'syslog,sshd,authentication_failed,' },
    match: 'Failed password ',
  },
  {
    ...{ id: 86_600, level: 0, under: '1', groups: 'ids,suricata,' },
    ...{ decodedAs: 'json', asks: { timestamp: '.', event_type: '.' } },
  },
];

function syscheck(id: number, level: number, decodedAs: string, groups: string): StandIn[] {
  return [{ id, level, under: '7', groups: `ossec,syscheck,${groups},`, decodedAs }];
}

/** The seven base rules, one a category, in the order of their ids. */
const categories = ['syslog', 'firewall', 'ids', 'web-log', 'squid', 'windows', 'ossec'];

function renderBase(category: string, index: number): string {
  const rule = `<rule id="${index + 1}" level="0" noalert="1"><category>${category}</category><description>base</description></rule>`;
  return `<group name="${category},">${rule}</group>`;
}

function renderRule(rule: StandIn): string {
  const { id, level, under, groups, asks = {}, lacks = {}, match, decodedAs, noalert = false } = rule;
  const fields = (of: Readonly<Record<string, string>>, negate: string) =>
    Object.entries(of).map(
      ([name, pattern]) => `<field name="${name}" type="pcre2"${negate}>(?i)${pattern}</field>`,
    );
  const body = [
    /^[\d, ]+$/.test(under) ? `<if_sid>${under}</if_sid>` : `<if_group>${under}</if_group>`,
    ...(decodedAs === undefined ? [] : [`<decoded_as>${decodedAs}</decoded_as>`]),
    ...(match === undefined ? [] : [`<match>${match}</match>`]),
    ...fields(asks, ''),
    ...fields(lacks, ' negate="yes"'),
    '<description>stand-in</description>',
  ];
  const attributes = `id="${id}" level="${level}"${noalert ? ' noalert="1"' : ''}`;
  return `<group name="${groups}"><rule ${attributes}>${body.join('')}</rule></group>`;
}

/** Decoders by our own patterns, which find what the stock ones of 4.14.7 find in the recorded lines. */
const decoders = `
<decoder name="json"><prematch>^{\\s*"</prematch><plugin_decoder>JSON_Decoder</plugin_decoder></decoder>
<decoder name="sshd"><program_name>^sshd</program_name></decoder>
<decoder name="sshd-accepted"><parent>sshd</parent><prematch>^Accepted</prematch>
  <regex type="pcre2">^Accepted \\S+ for (\\S+) from (\\S+) port (\\d+)</regex><order>user, srcip, srcport</order></decoder>
<decoder name="sshd-invalid"><parent>sshd</parent><prematch>^Failed \\S+ for invalid user</prematch>
  <regex type="pcre2">invalid user (\\S+) from (\\S+)</regex><order>srcuser, srcip</order></decoder>
<decoder name="sshd-failed"><parent>sshd</parent><prematch>^Failed</prematch>
  <regex type="pcre2">for (\\S+) from (\\S+) port (\\d+)</regex><order>user, srcip, srcport</order></decoder>
`;

/**
 * Stand-ins for those rules and decoders of the stock ruleset that the recorded events and faults meet: ids, levels,
 * parents and groups as they are in 4.14.7, conditions and texts of our own. Which rule ends a recorded event is the
 * same below them; of any other event they say nothing.
 */
export const standInRules: readonly RulesetFile[] = [
  { name: 'ruleset/rules/0010-rules_config.xml', text: categories.map(renderBase).join('\n') },
  { name: 'ruleset/rules/0500-stand-in.xml', text: standIns.map(renderRule).join('\n') },
];

export const standInDecoders: readonly RulesetFile[] = [
  { name: 'ruleset/decoders/0010-stand-in.xml', text: decoders },
];

export type Lists = ReadonlyMap<string, ListReader | null>;
