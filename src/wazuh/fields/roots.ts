import type { Condition } from './condition.ts';

import type { SourceName } from './sources.ts';

/**
 * A rule of level 0 that tells events of a source apart, right below category templates of the engine: so it is tried
 * before every stock and site rule, once, whatever the site has (`docs/detections.md`).
 */
export interface Root {
  readonly id: number;
  /** Category templates, by their ids (1 syslog, 7 event channel and syscheck), or another root. */
  readonly parent: readonly number[] | string;
  readonly when: readonly Condition[];
  /** For its description. */
  readonly what: string;
  /**
   * The sources whose events it lets through, where a field has roots of several: it is left out with them. Default: it
   * belongs to each row of its fields.
   */
  readonly sources?: readonly SourceName[];
}

const eventId = 'win.system.eventID';
const provider = 'win.system.providerName';
const eventChannel = { decoder: 'windows_eventchannel' } as const;
const linuxChannel = { field: 'system.channel', pattern: '^Linux-Sysmon/Operational$' } as const;

/** Of one event channel of Windows. */
const fromProvider = (name: string) => [eventChannel, { field: provider, pattern: `^${name}$` }] as const;
const withField = (field: string, pattern = '.') => [{ field, pattern }] as const;

/**
 * The engine's own templates (0010-rules_config.xml, Wazuh 4.2 to 4.14.7): 1 syslog, all JSON and most vendors; 2 firewall;
 * 3 ids; 4 web-log; 5 squid; 6 windows (old event log); 7 ossec (event channel, syscheck, syscollector). The category of a
 * child is never checked, so one rule may hang below all of them.
 */
const syslog = [1] as const;
const engineOwn = [7] as const;

/**
 * Cheap questions first: the decoder is a number, and a field that every event of a decoder has is found at once, while
 * one that is absent is compared with every field of the event (`FindField`, Wazuh 4.14.7).
 */
export const roots = {
  sysmon: {
    id: 118_000,
    parent: engineOwn,
    when: fromProvider('Microsoft-Windows-Sysmon'),
    what: 'event of Sysmon',
  },
  win_hashes: {
    id: 118_001,
    parent: 'sysmon',
    when: withField(eventId, '^(?:1|6|7|15|2[3-9])$'),
    what: 'event with win.eventdata.hashes',
  },
  win_stream: {
    id: 118_002,
    parent: 'sysmon',
    when: withField(eventId, '^15$'),
    what: 'event with win.eventdata.hash',
  },
  win_address: {
    id: 118_003,
    parent: 'sysmon',
    when: withField(eventId, '^3$'),
    what: 'event with win.eventdata.destinationIp',
  },
  win_query: {
    id: 118_004,
    parent: 'sysmon',
    when: withField(eventId, '^22$'),
    what: 'event with win.eventdata.queryName',
    sources: ['sysmon'],
  },
  // Any decoder that fills the field: the documented event has no channel.
  linux_address: {
    id: 118_005,
    parent: syslog,
    when: withField('eventdata.destinationIp', '[.:]'),
    what: 'event with eventdata.destinationIp',
  },
  // Any JSON with a `sha256` and a `system.eventId` would pass for Sysmon for Linux without the channel.
  linux_hash: {
    id: 118_006,
    parent: syslog,
    when: [linuxChannel],
    what: 'event of Sysmon for Linux',
    sources: ['sysmon_linux'],
  },
  fim_added: {
    id: 118_007,
    parent: engineOwn,
    when: [{ decoder: 'syscheck_new_entry' }],
    what: 'file added',
    sources: ['fim'],
  },
  fim_modified: {
    id: 118_008,
    parent: engineOwn,
    when: [{ decoder: 'syscheck_integrity_changed' }],
    what: 'file modified',
    sources: ['fim'],
  },
  fim_deleted: {
    id: 118_009,
    parent: engineOwn,
    when: [{ decoder: 'syscheck_deleted' }],
    what: 'file deleted',
    sources: ['fim'],
  },

  // 118010 and 118011 are those of our own messages (rule-ids.ts).
  /** The address that an active response blocks is in its log, too: an alert of ours there would block it once more. */
  addresses: {
    id: 118_020,
    parent: [1, 2, 3, 4, 5, 6],
    when: [{ notFrom: 'active-responses\\.log$' }],
    what: 'event that is not of an active response',
  },
  named: { id: 118_021, parent: syslog, when: [{ decoder: 'named' }], what: 'event of BIND' },
  named_file: {
    id: 118_025,
    parent: syslog,
    when: [{ decoder: 'opencti-named' }],
    what: 'query in a log file of BIND',
  },
  unbound: { id: 118_022, parent: syslog, when: [{ decoder: 'unbound' }], what: 'event of unbound' },
  dnsmasq: {
    id: 118_023,
    parent: syslog,
    when: [{ decoder: 'opencti-dnsmasq' }],
    what: 'query of dnsmasq or Pi-hole',
  },
  squid: {
    id: 118_024,
    parent: [5],
    when: [{ decoder: 'squid-accesslog' }],
    what: 'request through squid',
  },

  win_security: {
    id: 118_030,
    parent: engineOwn,
    when: fromProvider('Microsoft-Windows-Security-Auditing'),
    what: 'event of the security channel of Windows',
  },
  win_logon: {
    id: 118_031,
    parent: 'win_security',
    when: withField(eventId, '^(?:46(?:24|25|48)|47(?:68|69|71))$'),
    what: 'logon event of Windows',
  },
  win_filter: {
    id: 118_032,
    parent: 'win_security',
    when: withField(eventId, '^515[67]$'),
    what: 'connection that Windows allowed or blocked',
  },
  win_rdp_session: {
    id: 118_033,
    parent: engineOwn,
    when: [
      ...fromProvider('Microsoft-Windows-TerminalServices-LocalSessionManager'),
      { field: eventId, pattern: '^2[145]$' },
    ],
    what: 'session of Remote Desktop',
  },
  win_rdp_connection: {
    id: 118_034,
    parent: engineOwn,
    when: [
      ...fromProvider('Microsoft-Windows-TerminalServices-RemoteConnectionManager'),
      { field: eventId, pattern: '^1149$' },
    ],
    what: 'connection of Remote Desktop',
  },
  win_dns_client: {
    id: 118_035,
    parent: engineOwn,
    when: [...fromProvider('Microsoft-Windows-DNS-Client'), { field: eventId, pattern: '^3008$' }],
    what: 'query of the DNS client of Windows',
    sources: ['windows_dns'],
  },
  win_dns_server: {
    id: 118_036,
    parent: engineOwn,
    when: fromProvider('Microsoft-Windows-DNSServer'),
    what: 'event of the DNS server of Windows',
  },
  syscollector: {
    id: 118_037,
    parent: engineOwn,
    when: [{ decoder: 'syscollector' }],
    what: 'event of the inventory',
  },

  json: { id: 118_040, parent: syslog, when: [{ decoder: 'json' }], what: 'event in JSON' },
  suricata_address: {
    id: 118_041,
    parent: 'json',
    when: withField('event_type', '^(?:alert|flow)$'),
    what: 'alert or flow of Suricata',
    sources: ['suricata'],
  },
  suricata_dns: {
    id: 118_042,
    parent: 'json',
    when: withField('event_type', '^dns$'),
    what: 'DNS event of Suricata',
  },
  suricata_http: {
    id: 118_043,
    parent: 'json',
    when: withField('event_type', '^http$'),
    what: 'HTTP event of Suricata',
  },
  suricata_tls: {
    id: 118_044,
    parent: 'json',
    when: withField('event_type', '^tls$'),
    what: 'TLS event of Suricata',
  },
  suricata_file: {
    id: 118_045,
    parent: 'json',
    when: withField('event_type', '^fileinfo$'),
    what: 'file event of Suricata',
  },
  aws: { id: 118_046, parent: 'json', when: withField('integration', '^aws$'), what: 'event of AWS' },
  office365: {
    id: 118_047,
    parent: 'json',
    when: withField('integration', '^office365$'),
    what: 'event of Office 365',
  },
  gcp: {
    id: 118_048,
    parent: 'json',
    when: withField('integration', '^gcp$'),
    what: 'event of Google Cloud',
  },
  github: {
    id: 118_049,
    parent: 'json',
    when: withField('integration', '^github$'),
    what: 'event of GitHub',
  },
  ms_graph: {
    id: 118_050,
    parent: syslog,
    when: [{ decoder: 'json-msgraph' }],
    what: 'event of Microsoft Graph',
  },
  azure: { id: 118_051, parent: 'json', when: withField('azure_tag'), what: 'event of Azure' },
  security_lake: {
    id: 118_052,
    parent: 'json',
    when: withField('category_uid'),
    what: 'event in the schema of OCSF',
  },
  cloudflare: {
    id: 118_053,
    parent: 'json',
    when: withField('WAFAction'),
    what: 'event of the firewall of Cloudflare',
  },
  zeek: { id: 118_054, parent: 'json', when: withField('id.orig_h'), what: 'event of Zeek' },
  zeek_connection: {
    id: 118_055,
    parent: 'zeek',
    when: withField('conn_state'),
    what: 'connection of Zeek',
  },
  // As OwlH forwards it.
  zeek_owlh: {
    id: 118_059,
    parent: 'zeek',
    when: withField('bro_engine', '^CONN$'),
    what: 'connection of Zeek by OwlH',
  },
  zeek_file: {
    id: 118_058,
    parent: 'zeek',
    when: withField('fuid'),
    what: 'file of Zeek',
    sources: ['zeek'],
  },
  osquery: { id: 118_056, parent: 'json', when: withField('osquery.name'), what: 'result of osquery' },
  falco: {
    id: 118_057,
    parent: 'json',
    when: withField('output_fields.fd.sip'),
    what: 'event of Falco with an address',
  },

  asa: {
    id: 118_060,
    parent: syslog,
    when: [{ decoder: 'cisco-asa' }],
    what: 'event of Cisco ASA',
    sources: ['cisco'],
  },
  ftd: {
    id: 118_061,
    parent: syslog,
    when: [{ decoder: 'cisco-ftd' }],
    what: 'event of Cisco FTD',
    sources: ['cisco'],
  },
  sophos: {
    id: 118_062,
    parent: syslog,
    when: [{ decoder: 'sophos-fw' }],
    what: 'event of Sophos XG',
    sources: ['sophos'],
  },
  palo_alto: { id: 118_063, parent: syslog, when: [{ decoder: 'paloalto' }], what: 'event of Palo Alto' },
  check_point: {
    id: 118_064,
    parent: syslog,
    when: [{ decoder: 'checkpoint-smart1' }],
    what: 'event of Check Point',
  },
  // That of Fortigate 6 puts the peer into `ip` (Wazuh 4.14.7).
  fortigate: {
    id: 118_065,
    parent: syslog,
    when: [{ decoder: 'fortigate-firewall-v5' }],
    what: 'event of Fortigate',
  },
} as const satisfies Record<string, Root>;

export type RootKey = keyof typeof roots;

/** A root of the table by its name, or one that a field of the site brings. */
export type RootOf = RootKey | Root;

/** The root with the type that all of them share. */
export function toRoot(root: RootOf): Root {
  return typeof root === 'string' ? roots[root] : root;
}
