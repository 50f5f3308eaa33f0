/**
 * Events of the sources as `alerts.json` and `archives.json` have them, in the form that the engine decoded (Wazuh
 * 4.14.7), with public addresses and names of the demo data: `105.112.50.80` and `sazoya.com` are listed, `31.13.64.0/22`
 * and `2a02:6b8:b::/48` are listed networks.
 */
export interface SourceAlert {
  readonly name: string;
  /** The alert rule that it fires with every row on. */
  readonly rule: number;
  readonly by: 'list' | 'gate';
  readonly alert: Readonly<Record<string, unknown>>;
}

const listed = '105.112.50.80';
const inNetwork = '31.13.67.9';

function toAlert(
  decoder: string | Readonly<Record<string, string>>,
  fullLog: string,
  data: object,
  more = {},
) {
  return {
    timestamp: '2026-11-30T10:00:01.204+0000',
    agent: { id: '001', name: 'LIN-EDGE', ip: '10.20.0.5' },
    manager: { name: 'wazuh' },
    id: '1764496801.4411',
    full_log: fullLog,
    decoder: typeof decoder === 'string' ? { name: decoder } : decoder,
    data,
    location: '/var/log/messages',
    ...more,
  };
}

const program = (name: string) => ({ predecoder: { program_name: name, timestamp: 'Nov 30 10:00:02' } });
const json = (data: object) => toAlert('json', JSON.stringify(data), data);

function windows(providerName: string, eventID: string, eventdata: object) {
  const win = { system: { providerName, eventID, computer: 'WIN-DC01.corp.example' }, eventdata };
  return { ...toAlert('windows_eventchannel', '', { win }), location: 'EventChannel' };
}

const security = 'Microsoft-Windows-Security-Auditing';

function accepted(address: string) {
  return toAlert(
    { parent: 'sshd', name: 'sshd' },
    `Nov 30 10:00:02 sshd-gate sshd[20411]: Accepted publickey for deploy from ${address} port 51234 ssh2`,
    { srcip: address, srcport: '51234', dstuser: 'deploy' },
    program('sshd'),
  );
}

/** Also of interest alone: a login that failed. */
export const failedLogin = toAlert(
  { parent: 'sshd', name: 'sshd' },
  `Nov 30 10:00:02 edge01 sshd[20411]: Failed password for root from ${listed} port 40112 ssh2`,
  { srcip: listed, srcport: '40112', dstuser: 'root' },
  program('sshd'),
);

/** What an active response logs of the address that it blocks. */
export const activeResponse = {
  ...toAlert({ parent: 'ar_log_json', name: 'ar_log_json' }, '2026/11/30 10:00:20 active-response', {
    srcip: listed,
    command: 'add',
  }),
  location: '/var/ossec/logs/active-responses.log',
};

/** vsftpd may log an IPv4 address as an IPv6 one. */
export const toMappedLogin = (address: string) =>
  toAlert(
    'vsftpd',
    `Mon Nov 30 10:00:19 2026 [pid 2] [alice] OK LOGIN: Client "::ffff:${address}"`,
    { srcip: `::ffff:${address}`, dstuser: 'alice' },
    program('vsftpd'),
  );

export const sourceAlerts: readonly SourceAlert[] = [
  { name: 'sshd, accepted', rule: 119_020, by: 'list', alert: accepted(listed) },
  { name: 'sshd, accepted, network', rule: 119_020, by: 'gate', alert: accepted(inNetwork) },
  { name: 'sshd, accepted, IPv6', rule: 119_020, by: 'gate', alert: accepted('2a02:6b8:b:1::7') },
  { name: 'sshd, failed', rule: 119_040, by: 'list', alert: failedLogin },
  {
    name: 'web server',
    rule: 119_060,
    by: 'list',
    alert: toAlert(
      'web-accesslog',
      `${listed} - - [30/Nov/2026:10:00:03 +0000] "GET /old/page HTTP/1.1" 404 153 "-" "Mozilla/5.0"`,
      { protocol: 'GET', srcip: listed, id: '404', url: '/old/page' },
    ),
  },
  {
    name: 'iptables, outbound',
    rule: 119_090,
    by: 'list',
    alert: toAlert(
      { parent: 'kernel', name: 'kernel' },
      `Nov 30 10:00:05 edge01 kernel: [8811.221100] ACCEPT IN= OUT=eth0 SRC=10.20.1.80 DST=${listed} PROTO=TCP`,
      { protocol: 'TCP', action: 'ACCEPT', srcip: '10.20.1.80', dstip: listed, dstport: '443' },
      program('kernel'),
    ),
  },
  {
    name: 'pfSense, blocked inbound',
    rule: 119_082,
    by: 'gate',
    alert: toAlert(
      'pf',
      `Nov 30 10:00:06 pfSense filterlog[4411]: 5,,,1000000103,igb0,match,block,in,4,0x0,,52,4411,0,DF,6,tcp,60,${inNetwork},10.20.1.80,50122,23,0,S`,
      { protocol: 'tcp', action: 'block', srcip: inNetwork, dstip: '10.20.1.80', dstport: '23' },
      program('filterlog'),
    ),
  },
  {
    name: 'Suricata, alert',
    rule: 119_100,
    by: 'list',
    alert: json({ event_type: 'alert', src_ip: '10.20.1.15', dest_ip: listed, dest_port: '443' }),
  },
  {
    name: 'Suricata, alert, padded IPv6',
    rule: 119_102,
    by: 'gate',
    alert: json({
      event_type: 'alert',
      src_ip: '2a02:06b8:000b:0001:0000:0000:0000:0012',
      dest_ip: '2001:0db8:0001:0000:0000:0000:0000:0080',
    }),
  },
  {
    name: 'Suricata 8, DNS',
    rule: 119_105,
    by: 'gate',
    alert: json({
      event_type: 'dns',
      src_ip: '10.20.1.15',
      dest_ip: '10.20.0.53',
      dns: { version: '3', type: 'request', queries: [{ rrname: 'www.sazoya.com', rrtype: 'A' }] },
    }),
  },
  {
    name: 'unbound, AAAA',
    rule: 119_150,
    by: 'list',
    alert: toAlert(
      'unbound',
      'Nov 30 10:00:12 ns1 unbound[811:0]: info: 10.20.1.15 sazoya.com. AAAA IN',
      { srcip: '10.20.1.15', url: 'sazoya.com.' },
      program('unbound'),
    ),
  },
  {
    name: 'squid, CONNECT',
    rule: 119_152,
    by: 'gate',
    alert: toAlert('squid-accesslog', '1796032813.101 51 10.20.1.15 TCP_TUNNEL/200 3811 CONNECT', {
      srcip: '10.20.1.15',
      action: 'TCP_TUNNEL',
      url: 'www.sazoya.com:443',
    }),
  },
  {
    name: 'Windows, logon',
    rule: 119_130,
    by: 'list',
    alert: windows(security, '4624', { ipAddress: listed, targetUserName: 'alice', logonType: '10' }),
  },
  {
    name: 'Windows, Kerberos',
    rule: 119_133,
    by: 'gate',
    alert: windows(security, '4768', { ipAddress: `::ffff:${inNetwork}`, targetUserName: 'alice' }),
  },
  {
    name: 'Windows Filtering Platform, outbound',
    rule: 119_136,
    by: 'list',
    alert: windows(security, '5156', { direction: '%%14593', destAddress: listed, destPort: '443' }),
  },
  {
    name: 'CloudTrail',
    rule: 119_160,
    by: 'list',
    alert: json({ integration: 'aws', aws: { eventName: 'ConsoleLogin', sourceIPAddress: listed } }),
  },
  {
    name: 'Office 365, address with a port',
    rule: 119_176,
    by: 'list',
    alert: json({
      integration: 'office365',
      office365: { Operation: 'Send', ClientIP: `${listed}:50122`, ClientIPAddress: listed },
    }),
  },
  {
    name: 'Zeek, connection',
    rule: 119_191,
    by: 'list',
    alert: json({ id: { orig_h: '10.20.1.15', resp_h: listed, resp_p: '443' }, conn_state: 'SF' }),
  },
  {
    name: 'Zeek, DNS',
    rule: 119_192,
    by: 'gate',
    alert: json({ id: { orig_h: '10.20.1.15', resp_h: '10.20.0.53' }, query: 'WWW.sazoya.com' }),
  },
  {
    name: 'Falco',
    rule: 119_198,
    by: 'list',
    alert: json({ rule: 'Unexpected outbound', output_fields: { fd: { sip: listed } } }),
  },
  {
    name: 'Cisco ASA, built outbound',
    rule: 119_110,
    by: 'list',
    alert: toAlert(
      { parent: 'cisco-asa', name: 'cisco-asa' },
      `Nov 30 10:00:09 asa-hq %ASA-6-302013: Built outbound TCP connection 88112 for outside:${listed}/443 (${listed}/443) to inside:10.20.1.15/50122`,
      { id: '6-302013', src_ip: listed, src_port: '443', dst_ip: '10.20.1.15' },
    ),
  },
  {
    name: 'Sophos XG, allowed',
    rule: 119_116,
    by: 'list',
    alert: toAlert(
      'sophos-fw',
      `device="SFW" log_type="Firewall" log_subtype="Allowed" src_ip=10.20.1.15 dst_ip=${listed}`,
      { log_subtype: 'Allowed', src_ip: '10.20.1.15', dst_ip: listed, sophos_fw_status_msg: 'Allow' },
    ),
  },
  {
    name: 'Check Point, dropped',
    rule: 119_123,
    by: 'list',
    alert: toAlert('checkpoint-smart1', '', { fw_action: 'Drop', src: '10.20.1.15', dst: listed }),
  },
  {
    name: 'Fortigate, VPN',
    rule: 119_124,
    by: 'list',
    alert: toAlert('fortigate-firewall-v5', '', { action: 'tunnel-up', remip: listed, dstuser: 'alice' }),
  },
];
