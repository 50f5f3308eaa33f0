import type { EventField, FieldEvent, RootKey } from '../../wazuh/fields.ts';
import type { Mark, Sample } from './sample.ts';

interface Line {
  readonly log: string;
  readonly root?: RootKey;
  /** Default: every spelling. */
  readonly takes?: (text: string) => boolean;
  /** The line with `VALUE` in its place, or what makes it. */
  readonly line: string | ((text: string) => string);
}

/** The header of syslog before a line. */
const from = (program: string) => `Jan  1 00:00:00 opencti-selftest ${program}: `;
const cisco = 'Jan  1 00:00:00 opencti-selftest ';
const kernel = `${from('kernel')}[188811.221100] `;
const packet =
  'LEN=60 TOS=0x00 PREC=0x00 TTL=49 ID=4 DF PROTO=TCP SPT=4 DPT=443 WINDOW=1024 RES=0x00 SYN URGP=0';

const sophos = (subtype: string, addresses: string) =>
  `device="SFW" date=2026-01-01 time=00:00:00 timezone="+00" device_name="XGS" device_id=C4 log_id=010101600001 ` +
  `log_type="Firewall" log_component="Firewall Rule" log_subtype="${subtype}" status="${subtype === 'Denied' ? 'Deny' : 'Allow'}" ` +
  `priority=Information user_name="opencti-selftest" ${addresses} protocol="TCP" src_port=4 dst_port=443`;

/** The fields of a traffic log are told apart by their places. */
const paloAlto = (source: string, destination: string, action: string) =>
  `Jan  1 00:00:00 opencti-selftest 1,2026/01/01 00:00:00,012001000001,TRAFFIC,end,2561,2026/01/01 00:00:00,${source},${destination},` +
  `192.0.2.1,192.0.2.1,opencti-selftest,opencti-selftest,,ssl,vsys1,trust,untrust,ethernet1/2,ethernet1/1,default,2026/01/01 00:00:00,4,1,4,443,4,443,` +
  `0x400053,tcp,${action},4,4,4,4,2026/01/01 00:00:00,5,any,,4,0x0,Reserved,Reserved,,4,4,tcp-fin,0,0,0,0,,pa,from-policy,,,0,,0,,N/A,0,0,0,0,4,0,0` +
  ','.repeat(47);

/** The last value before the bracket is not decoded (Wazuh 4.14.7). */
const checkPoint = (action: string, addresses: string) =>
  `1 2026-01-01T00:00:00Z opencti-selftest CheckPoint 4 - [action:"${action}"; conn_direction:"Outgoing"; ifname:"eth1"; ` +
  `${addresses}; product:"VPN-1 & FireWall-1"; proto:"6"; rule:"3"; service:"443"; version:"5"]`;

const vpn =
  'type="event" subtype="vpn" level="information" vd="root" logdesc="SSL VPN tunnel up" action="tunnel-up"';
const peer =
  'tunneltype="ssl-web" tunnelid=4 remip=VALUE user="opencti-selftest" group="opencti-selftest" msg="SSL tunnel established"';
const fortigate = 'date=2026-01-01 time=00:00:00 devname="opencti-selftest" devid="FG100FTK00000001"';

/** An A query has the dot of every name cut off by the stock decoder, an AAAA query has it in the name (Wazuh 4.14.7). */
const unbound = (name: string) =>
  `${from('unbound')}[4:0] info: 192.0.2.1 ${name.endsWith('.') ? `${name} AAAA` : `${name}. A`} IN`;

/** A request, or a tunnel where the field is a host and a port. */
const squid = (result: string, peerOf: string) => (url: string) =>
  `1767225600.000      4 192.0.2.1 ${result} 4 ${url.startsWith('http') ? 'GET' : 'CONNECT'} ${url} opencti-selftest ${peerOf} -`;

/** The decoder of FTD cuts an IPv6 address at its last colon, where the interface before it should end (Wazuh 4.14.7). */
const isIpv4 = (text: string) => !text.includes(':');

/** BIND and dnsmasq log names without the dot at their end. */
const hasNoDot = (text: string) => !text.endsWith('.');

/** By the id of the rule of the row: rows of one source have a log of their own each. */
const lines: Readonly<Record<number, readonly Line[]>> = {
  119020: [
    {
      log: 'sshd',
      line: `${from('sshd[4]')}Accepted publickey for opencti-selftest from VALUE port 4 ssh2: ED25519 SHA256:4`,
    },
  ],
  119022: [
    {
      log: 'dovecot',
      line: `${from('dovecot')}imap-login: Login: user=<opencti-selftest>, method=PLAIN, rip=VALUE, lip=192.0.2.1, mpid=4, TLS, session=<4>`,
    },
  ],
  119024: [
    { log: 'vsftpd', line: 'Thu Jan  1 00:00:00 2026 [pid 4] [opencti-selftest] OK LOGIN: Client "VALUE"' },
  ],
  119026: [
    {
      log: 'proftpd',
      line: `${from('proftpd[4]')}opencti-selftest (VALUE[VALUE]) - USER opencti-selftest: Login successful.`,
    },
  ],
  119028: [
    {
      log: 'OpenVPN',
      line: `${from('openvpn[4]')}VALUE:4 [opencti-selftest] Peer Connection Initiated with [AF_INET]VALUE:4`,
    },
  ],
  119030: [
    {
      log: 'Cisco ASA login',
      line: `${cisco}%ASA-6-605005: Login permitted from VALUE/4 to outside:192.0.2.1/ssh for user "opencti-selftest"`,
    },
  ],
  119032: [
    {
      log: 'SQL Server',
      line: `2026-01-01 00:00:00.00 Logon       Login succeeded for user 'opencti-selftest'. Connection made using SQL Server authentication. [CLIENT: VALUE]`,
    },
  ],
  119034: [
    {
      log: 'NetScaler',
      line:
        '01/01/2026:00:00:00 GMT opencti-selftest 0-PPE-0 : default SSLVPN LOGIN 4 0 : Context opencti-selftest@VALUE - SessionId: 4 - ' +
        'User opencti-selftest - Client_ip VALUE - Nat_ip "Mapped Ip" - Vserver 192.0.2.1:443 - Browser_type "opencti-selftest" - ' +
        'SSLVPN_client_type ICA - Group(s) "N/A"',
    },
  ],
  119036: [
    {
      log: 'VMware',
      line: `${from('vmware-hostd[4]')}Accepted password for user opencti-selftest from VALUE`,
    },
  ],

  119040: [
    {
      log: 'sshd, failed',
      line: `${from('sshd[4]')}Failed password for opencti-selftest from VALUE port 4 ssh2`,
    },
  ],
  119042: [
    {
      log: 'PAM',
      line: `${from('sshd[4]')}pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=VALUE  user=opencti-selftest`,
    },
  ],
  119044: [
    {
      log: 'dovecot, failed',
      line: `${from('dovecot')}imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<opencti-selftest>, method=PLAIN, rip=VALUE, lip=192.0.2.1, TLS, session=<4>`,
    },
  ],
  119046: [
    {
      log: 'vsftpd, failed',
      line: 'Thu Jan  1 00:00:00 2026 [pid 4] [opencti-selftest] FAIL LOGIN: Client "VALUE"',
    },
  ],
  119048: [
    {
      log: 'proftpd, failed',
      line: `${from('proftpd[4]')}opencti-selftest (VALUE[VALUE]) - USER opencti-selftest: no such user found from VALUE [VALUE] to 192.0.2.1:21`,
    },
  ],
  119050: [
    {
      log: 'SQL Server, failed',
      line: `2026-01-01 00:00:00.00 Logon       Login failed for user 'opencti-selftest'. Reason: Password did not match that for the login provided. [CLIENT: VALUE]`,
    },
  ],
  119052: [
    {
      log: 'VMware, failed',
      line: `${from('vmware-hostd[4]')}Rejected password for user opencti-selftest from VALUE`,
    },
  ],
  119054: [
    {
      log: 'postfix, failed',
      line: `${from('postfix/smtpd[4]')}warning: unknown[VALUE]: SASL LOGIN authentication failed: authentication failure`,
    },
  ],
  119056: [
    {
      log: 'postfix, rejected',
      line: `${from('postfix/smtpd[4]')}NOQUEUE: reject: RCPT from unknown[VALUE]: 554 5.7.1 Service unavailable; from=<opencti-selftest@x.invalid> to=<opencti-selftest@y.invalid> proto=ESMTP helo=<x.invalid>`,
    },
  ],

  119060: [
    {
      log: 'nginx or Apache',
      line: 'VALUE - - [01/Jan/2026:00:00:00 +0000] "GET /opencti-selftest HTTP/1.1" 404 4 "-" "opencti-selftest"',
    },
  ],
  119062: [
    {
      log: 'IIS',
      line: '2026-01-01 00:00:00 192.0.2.1 GET /opencti-selftest - 443 - VALUE Mozilla/5.0 - 404 0 2 4',
    },
  ],
  119064: [
    {
      log: 'IIS 6',
      line: '2026-01-01 00:00:00 W3SVC1 HOST 192.0.2.1 GET /opencti-selftest - 80 - VALUE HTTP/1.1 Mozilla/4.0 - - opencti-selftest 404 0 0 4 4 4',
    },
  ],
  119066: [
    {
      log: 'IIS 5',
      line: '2026-01-01 00:00:00 VALUE - W3SVC1 HOST 192.0.2.1 443 GET /opencti-selftest - 404 opencti-selftest Mozilla/4.0 -',
    },
  ],
  119068: [
    {
      log: 'Apache error log',
      line: '[Thu Jan 01 00:00:00.000000 2026] [authz_core:error] [pid 4:tid 4] [client VALUE:4] AH01630: client denied by server configuration: /opencti-selftest',
    },
  ],
  119070: [
    {
      log: 'nginx error log',
      line: '2026/01/01 00:00:00 [error] 4#4: *4 open() "/opencti-selftest" failed (2: No such file or directory), client: VALUE, server: opencti-selftest, request: "GET /opencti-selftest HTTP/1.1", host: "opencti-selftest"',
    },
  ],

  119080: [{ log: 'iptables', line: `${kernel}ACCEPT IN=eth0 OUT= SRC=VALUE DST=192.0.2.1 ${packet}` }],
  119082: [
    {
      log: 'pfSense, blocked',
      line: `${from('filterlog[4]')}5,,,1000000103,igb0,match,block,in,4,0x0,,52,4,0,DF,6,tcp,60,VALUE,192.0.2.1,4,23,0,S,4,,1024,,mss`,
    },
  ],
  119090: [
    {
      log: 'Fortigate',
      line: `${fortigate} logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" srcip=192.0.2.1 srcport=4 srcintf="lan" dstip=VALUE dstport=443 dstintf="wan1" sessionid=4 proto=6 action="close" policyid=3 service="HTTPS" user="opencti-selftest" sentbyte=4`,
    },
  ],
  119091: [
    {
      log: 'Junos',
      line: `${from('junos-flow')}2026-01-01T00:00:00.111Z srx RT_FLOW - RT_FLOW_SESSION_CREATE [junos@2636.1.1.1.2.129 source-address="192.0.2.1" source-port="4" destination-address="VALUE" destination-port="443" service-name="junos-https"]`,
    },
  ],
  119092: [
    {
      log: 'iptables, blocked',
      line: `${kernel}DROP IN= OUT=eth0 SRC=192.0.2.1 DST=VALUE ${packet}`,
    },
  ],

  119150: [
    {
      log: 'BIND',
      root: 'named',
      takes: hasNoDot,
      line: `${from('named[4]')}client 192.0.2.1#4 (VALUE): query: VALUE IN A + (192.0.2.1)`,
    },
    {
      log: 'BIND, its own file',
      root: 'named_file',
      takes: hasNoDot,
      line: '01-Jan-2026 00:00:00.000 client @0x7f0000000004 192.0.2.1#4 (VALUE): query: VALUE IN A +E(0)K (192.0.2.1)',
    },
    { log: 'unbound', root: 'unbound', line: unbound },
    {
      log: 'dnsmasq',
      root: 'dnsmasq',
      takes: hasNoDot,
      line: `${from('dnsmasq[4]')}query[A] VALUE from 192.0.2.1`,
    },
  ],
  119152: [{ log: 'squid', line: squid('TCP_MISS/200', 'HIER_DIRECT/192.0.2.1') }],
  119153: [{ log: 'squid, denied', line: squid('TCP_DENIED/403', 'HIER_NONE/-') }],

  119110: [
    {
      log: 'Cisco ASA',
      root: 'asa',
      line: `${cisco}%ASA-6-302013: Built outbound TCP connection 4 for outside:VALUE/443 (VALUE/443) to inside:192.0.2.1/4 (192.0.2.1/4)`,
    },
  ],
  119111: [
    {
      log: 'Cisco ASA',
      root: 'asa',
      line: `${cisco}%ASA-6-302016: Teardown UDP connection 4 for outside:VALUE/53 to inside:192.0.2.1/4 duration 0:00:00 bytes 4`,
    },
    {
      log: 'Cisco FTD',
      root: 'ftd',
      takes: isIpv4,
      line: `${cisco}%FTD-6-302016: Teardown UDP connection 4 for outside:VALUE/53 to inside:192.0.2.1/4 duration 0:00:00 bytes 4`,
    },
  ],
  119112: [
    {
      log: 'Cisco ASA',
      root: 'asa',
      line: `${cisco}%ASA-6-302013: Built inbound TCP connection 4 for outside:VALUE/4 (VALUE/4) to inside:192.0.2.1/443 (192.0.2.1/443)`,
    },
  ],
  119113: ['asa', 'ftd'].map((root) => ({
    log: `Cisco ${root.toUpperCase()}`,
    root: root as RootKey,
    line: `${cisco}%${root.toUpperCase()}-2-106001: Inbound TCP connection denied from VALUE/4 to 192.0.2.1/23 flags SYN  on interface outside`,
  })),
  119115: [
    {
      log: 'Cisco ASA',
      root: 'asa',
      line: `${cisco}%ASA-6-302013: Built inbound TCP connection 4 for inside:192.0.2.1/4 (192.0.2.1/4) to outside:VALUE/443 (VALUE/443)`,
    },
    {
      log: 'Cisco FTD',
      root: 'ftd',
      takes: isIpv4,
      line: `${cisco}%FTD-6-302016: Teardown UDP connection 4 for inside:192.0.2.1/4 to outside:VALUE/53 duration 0:00:00 bytes 4`,
    },
  ],
  119114: [{ log: 'Sophos XG', root: 'sophos', line: sophos('Denied', 'src_ip=VALUE dst_ip=192.0.2.1') }],
  119116: [{ log: 'Sophos XG', root: 'sophos', line: sophos('Allowed', 'src_ip=192.0.2.1 dst_ip=VALUE') }],
  119117: [{ log: 'Sophos XG', root: 'sophos', line: sophos('Denied', 'src_ip=192.0.2.1 dst_ip=VALUE') }],
  119118: [{ log: 'Palo Alto', line: paloAlto('VALUE', '192.0.2.1', 'allow') }],
  119119: [{ log: 'Palo Alto', line: paloAlto('192.0.2.1', 'VALUE', 'allow') }],
  119120: [{ log: 'Palo Alto, blocked', line: paloAlto('192.0.2.1', 'VALUE', 'deny') }],
  119121: [{ log: 'Check Point', line: checkPoint('Accept', 'dst:"192.0.2.1"; src:"VALUE"') }],
  119122: [{ log: 'Check Point', line: checkPoint('Accept', 'dst:"VALUE"; src:"192.0.2.1"') }],
  119123: [{ log: 'Check Point, blocked', line: checkPoint('Drop', 'dst:"VALUE"; src:"192.0.2.1"') }],
  119124: [{ log: 'Fortigate', root: 'fortigate', line: `${fortigate} logid="0101039424" ${vpn} ${peer}` }],
};

/** A line of a log, with the program or product that writes it. */
export function writeLine(_: EventField, { source, row, ruleId }: FieldEvent): Sample[] {
  const found = lines[ruleId];
  if (found === undefined) throw new Error(`no sample of ${source}, ${row}, rule ${ruleId}`);
  return found.map(({ log, root = null, takes = () => true, line }) => ({
    log,
    root,
    takes,
    write: (text: string, { token }: Mark) =>
      toLogMessage(token, typeof line === 'string' ? line.replaceAll('VALUE', text) : line(text)),
  }));
}

/**
 * A line that logcollector reads from a file of this name. Alerts always say where their event is from, while a decoder
 * keeps little of many lines, and our rules leave the line itself out.
 */
export function toLogMessage(token: string, line: string): string {
  return `1:/var/log/${token}.log:${line}`;
}
