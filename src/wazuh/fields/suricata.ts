import { anyAddress, type EventField, type FieldEvent, fieldIds, type RowStart } from './field.ts';

function suricata(
  ruleId: number,
  row: string,
  type: string,
  happened: string,
  starts: RowStart,
  more: Pick<FieldEvent, 'level' | 'quiet'> = {},
): FieldEvent {
  return {
    source: 'suricata',
    row,
    event: null,
    ruleId,
    when: [{ field: 'event_type', pattern: `^${type}$` }],
    happened,
    groups: 'suricata',
    starts,
    ...more,
  };
}

const file = (ruleId: number) =>
  suricata(
    ruleId,
    'file',
    'fileinfo',
    'file $(fileinfo.filename) transferred from $(src_ip) to $(dest_ip)',
    'source',
  );

const query = 'DNS query of $(src_ip), Suricata';

/**
 * Suricata's EVE JSON. Addresses are looked up in alerts and flows alone: every other event of a connection has them
 * again. Of DNS version 3 (Suricata 8) the queries are an array, whose text only a pattern can search.
 */
export const suricataFields = [
  {
    key: 'dest_ip',
    list: 'opencti-dest-ip',
    ruleField: 'dest_ip',
    alertPaths: ['data.dest_ip'],
    subject: 'address',
    spelling: 'log-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['suricata_address'],
    ids: fieldIds(13),
    events: [
      suricata(
        119_100,
        'alert_destination',
        'alert',
        'Suricata alert, connection to $(dest_ip):$(dest_port) from $(src_ip)',
        'always',
      ),
      suricata(
        119_101,
        'flow_destination',
        'flow',
        'connection to $(dest_ip):$(dest_port) from $(src_ip)',
        'always',
      ),
    ],
  },
  {
    key: 'suricata_dns_name',
    list: 'opencti-suricata-dns-rrname',
    ruleField: 'dns.rrname',
    alertPaths: ['data.dns.rrname'],
    subject: 'name',
    spelling: 'name',
    kinds: ['name'],
    patterns: 'domains',
    roots: ['suricata_dns'],
    ids: fieldIds(14),
    events: [suricata(119_104, 'dns', 'dns', `$(dns.rrname), ${query}`, 'source')],
  },
  {
    key: 'suricata_dns_queries',
    list: null,
    ruleField: 'dns.queries',
    alertPaths: ['data.dns.queries'],
    subject: 'name',
    spelling: 'name-in-array',
    kinds: ['name'],
    patterns: 'domains',
    roots: ['suricata_dns'],
    ids: fieldIds(15),
    events: [suricata(119_105, 'dns', 'dns', query, 'source')],
  },
  {
    key: 'suricata_http_host',
    list: 'opencti-suricata-http-hostname',
    ruleField: 'http.hostname',
    alertPaths: ['data.http.hostname'],
    subject: 'name',
    spelling: 'name',
    kinds: ['name'],
    patterns: 'domains',
    roots: ['suricata_http'],
    ids: fieldIds(16),
    events: [suricata(119_106, 'http', 'http', 'HTTP request for $(http.hostname) by $(src_ip)', 'source')],
  },
  {
    key: 'suricata_tls_sni',
    list: 'opencti-suricata-tls-sni',
    ruleField: 'tls.sni',
    alertPaths: ['data.tls.sni'],
    subject: 'name',
    spelling: 'name',
    kinds: ['name'],
    patterns: 'domains',
    roots: ['suricata_tls'],
    ids: fieldIds(17),
    events: [suricata(119_107, 'tls', 'tls', 'TLS connection to $(tls.sni) by $(src_ip)', 'source')],
  },
  {
    key: 'suricata_sha256',
    list: 'opencti-suricata-file-sha256',
    ruleField: 'fileinfo.sha256',
    alertPaths: ['data.fileinfo.sha256'],
    subject: 'hash',
    spelling: 'bare-lower',
    kinds: ['sha256'],
    patterns: null,
    roots: ['suricata_file'],
    ids: fieldIds(18),
    events: [file(119_108)],
  },
  {
    key: 'suricata_sha1',
    list: 'opencti-suricata-file-sha1',
    ruleField: 'fileinfo.sha1',
    alertPaths: ['data.fileinfo.sha1'],
    subject: 'hash',
    spelling: 'bare-lower',
    kinds: ['sha1'],
    patterns: null,
    roots: ['suricata_file'],
    ids: fieldIds(19),
    events: [file(119_108)],
  },
  {
    key: 'suricata_md5',
    list: 'opencti-suricata-file-md5',
    ruleField: 'fileinfo.md5',
    alertPaths: ['data.fileinfo.md5'],
    subject: 'hash',
    spelling: 'bare-lower',
    kinds: ['md5'],
    patterns: null,
    roots: ['suricata_file'],
    ids: fieldIds(20),
    events: [file(119_108)],
  },
] as const satisfies readonly EventField[];

/** Rows of `src_ip`, a field that Suricata shares with firewalls (`vendors.ts`). */
export const suricataSources = [
  suricata(119_102, 'alert_source', 'alert', 'Suricata alert, connection from $(src_ip)', 'always', {
    level: 6,
  }),
  suricata(119_103, 'flow_source', 'flow', 'connection from $(src_ip) to $(dest_ip):$(dest_port)', 'asked', {
    level: 4,
    quiet: true,
  }),
];
