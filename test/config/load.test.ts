import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/errors.ts';
import { sourceNames } from '../../src/wazuh/fields.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'opencti-wazuh-config-'));
});

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function load(text: string, environment: Record<string, string> = {}) {
  return loadConfig({ file: write('c.yml', text), environment });
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ exitCode: 2 });
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

const noFilter = {
  labelsAny: [],
  labelsNone: [],
  authorsIn: [],
  authorsOut: [],
  markingsAny: [],
  markingsNone: [],
  tlpMax: null,
  createdWithin: null,
  updatedWithin: null,
};

test('without a file the environment is enough', () => {
  const environment = { OPENCTI_URL: 'https://cti.example', OPENCTI_TOKEN: 't', WAZUH_HOME: folder };
  expect(loadConfig({ environment })).toEqual({
    opencti: {
      url: 'https://cti.example',
      token: 't',
      ca: null,
      caFile: null,
      proxy: null,
      environmentProxy: null,
      timeout: 60_000,
      retryFor: 60_000,
      pageSize: 1_000,
      maxRequestsPerMinute: null,
      maxDuration: 10_800_000,
      fullEvery: 86_400_000,
    },
    wazuh: { home: folder, restart: false, user: null },
    select: {
      sources: ['observables', 'indicators'],
      trust: [],
      kinds: ['sha256', 'sha1', 'md5', 'ipv4', 'ipv6', 'name'],
      minScore: 50,
      minScores: { hash: null, address: null, name: null },
      cidrMaxAddresses: 65_536,
      filters: {
        all: noFilter,
        observables: noFilter,
        indicators: noFilter,
        hash: noFilter,
        address: noFilter,
        name: noFilter,
      },
      observables: { when: 'any' },
      indicators: { detection: false, minConfidence: null, grace: 0 },
      allowFiles: [],
      warningLists: { builtIn: ['trivial-files', 'test-files', 'public-resolvers', 'own-hosts'], files: [] },
    },
    rules: {
      blocks: { first: 100_600, block: 118_000, gates: 810_000 },
      level: { hash: 14, address: 12, name: 12 },
      dnsDecoders: false,
      linuxDecoder: 'auto',
    },
    sources: Object.fromEntries(
      sourceNames.map((name) => [name, { enabled: 'auto', rows: {}, level: null, context: null }]),
    ),
    customFields: [],
    gates: {
      hashes: true,
      domains: true,
      cidr: true,
      prefix: 'auto',
      algorithms: ['sha256', 'sha1', 'md5'],
      exactNames: [],
      firstId: 810_000,
      maxRules: 20_000,
      maxBytes: 25_165_824,
    },
    integration: { timeout: 8_000, cache: 600_000, suppress: null, mail: 'both' },
    guards: { shrinkLimit: 50, maxEntries: 2_000_000, maxAge: 93_600_000, minReloadInterval: 600_000 },
    metrics: { textfile: null },
    log: { level: 'info' },
    warnings: [],
  });
});

test('select: every filter, in general, by source and by what the value is', () => {
  const config = load(`
select:
  kinds: [sha256, name]
  min_score: 40
  labels: { any: [apt], none: [benign] }
  authors: { in: [A], out: [B] }
  markings: { any: [M], none: [N], tlp_max: "TLP:AMBER" }
  created_within: 90d
  updated_within: off
  observables: { when: with_indicator, authors: { in: [C] } }
  indicators: { detection: on, min_confidence: 60, grace: 7d, created_within: 1h }
  name: { min_score: 70, labels: { any: [c2] } }
  allow_files: [/etc/allow.txt]
  warning_lists: { built_in: [own-hosts], files: [/etc/list.json] }
`);
  const day = 86_400_000;
  expect(config.select).toMatchObject({
    kinds: ['sha256', 'name'],
    minScore: 40,
    minScores: { hash: null, address: null, name: 70 },
    filters: {
      all: {
        labelsAny: ['apt'],
        labelsNone: ['benign'],
        authorsIn: ['A'],
        authorsOut: ['B'],
        markingsAny: ['M'],
        markingsNone: ['N'],
        tlpMax: 'TLP:AMBER',
        createdWithin: 90 * day,
        updatedWithin: null,
      },
      observables: { ...noFilter, authorsIn: ['C'] },
      indicators: { ...noFilter, createdWithin: 3_600_000 },
      hash: noFilter,
      name: { ...noFilter, labelsAny: ['c2'] },
    },
    observables: { when: 'with_indicator' },
    indicators: { detection: true, minConfidence: 60, grace: 7 * day },
    allowFiles: ['/etc/allow.txt'],
    warningLists: { builtIn: ['own-hosts'], files: ['/etc/list.json'] },
  });
});

test('select: what is wrong is told with what is legal', () => {
  const message = messageOf(() =>
    load(`select:
  kinds: []
  label: { any: [x] }
  warning_lists: { built_in: [alexa] }
`),
  );
  expect(message).toContain('line 2: select.kinds: [] is empty');
  expect(message).toContain('line 3: select.label is not a key that is known; did you mean "labels"?');
  expect(message).toContain(
    'line 4: select.warning_lists.built_in.0: "alexa" is not one of: trivial-files, test-files, public-resolvers, own-hosts',
  );
});

test('a file is read; sections whose keys are commented out say nothing', () => {
  const config = load(`
opencti:
  url: https://cti.example/opencti
  token: "1234"
  timeout: 2m
  page_size: 500
select:
#  min_score: 10
gates: { domains: off, cidr: false, prefix: 20 }
rules:
  level: { hash: 10 }
  first_id: 100100
  block_id: 200000
`);
  expect(config.opencti).toMatchObject({
    url: 'https://cti.example/opencti',
    token: '1234',
    timeout: 120_000,
    pageSize: 500,
  });
  expect(config.select.minScore).toBe(50);
  expect(config.gates).toMatchObject({ hashes: true, domains: false, cidr: false, prefix: 20 });
  expect(config.rules.level).toEqual({ hash: 10, address: 12, name: 12 });
  expect(config.rules.blocks).toEqual({ first: 100_100, block: 200_000, gates: 810_000 });
  expect(config.warnings).toEqual([]);
});

test('gates.prefix is a number of digits, or auto', () => {
  expect(load('gates: { prefix: auto }').gates.prefix).toBe('auto');
  expect(load('gates: { prefix: }').gates.prefix).toBe('auto');
  expect(load('gates: { prefix: 64 }').gates.prefix).toBe(64);
  expect(messageOf(() => load('gates: { prefix: 11 }'))).toMatch(/line 1: gates\.prefix: 11 is .*auto/);
  expect(messageOf(() => load('gates: { prefix: automatic }'))).toMatch(/gates\.prefix: "automatic" is /);
});

const parentsGone =
  'rules.parents has no effect any more, since the gates are tried before every rule of the site; take it out';
const patternTypesGone =
  'select.indicators.pattern_types has no effect any more, since values are read from STIX patterns alone, and indicators of other types are counted as pattern-type; take it out';
const resumeForGone =
  'opencti.resume_for has no effect any more, since a read that is cut begins again from the top; take it out';

describe('a key of an earlier version is left aside with one warning, whatever it says', () => {
  test.each([
    ['rules: { parents: { win_hashes: { groups: [my_sysmon], ids: [100100] } } }', parentsGone],
    ['rules: { parents: { win_hash: {} } }', parentsGone],
    ['rules: { parents: 7 }', parentsGone],
    ['select: { indicators: { pattern_types: [stix] } }', patternTypesGone],
    ['select: { indicators: { pattern_types: [yara] } }', patternTypesGone],
    ['select: { indicators: { pattern_types: off } }', patternTypesGone],
    ['opencti: { resume_for: 2h }', resumeForGone],
    ['opencti: { resume_for: off }', resumeForGone],
  ])('%s', (text, warning) => {
    const { warnings, ...config } = load(text);
    expect(warnings).toEqual([`${join(folder, 'c.yml')}: ${warning}`]);
    const { warnings: none, ...without } = load('');
    expect(none).toEqual([]);
    expect(config).toEqual(without);
  });

  test('several, and each is named', () => {
    const { warnings } = load('rules: { parents: 7 }\nselect: { indicators: { pattern_types: [stix] } }');
    expect(warnings).toHaveLength(2);
  });

  test('without a value it says nothing', () => {
    expect(load('rules:\n  parents:\n').warnings).toEqual([]);
  });

  test('is not offered as a legal one, and hides no mistake beside it', () => {
    const message = messageOf(() => load('rules: { parents: {}, frist_id: 1 }'));
    expect(message).toContain(
      'did you mean "first_id"? Legal here: first_id, block_id, level, dns_decoders, linux_decoder',
    );
    expect(messageOf(() => load('rules: 7'))).toContain('rules is not a section with keys of its own');
  });
});

test('the integration takes times, or off', () => {
  const config = load('integration: { timeout: 3s, cache: off, suppress: 1h, mail: once }');
  expect(config.integration).toEqual({ timeout: 3_000, cache: null, suppress: 3_600_000, mail: 'once' });
  expect(messageOf(() => load('integration: { suppress: always }'))).toContain(
    'line 1: integration.suppress: "always" is neither off nor a time from 1s to 86400s',
  );
});

test('guards, metrics, log and the restart of an older engine', () => {
  const config = load(`
wazuh: { restart: on }
guards: { shrink_limit: 20 %, max_entries: 5000, max_age: 2d, min_reload_interval: 0s }
metrics: { textfile: /var/lib/node_exporter/opencti.prom }
log: { level: debug }
`);
  expect(config.wazuh.restart).toBe(true);
  expect(config.guards).toEqual({
    shrinkLimit: 20,
    maxEntries: 5_000,
    maxAge: 172_800_000,
    minReloadInterval: 0,
  });
  expect(config.metrics.textfile).toBe('/var/lib/node_exporter/opencti.prom');
  expect(config.log.level).toBe('debug');
  expect(load('guards: { shrink_limit: 30 }').guards.shrinkLimit).toBe(30);
  const message = messageOf(() => load('guards: { shrink_limit: 101 }\nmetrics: { textfile: m.txt }\n'));
  expect(message).toContain('guards.shrink_limit: "101" is not a share from 0 % to 100 %');
  expect(message).toContain('metrics.textfile: "m.txt" is not an absolute path that ends in .prom');
});

describe('select.trust', () => {
  test('has ranks in order', () => {
    const { trust } = load(`select:
  trust:
    - authors: [CERT, Our SOC]
    - confidence: 80
`).select;
    expect(trust).toEqual([{ authors: ['CERT', 'Our SOC'] }, { confidence: 80 }]);
  });

  test.each([
    [
      '[{}]',
      'line 1: select.trust.0: {} is not a rank of trust: it has either authors (names) or confidence',
    ],
    ['[{ authors: [a], confidence: 5 }]', 'is not a rank of trust'],
    ['[{ authors: [] }]', 'line 1: select.trust.0.authors: [] is empty'],
    ['[{ confidence: 0 }]', 'select.trust.0.confidence: 0 is not a whole number from 1 to 100'],
    [
      '[{ author: [a] }]',
      'select.trust.0.author is not a key that is known; did you mean "authors"? Legal here: authors, confidence',
    ],
    ['CERT', 'select.trust: "CERT" is not a list'],
    [`[${Array(11).fill('{ confidence: 1 }').join(', ')}]`, 'has more than 10 ranks'],
  ])('%s is an error', (written, message) => {
    expect(messageOf(() => load(`select: { trust: ${written} }`))).toContain(message);
  });
});

test('names of the site are brought into their normal form', () => {
  expect(load('gates: { exact_names: [SAZOYA.com, bücher.de] }').gates.exactNames).toEqual([
    'sazoya.com',
    'xn--bcher-kva.de',
  ]);
});

test('an empty WAZUH_HOME is no home', () => {
  expect(loadConfig({ environment: { WAZUH_HOME: '' } }).wazuh.home).toBe('/var/ossec');
});

test('an empty file is a configuration', () => {
  expect(load('').opencti.url).toBeNull();
});

describe('the environment wins', () => {
  const file = 'opencti: { url: https://a.example, token: of-the-file }\nwazuh: { home: /a }\n';

  test('over url, token and home', () => {
    const config = load(file, { OPENCTI_URL: 'https://b.example', OPENCTI_TOKEN: 'b', WAZUH_HOME: '/b' });
    expect(config).toMatchObject({
      opencti: { url: 'https://b.example', token: 'b' },
      wazuh: { home: '/b' },
    });
  });

  test('a token file of the environment over a token of the file', () => {
    expect(load(file, { OPENCTI_TOKEN_FILE: write('token', 'of-the-token-file\n') }).opencti.token).toBe(
      'of-the-token-file',
    );
  });

  test('a token of the environment over a token file of the file', () => {
    expect(load('opencti: { token_file: /nowhere }', { OPENCTI_TOKEN: 't' }).opencti.token).toBe('t');
  });

  test('an empty variable is no value', () => {
    expect(load(file, { OPENCTI_TOKEN: '', OPENCTI_URL: '' }).opencti).toMatchObject({
      url: 'https://a.example',
      token: 'of-the-file',
    });
  });
});

test('the certificates of ca_file are read', () => {
  const ca = write('ca.pem', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n');
  expect(load(`opencti: { ca_file: ${ca} }`).opencti).toMatchObject({
    caFile: ca,
    ca: expect.stringContaining('MIIB'),
  });
});

test('all problems are told at once, each with its line', () => {
  const message = messageOf(() =>
    load(`opencti:
  tokn: x
  url: ftp://cti.example
  page_size: 6000
  timeout: 5
select:
  min_score: 101
  sources: [observables, observabels]
rules:
  level: { hash: 2 }
  frist_id: 100100
wzuh: 1
gates: 7
`),
  );
  const lines = message.split('\n').map((line) => line.trim());
  expect(lines[0]).toBe(`${join(folder, 'c.yml')}: 10 problems`);
  expect(lines.slice(1).sort()).toEqual(
    [
      'line 2: opencti.tokn is not a key that is known; did you mean "token"? Legal here: url, token, token_file, ca_file, proxy, timeout, retry_for, page_size, max_requests_per_minute, max_duration, full_every',
      'line 3: opencti.url is not an http:// or https:// URL',
      'line 4: opencti.page_size: 6000 is not a whole number from 1 to 5,000',
      'line 5: opencti.timeout: 5 is not a time from 1s to 600s, such as 90s, 10m or 26h',
      'line 7: select.min_score: 101 is not a whole number from 0 to 100',
      'line 8: select.sources.1: "observabels" is not one of: observables, indicators',
      'line 10: rules.level.hash: 2 is not a whole number from 3 to 15',
      'line 11: rules.frist_id is not a key that is known; did you mean "first_id"? Legal here: first_id, block_id, level, dns_decoders, linux_decoder',
      'line 12: wzuh is not a key that is known; did you mean "wazuh"? Legal here: opencti, wazuh, select, rules, sources, gates, integration, guards, metrics, log',
      'line 13: gates is not a section with keys of its own',
    ].sort(),
  );
});

test.each([
  ['broken YAML', 'opencti: {\n  token: s3cret', /line 2: /],
  [
    'a key twice',
    'opencti:\n  token: s3cret\n  token: s3cret',
    /line 3: the key occurs twice in its section/,
  ],
  [
    'an alias, as a token that begins with *',
    'opencti:\n  token: *s3cret',
    /line 2: an alias \(\*\); write the value itself/,
  ],
  [
    'a block scalar with text behind it',
    'opencti:\n  token: |s3cret',
    /line 2: there is text where nothing belongs/,
  ],
  ['aliases of aliases', 'a: &a [x]\nb: &b [*a, *a]', /line 2: an alias \(\*\); write the value itself/],
  [
    'a key that is not known and has no value',
    'opencti: { tokn }',
    /line 1: opencti\.tokn is not a key that is known/,
  ],
  [
    'a name that is none',
    'gates:\n  exact_names: [s3 cret]',
    /line 2: gates\.exact_names\.0: .* is not the name of a host/,
  ],
  [
    'rules within the gates',
    'rules: { first_id: 850000 }',
    /rules\.first_id \(850000-850099\) takes ids of gates\.first_id \(810000-899999\)/,
  ],
  [
    'rules within stock rules',
    'rules: { first_id: 184600 }',
    /\(184600-184699\) takes ids of the stock rules/,
  ],
  [
    'the block of rules within the documented hundred',
    'rules: { first_id: 118500 }',
    /rules\.first_id \(118500-118599\) takes ids of rules\.block_id \(118000-119999\)/,
  ],
  [
    'gates that reach past six digits',
    'gates: { first_id: 910001 }',
    /line 1: gates\.first_id: 910001 is not a whole number from 200,000 to 910,000/,
  ],
  ['a list where keys belong', '- token: s3cret', /line 1: the file is not a section/],
  [
    'a token with a line break',
    'opencti:\n  token: "s3cret\\nX"',
    /line 2: opencti.token is empty or holds a blank, a line break/,
  ],
  [
    'a token that is a number',
    'opencti:\n  token: 31337',
    /line 2: opencti.token is not text \(put it in quotes\)/,
  ],
  [
    'credentials in the URL',
    'opencti:\n  url: https://me:s3cret@cti.example',
    /line 2: opencti.url carries a user name or a password/,
  ],
  [
    'the token as a key',
    'opencti:\n  s3cret: x',
    /line 2: opencti has a key that is not known \(it is not shown/,
  ],
  [
    'the token as a key without a value',
    'opencti: { s3cret }',
    /line 1: opencti has a key that is not known/,
  ],
  [
    'the token as a key of the file',
    's3cret: x',
    /line 1: the file has a key that is not known .*Legal here: opencti,/,
  ],
  [
    'the token as a key of letters alone',
    'opencti: { sOcretsOcret31337: x, sosecret: y }',
    /line 1: opencti has a key/,
  ],
  ['the token within a key', 'opencti:\n  token=s3cret: x', /line 2: opencti has a key that is not known/],
  [
    'the token in a key that is a list',
    'opencti:\n  ? [s3cret]\n  : x',
    /line 1: opencti has a key that is not known/,
  ],
  [
    'the token as a key in a deep section',
    'select: { name: { s3cret: 1 } }',
    /line 1: select\.name has a key that is not/,
  ],
  [
    'the token as a token file',
    'opencti: { token_file: s3cret }',
    /the file of opencti\.token_file: 1 problem/,
  ],
  ['two tokens', 'opencti: { token: s3cret, token_file: /x }', /token and opencti.token_file are both set/],
  [
    'a missing token file',
    'opencti: { token_file: /nowhere/token }',
    /\/nowhere\/token: 1 problem\n {2}opencti.token_file cannot be read \(ENOENT\)/,
  ],
])('%s is refused without showing it', (_, text, expected) => {
  const message = messageOf(() => load(text));
  expect(message).toMatch(expected);
  expect(message).not.toContain('s3cret');
  expect(message).not.toContain('31337');
  expect(message).not.toContain('sosecret');
});

test('what the parser of YAML warns of is not shown either', async () => {
  const warnings: unknown[] = [];
  const take = (warning: unknown) => warnings.push(warning);
  process.on('warning', take);
  expect(messageOf(() => load('opencti:\n  ? { s3cret: x }\n  : y'))).not.toContain('s3cret');
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', take);
  expect(warnings).toEqual([]);
});

test.each([
  [{ OPENCTI_URL: 'cti.example' }, /the environment: 1 problem\n {2}OPENCTI_URL is not an http/],
  [{ OPENCTI_TOKEN: 'a s3cret' }, /OPENCTI_TOKEN is empty or holds a blank/],
  [{ OPENCTI_TOKEN: 's3cret', OPENCTI_TOKEN_FILE: '/x' }, /are both set; keep one/],
  [{ OPENCTI_CA_FILE: '/nowhere/ca.pem' }, /opencti.ca_file cannot be read \(ENOENT\)/],
])('of the environment %j', (environment, expected) => {
  const message = messageOf(() => load('', environment));
  expect(message).toMatch(expected);
  expect(message).not.toContain('s3cret');
});

test('an empty token file and a file without a certificate are told', () => {
  expect(messageOf(() => load('', { OPENCTI_TOKEN_FILE: write('token', '\n') }))).toMatch(
    /the token is empty/,
  );
  expect(messageOf(() => load('', { OPENCTI_CA_FILE: write('ca', 'hello') }))).toMatch(
    /holds no PEM certificate/,
  );
});

test('a file that was asked for has to be there', () => {
  const file = join(folder, 'none.yml');
  expect(messageOf(() => loadConfig({ file, environment: {} }))).toMatch(
    /there is no such file; give the path .* with --config/,
  );
  expect(loadConfig({ environment: { WAZUH_HOME: folder } }).opencti.url).toBeNull();
});

test.each([
  [
    'guards: { min_reload_interval: 24h, max_age: 20h }',
    /min_reload_interval \(1440 min\) is not shorter than guards\.max_age \(1200 min\): .*; shorten the one, or lengthen the other/,
  ],
  [
    'guards: { max_age: 10m }',
    /is not shorter than guards\.max_age \(10 min\): changes would be held back until/,
  ],
])('lists that would be stale by design: %s', (text, message) => {
  expect(messageOf(() => load(text))).toMatch(message);
});

test('a reload interval below the greatest age is fine', () => {
  expect(load('guards: { min_reload_interval: 12h }').guards.minReloadInterval).toBe(43_200_000);
});

test.each([
  ['wazuh-manager', 'wazuh-manager'],
  ['1001', '1001'],
])('wazuh.user is a name or a number: %s', (written, user) => {
  writeFileSync(join(folder, 'user.yml'), `wazuh: { user: ${written} }\n`);
  expect(loadConfig({ file: join(folder, 'user.yml'), environment: {} }).wazuh.user).toBe(user);
  writeFileSync(join(folder, 'user.yml'), 'wazuh: { user: "a user; rm" }\n');
  expect(() => loadConfig({ file: join(folder, 'user.yml'), environment: {} })).toThrow(
    /wazuh\.user: "a user; rm" is neither the name nor the number of a user/,
  );
});
