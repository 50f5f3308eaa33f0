import type { Condition } from './condition.ts';
import { anyAddress, type EventField, type FieldEvent, fieldIds, type RowStart } from './field.ts';
import type { SourceName } from './sources.ts';
import { windowsEventId } from './sysmon.ts';

function windows(
  source: SourceName,
  row: string,
  event: number,
  ruleId: number,
  happened: string,
  starts: RowStart,
  more: Pick<FieldEvent, 'level' | 'quiet' | 'takesFrom'> & { readonly when?: readonly Condition[] } = {},
): FieldEvent {
  const { when = [], ...rest } = more;
  return {
    source,
    row,
    event,
    ruleId,
    when: [{ field: windowsEventId, pattern: `^${event}$` }, ...when],
    happened,
    groups: `windows,opencti_${source}`,
    starts,
    ...rest,
  };
}

const logon = (event: number, ruleId: number) =>
  windows(
    'windows_logons',
    'logon',
    event,
    ruleId,
    'logon from $(win.eventdata.ipAddress) as $(win.eventdata.targetUserName), type $(win.eventdata.logonType)',
    'always',
  );

const kerberos = (event: number, ruleId: number) =>
  windows(
    'windows_logons',
    'kerberos',
    event,
    ruleId,
    'Kerberos request from $(win.eventdata.ipAddress) for $(win.eventdata.targetUserName)',
    'asked',
    { level: 6, quiet: true, takesFrom: [60_204, 60_205] },
  );

const session = (event: number, ruleId: number, address: string) =>
  windows(
    'windows_rdp',
    'session',
    event,
    ruleId,
    `Remote Desktop session from $(${address}) on $(win.system.computer)`,
    'always',
  );

/** Before the password was checked. */
const connection = (ruleId: number, address: string) =>
  windows(
    'windows_rdp',
    'connection',
    1149,
    ruleId,
    `Remote Desktop connection from $(${address}) to $(win.system.computer)`,
    'always',
    { level: 8 },
  );

/** `%%14593` and `%%14592` are the numbers of the words outbound and inbound in the messages of Windows. */
const outwards = { field: 'win.eventdata.direction', pattern: '^%%14593$' } as const;
const inwards = { field: 'win.eventdata.direction', pattern: '^%%14592$' } as const;

/** Event channels of Windows beside Sysmon's. Remote Desktop writes `UserData/EventXML`, or `EventData`. */
export const windowsFields = [
  {
    key: 'win_logon',
    list: 'opencti-win-ip-address',
    ruleField: 'win.eventdata.ipAddress',
    alertPaths: ['data.win.eventdata.ipAddress'],
    subject: 'address',
    spelling: 'mapped-log-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['win_logon'],
    ids: fieldIds(28),
    events: [
      logon(4624, 119_130),
      logon(4648, 119_131),
      windows(
        'windows_logons',
        'failed',
        4625,
        119_132,
        'failed logon from $(win.eventdata.ipAddress) as $(win.eventdata.targetUserName)',
        'asked',
        { level: 5, quiet: true, takesFrom: [60_204, 60_205] },
      ),
      kerberos(4768, 119_133),
      kerberos(4769, 119_134),
      kerberos(4771, 119_135),
    ],
  },
  {
    key: 'win_filter',
    list: 'opencti-win-dest-address',
    ruleField: 'win.eventdata.destAddress',
    alertPaths: ['data.win.eventdata.destAddress'],
    subject: 'address',
    spelling: 'log-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['win_filter'],
    ids: fieldIds(29),
    events: [
      windows(
        'windows_firewall',
        'outbound',
        5156,
        119_136,
        'connection to $(win.eventdata.destAddress):$(win.eventdata.destPort) by $(win.eventdata.application)',
        'always',
        { when: [outwards] },
      ),
      windows(
        'windows_firewall',
        'inbound',
        5156,
        119_137,
        'connection from $(win.eventdata.destAddress) to $(win.eventdata.application)',
        'asked',
        { when: [inwards], level: 6, quiet: true },
      ),
      windows(
        'windows_firewall',
        'outbound_blocked',
        5157,
        119_138,
        'blocked connection to $(win.eventdata.destAddress):$(win.eventdata.destPort) by $(win.eventdata.application)',
        'asked',
        { when: [outwards], level: 7, takesFrom: [60_205] },
      ),
    ],
  },
  {
    key: 'win_rdp_data',
    list: 'opencti-win-address',
    ruleField: 'win.eventdata.address',
    alertPaths: ['data.win.eventdata.address'],
    subject: 'address',
    spelling: 'log-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['win_rdp_session'],
    ids: fieldIds(30),
    events: [
      session(21, 119_140, 'win.eventdata.address'),
      session(24, 119_141, 'win.eventdata.address'),
      session(25, 119_142, 'win.eventdata.address'),
    ],
  },
  {
    key: 'win_rdp_xml',
    list: 'opencti-win-eventxml-address',
    ruleField: 'win.eventXML.address',
    alertPaths: ['data.win.eventXML.address'],
    subject: 'address',
    spelling: 'log-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['win_rdp_session'],
    ids: fieldIds(31),
    events: [
      session(21, 119_143, 'win.eventXML.address'),
      session(24, 119_144, 'win.eventXML.address'),
      session(25, 119_145, 'win.eventXML.address'),
    ],
  },
  {
    key: 'win_rcm_data',
    list: 'opencti-win-param3',
    ruleField: 'win.eventdata.param3',
    alertPaths: ['data.win.eventdata.param3'],
    subject: 'address',
    spelling: 'log-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['win_rdp_connection'],
    ids: fieldIds(32),
    events: [connection(119_146, 'win.eventdata.param3')],
  },
  {
    key: 'win_rcm_xml',
    list: 'opencti-win-eventxml-param3',
    ruleField: 'win.eventXML.param3',
    alertPaths: ['data.win.eventXML.param3'],
    subject: 'address',
    spelling: 'log-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['win_rdp_connection'],
    ids: fieldIds(33),
    events: [connection(119_147, 'win.eventXML.param3')],
  },
  {
    key: 'win_dns_server',
    list: 'opencti-win-qname',
    ruleField: 'win.eventdata.qNAME',
    alertPaths: ['data.win.eventdata.qNAME'],
    subject: 'name',
    spelling: 'name',
    kinds: ['name'],
    patterns: 'domains',
    roots: ['win_dns_server'],
    ids: fieldIds(34),
    events: [
      windows(
        'windows_dns',
        'server',
        256,
        119_148,
        'DNS query for $(win.eventdata.qNAME) by $(win.eventdata.source)',
        'source',
      ),
    ],
  },
  {
    key: 'port_remote',
    list: 'opencti-port-remote-ip',
    ruleField: 'port.remote_ip',
    alertPaths: ['data.port.remote_ip'],
    subject: 'address',
    spelling: 'log-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['syscollector'],
    ids: fieldIds(35),
    events: [
      {
        source: 'syscollector',
        row: 'connection',
        event: null,
        ruleId: 119_149,
        when: [{ field: 'port.remote_ip', pattern: '.' }],
        happened: 'open connection to $(port.remote_ip):$(port.remote_port)',
        groups: 'opencti_syscollector',
        starts: 'asked',
      },
    ],
  },
] as const satisfies readonly EventField[];
