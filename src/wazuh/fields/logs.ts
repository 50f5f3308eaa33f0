import type { Condition } from './condition.ts';
import { anyAddress, type EventField, type FieldEvent, fieldIds } from './field.ts';

/** Words by which firewalls say that they let nothing through, as part of `action`, which may be a log prefix. */
const blockWords = 'drop|den(?:y|ied)|block|reject';
const blocked = { field: 'action', pattern: `(?i)${blockWords}` } as const;

/**
 * "Not blocked" in two conditions, of which one is enough: an absent field holds nothing, negated or not, so the first one
 * does for events with an action, and the second one for those without.
 */
const allowedByAction = { field: 'action', pattern: `(?i)^(?!.*(?:${blockWords}))` } as const;
/** The method of a request to IIS is its action, too. */
const allowedByFirewall = {
  field: 'action',
  pattern: `(?i)^(?!.*(?:${blockWords}))(?!(?:get|head|post|put|delete|options)$)`,
} as const;
const notBlockedByText = {
  // A word may be in a prefix of the site: `IPTABLES_DROP`.
  text: '(?i)^(?![\\s\\S]*(?:^|[^a-z])(?:drop(?:ped)?|den(?:y|ied)|block(?:ed)?|reject(?:ed)?)(?![a-z]))',
} as const;

/** Who logs in, with the address where the login comes from. */
function login(ruleId: number, decoder: string, text: string, afterFailuresRuleId: number): FieldEvent {
  return {
    source: 'logins',
    row: 'accepted',
    event: null,
    ruleId,
    when: [{ decoder }, { text }],
    happened: `login to ${decoder} accepted from $(srcip), user $(dstuser)$(srcuser)`,
    groups: 'opencti_login',
    starts: 'always',
    afterFailuresRuleId,
    takesFrom: [40_112],
  };
}

/** Whatever else of a decoder has the address, failed logins among it. */
function attempt(
  ruleId: number,
  decoder: string,
  burstRuleId: number,
  takesFrom: readonly number[],
): FieldEvent {
  return {
    source: 'logins',
    row: 'attempt',
    event: null,
    ruleId,
    when: [{ decoder }],
    happened: `${decoder}: $(srcip) tried to log in, or failed`,
    groups: 'opencti_attempt',
    starts: 'asked',
    level: 5,
    quiet: true,
    burstRuleId,
    takesFrom,
  };
}

function request(ruleId: number, decoder: string, burstRuleId: number): FieldEvent {
  return {
    source: 'web_servers',
    row: 'request',
    event: null,
    ruleId,
    when: [{ decoder }],
    happened: `request of $(srcip), status $(id)`,
    groups: 'opencti_request',
    starts: 'asked',
    level: 5,
    quiet: true,
    burstRuleId,
    takesFrom: [31_151, 31_152, 31_153, 31_154, 31_161, 31_162, 31_163, 31_510, 31_533],
  };
}

function serverError(ruleId: number, decoder: string, burstRuleId: number): FieldEvent {
  return {
    ...request(ruleId, decoder, burstRuleId),
    row: 'error',
    happened: `error of a web server for a request of $(srcip)`,
    takesFrom: [30_116, 30_119, 30_310, 30_316, 31_316, 40_111],
  };
}

/** Counters of firewalls: 4151 iptables and pfirewall.log, 87702 pfSense, 640xx ASA, 915xx FTD, 816xx Fortigate, 43xx PIX. */
const dropCounters = [
  ...[4_151, 87_702, 64_028, 64_029, 64_030, 64_031, 91_526, 91_527, 91_528, 91_529],
  ...[81_619, 4_380, 4_381, 4_382, 4_383, 4_850, 4_851],
] as const;

function inbound(
  ruleId: number,
  row: string,
  when: readonly Condition[],
  level: number,
  burstRuleId: number,
): FieldEvent {
  return {
    source: 'firewalls',
    row,
    event: null,
    ruleId,
    when,
    happened:
      row === 'inbound'
        ? 'connection from $(srcip) to $(dstip):$(dstport)'
        : 'blocked connection from $(srcip) to $(dstip):$(dstport)',
    groups: `opencti_${row}`,
    starts: 'asked',
    level,
    quiet: true,
    burstRuleId,
    takesFrom: dropCounters,
  };
}

function outbound(ruleId: number, when: readonly Condition[]): FieldEvent {
  return {
    source: 'firewalls',
    row: 'outbound',
    event: null,
    ruleId,
    when,
    happened: 'connection to $(dstip):$(dstport) from $(srcip)',
    groups: 'opencti_outbound',
    starts: 'always',
    // Fortigate counts what it allows, too.
    takesFrom: [81_619],
    srcipIsOurs: true,
  };
}

/**
 * The static fields `srcip` and `dstip`, which 99 and 37 stock decoders fill, and every JSON with such a key at its top
 * (Wazuh 4.14.7). The gates hang under the templates themselves, so decoders of the site are served as well.
 */
export const logFields = [
  {
    key: 'srcip',
    list: 'opencti-srcip',
    ruleField: 'srcip',
    alertPaths: ['data.srcip'],
    subject: 'address',
    spelling: 'mapped-log-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['addresses'],
    ids: fieldIds(11),
    events: [
      login(119_020, 'sshd', '^Accepted ', 119_021),
      login(119_022, 'dovecot', ' Login: ', 119_023),
      login(119_024, 'vsftpd', '\\] OK LOGIN: ', 119_025),
      login(119_026, 'proftpd', ': Login successful\\.?$', 119_027),
      login(119_028, 'openvpn', '\\] Peer Connection Initiated with ', 119_029),
      login(119_030, 'cisco-asa', 'ASA-\\d-605005: Login permitted ', 119_031),
      login(119_032, 'sqlserver', ' Login succeeded for user ', 119_033),
      login(119_034, 'netscaler', ' SSLVPN LOGIN ', 119_035),
      login(119_036, 'vmware-syslog', '^Accepted ', 119_037),
      attempt(119_040, 'sshd', 119_041, [
        ...[5_703, 5_705, 5_712, 5_714, 5_719, 5_720, 5_763, 40_111, 40_112],
      ]),
      attempt(119_042, 'pam', 119_043, [5_551, 40_111, 40_112]),
      attempt(119_044, 'dovecot', 119_045, [9_750, 9_751, 40_111, 40_112]),
      attempt(119_046, 'vsftpd', 119_047, [11_451, 11_452, 40_111, 40_112]),
      attempt(119_048, 'proftpd', 119_049, [11_251, 11_252, 11_253, 40_111, 40_112]),
      attempt(119_050, 'sqlserver', 119_051, [85_006]),
      attempt(119_052, 'vmware-syslog', 119_053, [19_150, 19_151, 19_152, 19_153, 40_111, 40_112]),
      attempt(119_054, 'postfix', 119_055, [3_357, 40_111]),
      attempt(119_056, 'postfix-reject', 119_057, [3_351, 3_352, 3_353, 3_354, 3_355, 3_356]),
      request(119_060, 'web-accesslog', 119_061),
      request(119_062, 'web-accesslog-iis-default', 119_063),
      request(119_064, 'web-accesslog-iis6', 119_065),
      request(119_066, 'web-accesslog-iis5', 119_067),
      serverError(119_068, 'apache-errorlog', 119_069),
      serverError(119_070, 'nginx-errorlog', 119_071),
      inbound(119_080, 'inbound', [allowedByFirewall], 6, 119_081),
      inbound(119_082, 'inbound_blocked', [blocked], 4, 119_083),
      {
        source: 'other_logs',
        row: 'source',
        event: null,
        ruleId: 119_084,
        when: [],
        happened: '$(srcip) in a log',
        groups: 'opencti_other_logs',
        starts: 'asked',
        level: 3,
        quiet: true,
        burstRuleId: 119_085,
        takesFrom: [12_149, 40_111, 40_112, 40_501, 40_601],
      },
    ],
  },
  {
    key: 'dstip',
    list: 'opencti-dstip',
    ruleField: 'dstip',
    alertPaths: ['data.dstip'],
    subject: 'address',
    spelling: 'log-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['addresses'],
    ids: fieldIds(12),
    events: [
      outbound(119_090, [allowedByAction]),
      outbound(119_091, [notBlockedByText]),
      {
        source: 'firewalls',
        row: 'outbound_blocked',
        event: null,
        ruleId: 119_092,
        when: [blocked],
        happened: 'blocked connection to $(dstip):$(dstport) from $(srcip)',
        groups: 'opencti_outbound_blocked',
        starts: 'asked',
        level: 7,
        takesFrom: dropCounters,
        srcipIsOurs: true,
      },
    ],
  },
] as const satisfies readonly EventField[];
