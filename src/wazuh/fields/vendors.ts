import type { Condition } from './condition.ts';
import { anyAddress, type EventField, fieldIds, type RowStart, row } from './field.ts';
import { suricataSources } from './suricata.ts';

/** `src_ip` of Cisco's messages is the outside address, whatever the direction: the text alone says it (Wazuh 4.14.7). */
const builtOutbound = { text: 'Built outbound ' } as const;
const builtInbound = { text: 'Built inbound ' } as const;
/** 302015, UDP, decodes its number alone, so UDP is looked up when it ends, and that text has no direction. */
const udpEnds = { text: 'Teardown UDP ' } as const;
const quiet = { level: 6, quiet: true } as const;
const quieter = { level: 4, quiet: true } as const;
const asaCounters = { takesFrom: [64_028, 64_029, 91_526, 91_527] } as const;

const cisco = (
  name: string,
  ruleId: number,
  text: Condition,
  happened: string,
  starts: RowStart,
  more = {},
) => row('cisco', name, ruleId, text, happened, starts, more);

/** Firewalls with fields of their own; what they log in `srcip` and `dstip` is in `logs.ts`. */
export const vendorFields = [
  {
    key: 'src_ip',
    list: 'opencti-src-ip',
    ruleField: 'src_ip',
    alertPaths: ['data.src_ip'],
    subject: 'address',
    spelling: 'log-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['suricata_address', 'asa', 'ftd', 'sophos'],
    ids: fieldIds(21),
    events: [
      ...suricataSources,
      cisco('outbound', 119_110, builtOutbound, 'connection to $(src_ip):$(src_port) by $(dst_ip)', 'always'),
      cisco('udp', 119_111, udpEnds, 'UDP exchange of $(dst_ip) with $(src_ip):$(src_port)', 'source', {
        level: 10,
      }),
      cisco('inbound', 119_112, builtInbound, 'connection from $(src_ip) to $(dst_ip)', 'asked', quiet),
      cisco(
        'inbound_blocked',
        119_113,
        { text: ' denied from ' },
        'blocked connection from $(src_ip) to $(dst_ip)',
        'asked',
        { ...quieter, ...asaCounters },
      ),
      row(
        'sophos',
        'inbound',
        119_114,
        { field: 'sophos_fw_status_msg', pattern: '.' },
        'connection from $(src_ip) to $(dst_ip), $(sophos_fw_status_msg)',
        'asked',
        quieter,
      ),
    ],
  },
  {
    key: 'dst_ip',
    list: 'opencti-dst-ip',
    ruleField: 'dst_ip',
    alertPaths: ['data.dst_ip'],
    subject: 'address',
    spelling: 'log-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['asa', 'ftd', 'sophos'],
    ids: fieldIds(22),
    events: [
      cisco(
        'outbound',
        119_115,
        { text: '^(?![\\s\\S]*(?:denied|Deny|Teardown TCP))[\\s\\S]*(?:ASA|FTD)-' },
        'connection to $(dst_ip):$(dst_port) from $(src_ip)',
        'always',
      ),
      row(
        'sophos',
        'outbound',
        119_116,
        { text: 'log_subtype="?Allowed' },
        'connection to $(dst_ip):$(dst_port) from $(src_ip)',
        'always',
      ),
      row(
        'sophos',
        'outbound_blocked',
        119_117,
        { text: 'log_subtype="?Denied' },
        'blocked connection to $(dst_ip):$(dst_port) from $(src_ip)',
        'asked',
        { level: 7 },
      ),
    ],
  },
  {
    key: 'pan_source',
    list: 'opencti-paloalto-source-address',
    ruleField: 'source_address',
    alertPaths: ['data.source_address'],
    subject: 'address',
    spelling: 'log-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['palo_alto'],
    ids: fieldIds(23),
    events: [
      row(
        'palo_alto',
        'inbound',
        119_118,
        { field: 'action', pattern: '.' },
        'connection from $(source_address) to $(destination_address), $(action)',
        'asked',
        quieter,
      ),
    ],
  },
  {
    key: 'pan_destination',
    list: 'opencti-paloalto-destination-address',
    ruleField: 'destination_address',
    alertPaths: ['data.destination_address'],
    subject: 'address',
    spelling: 'log-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['palo_alto'],
    ids: fieldIds(24),
    events: [
      row(
        'palo_alto',
        'outbound',
        119_119,
        { field: 'action', pattern: '^(?:allow|alert|continue)' },
        'connection to $(destination_address) from $(source_address)',
        'source',
      ),
      row(
        'palo_alto',
        'outbound_blocked',
        119_120,
        { field: 'action', pattern: '(?i)block|den(?:y|ied)|drop|reset' },
        'blocked connection to $(destination_address) from $(source_address)',
        'asked',
        { level: 7 },
      ),
    ],
  },
  {
    key: 'checkpoint_source',
    list: 'opencti-checkpoint-src',
    ruleField: 'src',
    alertPaths: ['data.src'],
    subject: 'address',
    spelling: 'log-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['check_point'],
    ids: fieldIds(25),
    events: [
      row(
        'check_point',
        'inbound',
        119_121,
        { field: 'fw_action', pattern: '.' },
        'connection from $(src) to $(dst), $(fw_action)',
        'asked',
        quieter,
      ),
    ],
  },
  {
    key: 'checkpoint_destination',
    list: 'opencti-checkpoint-dst',
    ruleField: 'dst',
    alertPaths: ['data.dst'],
    subject: 'address',
    spelling: 'log-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['check_point'],
    ids: fieldIds(26),
    events: [
      row(
        'check_point',
        'outbound',
        119_122,
        { field: 'fw_action', pattern: '(?i)^(?:accept|allow|encrypt|decrypt)' },
        'connection to $(dst) from $(src)',
        'source',
      ),
      row(
        'check_point',
        'outbound_blocked',
        119_123,
        { field: 'fw_action', pattern: '(?i)^(?:drop|reject|block|prevent)' },
        'blocked connection to $(dst) from $(src)',
        'asked',
        { level: 7 },
      ),
    ],
  },
  {
    key: 'fortigate_peer',
    list: 'opencti-fortigate-remip',
    ruleField: 'remip',
    alertPaths: ['data.remip'],
    subject: 'address',
    spelling: 'log-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['fortigate'],
    ids: fieldIds(27),
    events: [
      row(
        'fortigate',
        'vpn',
        119_124,
        { field: 'action', pattern: '^tunnel-up' },
        'VPN tunnel from $(remip) as $(dstuser)',
        'source',
        { level: 10, takesFrom: [81_623] },
      ),
    ],
  },
] as const satisfies readonly EventField[];
