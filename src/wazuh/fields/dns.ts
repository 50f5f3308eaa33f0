import { type EventField, fieldIds } from './field.ts';

/** Stock rules that count answers of squid with an error, by their status, which a request that was let through has too. */
const errorCounters = [35_051, 35_052, 35_053, 35_054, 35_055, 35_056, 35_057, 35_058] as const;

/**
 * DNS servers, which log the name in the static field `url`, and squid, which logs a URL or `host:port` there: its host
 * is found by patterns alone. The client is `srcip`.
 */
export const dnsFields = [
  {
    key: 'query_url',
    list: 'opencti-query-url',
    ruleField: 'url',
    alertPaths: ['data.url'],
    subject: 'name',
    spelling: 'name',
    kinds: ['name'],
    patterns: 'domains',
    roots: ['named', 'named_file', 'unbound', 'dnsmasq'],
    ids: fieldIds(36),
    events: [
      {
        source: 'dns_servers',
        row: 'query',
        event: null,
        ruleId: 119_150,
        when: [{ field: 'url', pattern: '.' }],
        happened: 'DNS query for $(url) by $(srcip)',
        groups: 'opencti_query',
        starts: 'source',
        srcipIsOurs: true,
      },
    ],
  },
  {
    key: 'squid_host',
    list: null,
    ruleField: 'url',
    alertPaths: ['data.url'],
    subject: 'name',
    spelling: 'url-host',
    kinds: ['name'],
    patterns: 'domains',
    roots: ['squid'],
    ids: fieldIds(37),
    events: [
      {
        source: 'squid',
        row: 'request',
        event: null,
        ruleId: 119_152,
        when: [{ field: 'action', pattern: '^(?!TCP_DENIED)' }],
        happened: 'request for $(url) by $(srcip)',
        groups: 'opencti_request',
        starts: 'source',
        takesFrom: errorCounters,
        srcipIsOurs: true,
      },
      {
        source: 'squid',
        row: 'denied',
        event: null,
        ruleId: 119_153,
        when: [{ field: 'action', pattern: '^TCP_DENIED' }],
        happened: 'denied request for $(url) by $(srcip)',
        groups: 'opencti_request',
        starts: 'asked',
        level: 7,
        takesFrom: errorCounters,
        srcipIsOurs: true,
      },
    ],
  },
] as const satisfies readonly EventField[];
