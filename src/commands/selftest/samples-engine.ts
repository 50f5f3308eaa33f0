import { type HashKind, hashKinds, kinds } from '../../values/kinds.ts';
import { type EventField, type FieldEvent, sources } from '../../wazuh/fields.ts';
import type { Mark, Sample } from './sample.ts';

/** The frames of the queue are those of agents and logcollector, without an agent before the `->`: the manager itself (Wazuh 4.14.7). */

interface Channel {
  /** Of the provider; the channel has this name, too, and `/Operational` or what is named. */
  readonly provider: string;
  readonly channel?: string;
  readonly data: (token: string) => Readonly<Record<string, string>>;
}

const logon: Channel = {
  provider: 'Microsoft-Windows-Security-Auditing',
  channel: 'Security',
  data: (token) => ({ TargetUserName: token, TargetDomainName: 'opencti-selftest', LogonType: '3' }),
};

const filter = (direction: string): Channel => ({
  ...logon,
  data: (token) => ({
    Application: `\\device\\opencti-selftest\\${token}`,
    Direction: direction,
    SourceAddress: '192.0.2.1',
    SourcePort: '4',
    DestPort: '443',
    Protocol: '6',
  }),
});

/** By the names of source and row. */
const channels: Readonly<Record<string, Channel>> = {
  sysmon: {
    provider: 'Microsoft-Windows-Sysmon',
    data: (token) => ({
      RuleName: '-',
      UtcTime: '2026-01-01 00:00:00.000',
      ProcessId: '4',
      Image: `C:\\opencti-selftest\\${token}`,
      User: 'opencti-selftest',
    }),
  },
  windows_logons: logon,
  'windows_firewall/outbound': filter('%%14593'),
  'windows_firewall/inbound': filter('%%14592'),
  'windows_firewall/outbound_blocked': filter('%%14593'),
  'windows_rdp/session': {
    provider: 'Microsoft-Windows-TerminalServices-LocalSessionManager',
    data: (token) => ({ User: token, SessionID: '3' }),
  },
  'windows_rdp/connection': {
    provider: 'Microsoft-Windows-TerminalServices-RemoteConnectionManager',
    data: (token) => ({ Param1: token, Param2: 'opencti-selftest' }),
  },
  'windows_dns/client': {
    provider: 'Microsoft-Windows-DNS-Client',
    data: (token) => ({ QueryType: '1', QueryResults: token }),
  },
  'windows_dns/server': {
    provider: 'Microsoft-Windows-DNSServer',
    channel: 'Microsoft-Windows-DNSServer/Analytical',
    data: (token) => ({ Source: '192.0.2.1', QTYPE: '1', InterfaceIP: token }),
  },
};

/** An event of the event channel as logcollector sends it. Sysmon alone says when a connection came in. */
export function writeWindows(field: EventField, { source, row, event }: FieldEvent): Sample[] {
  const form = channels[`${source}/${row}`] ?? channels[source];
  if (form === undefined || event === null) throw new Error(`no sample of ${source}, ${row}`);
  const { provider, channel = `${provider}/Operational`, data } = form;
  const isXml = field.ruleField.startsWith('win.eventXML.');
  const inbound = source === 'sysmon' && row === 'inbound' ? { Initiated: 'false' } : {};
  const write = (text: string, { token }: Mark) => {
    const values = { ...data(token), ...inbound, [toTag(field.ruleField)]: text };
    const xml =
      `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>` +
      `<Provider Name='${provider}' Guid='{5770385f-c22a-43e0-bf4c-06f5698ffbd9}'/>${toSystem(event, "'")}` +
      `<Channel>${channel}</Channel><Computer>opencti-selftest</Computer><Security UserID='S-1-5-18'/></System>` +
      `${isXml ? toUserData(values) : `<EventData>${toData(values, "'")}</EventData>`}</Event>`;
    return `f:EventChannel:${JSON.stringify({ Message: 'opencti-selftest', Event: xml })}`;
  };
  const root = field.roots.length === 1 ? null : source === 'sysmon' ? 'win_query' : 'win_dns_client';
  return [{ log: `${sources[source].title} ${event}`, root, takes: () => true, write }];
}

/** `win.eventdata.destinationIp` is written from the tag `DestinationIp`. */
function toTag(ruleField: string): string {
  const name = ruleField.slice(ruleField.lastIndexOf('.') + 1);
  return name.slice(0, 1).toUpperCase() + name.slice(1);
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

/** The other form of the values of an event, which Remote Desktop writes. */
function toUserData(data: Readonly<Record<string, string>>): string {
  const values = Object.entries(data).map(([name, text]) => `<${name}>${text}</${name}>`);
  return `<UserData><EventXML xmlns='Event_NS'>${values.join('')}</EventXML></UserData>`;
}

/** A line of Sysmon for Linux as the system's log has it. */
export function writeLinuxSysmon(
  { ruleField, subject }: EventField,
  { source, event }: FieldEvent,
): Sample[] {
  const tag = subject === 'hash' ? 'Hashes' : toTag(ruleField);
  const write = (text: string, { token }: Mark) => {
    const data = {
      RuleName: '-',
      UtcTime: '2026-01-01 00:00:00.000',
      ProcessId: '4',
      Image: `/opencti-selftest/${token}`,
      User: 'opencti-selftest',
      [tag]: text,
    };
    const xml =
      `<Event><System><Provider Name="Linux-Sysmon" Guid="{ff032593-a8d3-4f13-b0d6-01fc615a0f97}"/>${toSystem(event ?? 0, '"')}` +
      `<Channel>Linux-Sysmon/Operational</Channel><Computer>opencti-selftest</Computer>` +
      `<Security UserId="0"/></System><EventData>${toData(data, '"')}</EventData></Event>`;
    return `1:/var/log/syslog:Jan  1 00:00:00 opencti-selftest sysmon: ${xml}`;
  };
  const root = subject === 'hash' ? 'linux_hash' : null;
  return [{ log: `${sources[source].title} ${event}`, root, takes: () => true, write }];
}

const syscheckTypes: Readonly<Record<number, 'modified' | 'deleted' | 'added'>> = {
  550: 'modified',
  553: 'deleted',
  554: 'added',
};

/** FIM's own database gets an entry of this file, and loses it by the event `deleted`. */
export function writeSyscheck({ ruleField }: EventField, { source, event }: FieldEvent): Sample[] {
  const type = syscheckTypes[event ?? 0] ?? 'added';
  const hash = ruleField as HashKind;
  const write = (text: string, { token, file }: Mark) => {
    const now = Math.floor(Date.now() / 1_000);
    const toAttributes = (hashes: Readonly<Record<HashKind, string>>) => ({
      type: 'file',
      size: 0,
      perm: 'rw-------',
      uid: '0',
      gid: '0',
      // The token: it is repeated in the alert, and no one asks who owns the file.
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
  };
  return [{ log: `${sources[source].title} ${event}`, root: `fim_${type}`, takes: () => true, write }];
}

/** A connection that the inventory no longer finds: of `INSERTED` the manager's own database would keep an entry. */
export function writeSyscollector(_: EventField, { source }: FieldEvent): Sample[] {
  const write = (text: string, { token }: Mark) => {
    const data = {
      protocol: 'tcp',
      local_ip: '192.0.2.1',
      local_port: 4,
      remote_ip: text,
      remote_port: 443,
      tx_queue: 0,
      rx_queue: 0,
      inode: 4,
      state: 'established',
      pid: 4,
      process: token,
      scan_time: '2026/01/01 00:00:00',
      item_id: token,
      checksum: token,
    };
    return `d:syscollector:${JSON.stringify({ data, operation: 'DELETED', type: 'dbsync_ports' })}`;
  };
  return [{ log: sources[source].title, root: null, takes: () => true, write }];
}
