import * as v from 'valibot';
import { bySubject, claimKinds, hashKinds, type Subject, toSubject } from '../values/kinds.ts';
import { builtInLists } from '../values/list-names.ts';
import {
  type Category,
  categories,
  sources as eventSources,
  mostCustomFields,
  rowNames,
  type SourceName,
  type SourceSwitches,
  sourceNames,
  staticFields,
  subjects,
} from '../wazuh/fields.ts';
import { blockSizes, documentedBlocks, type IdBlocks, leastIds } from '../wazuh/rule-ids.ts';
import {
  duration,
  durationOrOff,
  hostName,
  httpUrl,
  httpUrlWithoutUser,
  integer,
  key,
  list,
  names,
  oneOf,
  onOff,
  path,
  paths,
  percent,
  prefixDigits,
  promFile,
  secret,
  section,
  some,
  text,
  toMilliseconds,
  unset,
  userName,
} from './types.ts';

const day = 86_400_000;
const sources = ['observables', 'indicators'] as const;
/** The most ranks: the decision about a value needs one step for each. */
const mostRanks = 10;

export const defaultHome = '/var/ossec';
const writtenMaxAge = '26h';
/** In milliseconds. */
export const defaultMaxAge = toMilliseconds(writtenMaxAge);

/** The levels, from the fewest to the most messages. */
export const logLevels = ['error', 'warning', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A key for the first id of a block of rules; the last id of the block must keep six digits. */
const firstId = (name: keyof IdBlocks, says: string) =>
  key(integer(leastIds[name], 1_000_000 - blockSizes[name]), documentedBlocks[name], says);

const age = durationOrOff(60_000, 36_500 * day);

/** The keys of the filters that decide which objects may add a value. */
const objectFilter = {
  labels: section({
    any: key(names, [], 'names of labels; an object needs one of them'),
    none: key(names, [], 'names of labels; they keep a value out, whichever object carries them'),
  }),
  authors: section({
    in: key(names, [], 'names of authors; an object needs one of them'),
    out: key(names, [], 'names of authors whose objects bring nothing in'),
  }),
  markings: section({
    any: key(names, [], 'names of markings, such as `TLP:GREEN` or `PAP:RED`; an object needs one of them'),
    none: key(names, [], 'names of markings; an object with one of them brings nothing in'),
    tlp_max: unset(
      text,
      'the highest TLP marking that an object may have; a `TLP:` marking that no version of TLP has is above any',
    ),
  }),
  created_within: key(age, 'off', 'the greatest age of an object, since it came to OpenCTI, such as `90d`'),
  updated_within: key(age, 'off', 'the same, since OpenCTI updated the object'),
} as const;

const minScore = integer(0, 100);
const subject = section(
  {
    min_score: unset(minScore, { says: 'in place of the general one', shown: '`select.min_score`' }),
    ...objectFilter,
  },
  'for the values of one kind alone: `min_score` in place of the general one, and the filters above',
);

const toLevel = (subject: Subject) => {
  const { level, listed } = subjects[subject];
  return key(integer(3, 15), level, `of the alert for ${listed}; integratord never sees a level below 3`);
};

/** The message completes "<key>: <value> ...". */
const trustRank = v.pipe(
  v.strictObject({ authors: v.optional(some(text)), confidence: v.optional(integer(1, 100)) }),
  v.check(
    ({ authors, confidence }) => (authors === undefined) !== (confidence === undefined),
    'is not a rank of trust: it has either authors (names) or confidence (1 to 100)',
  ),
  v.transform(toRank),
);

/** A rank: objects of authors, by the names that OpenCTI shows, or objects with at least this confidence. */
export type TrustRankConfig = { readonly authors: readonly string[] } | { readonly confidence: number };

function toRank({
  authors,
  confidence = 0,
}: {
  authors?: string[] | undefined;
  confidence?: number | undefined;
}): TrustRankConfig {
  return authors === undefined ? { confidence } : { authors };
}

const trust = v.pipe(
  list(trustRank),
  v.maxLength(mostRanks, `has more than ${mostRanks} ranks`),
  v.metadata({
    legal: `a list of at most ${mostRanks} ranks, each with \`authors\` (names) or \`confidence\` (1 to 100)`,
  }),
);

const onOrOff = v.pipe(
  onOff,
  v.transform((isOn) => (isOn ? ('on' as const) : ('off' as const))),
);
const enabled = oneOf('auto', 'on', 'off');

/** A source of events, and its rows: whether they are looked up, and what of them raises an alert. */
function sourceSwitch(source: SourceName) {
  const rows = rowNames(source);
  const legal = `a switch; rows ${rows.map((row) => `\`${row}\``).join(', ')}`;
  const whole = v.strictObject({
    enabled: v.optional(enabled, 'auto'),
    rows: v.optional(v.strictObject(Object.fromEntries(rows.map((row) => [row, v.optional(onOrOff)]))), {}),
    level: v.optional(v.nullable(integer(3, 15)), null),
    context: v.optional(v.nullable(onOff), null),
  });
  const short = v.pipe(
    v.union([enabled, v.boolean()]),
    v.transform((written) => ({
      enabled: typeof written === 'boolean' ? (written ? ('on' as const) : ('off' as const)) : written,
      rows: {},
      level: null,
      context: null,
    })),
  );
  return v.pipe(
    v.union(
      [short, whole],
      `is not one of: auto, on, off, or enabled, rows (${rows.join(', ')}), level, context`,
    ),
    // A list, since the names of rows stay as they are written.
    v.transform(({ rows: written, ...rest }) => ({
      ...rest,
      source,
      rows: Object.entries(written).flatMap(([row, is]) => (is === undefined ? [] : [{ row, is }])),
    })),
    v.metadata({ legal }),
  );
}

const fieldName = v.pipe(
  text,
  v.regex(/^[\w.-]{1,128}$/, 'is not the name of a field: letters, digits, `_`, `.`, `-`'),
  v.check((name) => !addressElements.has(name), 'has a source of its own: firewalls, logins'),
  v.metadata({ legal: 'the name of a field' }),
);
const addressElements: ReadonlySet<string> = new Set(['srcip', 'dstip']);

/** The engine's XML reader decodes no entities, and a pattern that is wrong takes the whole ruleset down. */
const rulePattern = v.pipe(
  text,
  v.maxLength(512, 'has more than 512 characters'),
  v.check(isRulePattern, 'is not a PCRE2 pattern without <, >, & and control characters'),
);

function isRulePattern(pattern: string): boolean {
  try {
    new RegExp(pattern.replace(/^\(\?i\)/, ''));
    return !/[<>&]|\p{Cc}/u.test(pattern);
  } catch {
    return false;
  }
}

const categoryNames = Object.keys(categories) as Category[];

/** The message completes "<key>: <value> ...". */
const customField = v.pipe(
  v.strictObject({
    field: fieldName,
    kinds: some(oneOf(...claimKinds)),
    categories: v.optional(some(oneOf(...categoryNames)), ['syslog']),
    decoder: v.optional(
      v.nullable(v.pipe(text, v.regex(/^[\w .-]{1,64}$/, 'is not the name of a decoder'))),
      null,
    ),
    when: v.optional(v.nullable(v.strictObject({ field: fieldName, pattern: rulePattern })), null),
    level: v.optional(v.nullable(integer(3, 15)), null),
    context: v.optional(onOff, true),
  }),
  v.check(
    ({ kinds }) =>
      new Set(kinds.map(toSubject)).size === 1 &&
      (kinds.length === 1 || toSubject(kinds[0] ?? 'name') !== 'hash'),
    'mixes kinds of values: a field has addresses (ipv4, ipv6), or names, or one kind of hash',
  ),
  v.check(
    ({ field, kinds, when }) =>
      takesKind(field, toSubject(kinds[0] ?? 'name')) && (when === null || !takesNetworks(when.field)),
    'cannot be asked: srcip and dstip hold addresses alone and take no pattern, other static fields take no address',
  ),
);

/** The engine refuses the whole ruleset for another text in these elements (Wazuh 4.14.7). */
function takesNetworks(field: string): boolean {
  return ['srcip', 'dstip'].includes(field.toLowerCase());
}

/** The elements of the other static fields take a pattern, and no network. */
function takesKind(field: string, subject: Subject): boolean {
  return !staticFields.has(field.toLowerCase()) || takesNetworks(field) === (subject === 'address');
}

const customFields = v.pipe(
  list(customField),
  v.maxLength(mostCustomFields, `has more than ${mostCustomFields} fields`),
  v.metadata({
    legal: `a list of at most ${mostCustomFields} fields, each with \`field\`, \`kinds\`, \`categories\`, \`decoder\`, \`when\`, \`level\`, \`context\``,
    says: 'fields of decoders of the site. Their order gives their rule ids, so a new one goes to the end',
  }),
);

type SwitchEntry = v.InferOutput<ReturnType<typeof sourceSwitch>>;

const sourceSwitches = v.optional(
  v.pipe(
    v.strictObject({
      ...Object.fromEntries(
        sourceNames.map((name) => [name, key(sourceSwitch(name), 'auto', eventSources[name].title)]),
      ),
      custom: v.optional(customFields, []),
    }),
    v.transform(({ custom, ...switches }) => ({
      custom,
      switches: Object.values(switches) as SwitchEntry[],
    })),
    v.metadata({
      says: 'where events come from. `auto`: the rows that are always on; `on`: also those that `install` switches on when it sees events of the source; a row that is named is as it says. `level` and `context` are of all rows of a source',
    }),
  ),
  {},
);

/**
 * The configuration as a person writes it: each key with its type, its default, and its description for
 * docs/configuration.md (`npx vitest run test/config/documentation.test.ts -u` renders that page anew).
 */
export const schema = v.strictObject({
  opencti: section({
    url: unset(httpUrlWithoutUser, {
      variable: 'OPENCTI_URL',
      shown: '-',
      says: 'the base URL; `/graphql` is added when absent',
    }),
    token: unset(secret, {
      variable: 'OPENCTI_TOKEN',
      shown: '-',
      says: 'the API token; needs the capability KNOWLEDGE, and on OpenCTI 7 APIACCESS_USETOKEN',
    }),
    token_file: unset(path, {
      variable: 'OPENCTI_TOKEN_FILE',
      shown: '-',
      says: 'a file that holds the token and nothing else',
    }),
    ca_file: unset(path, {
      variable: 'OPENCTI_CA_FILE',
      shown: '-',
      says: 'PEM certificates that are trusted in addition to those of the system',
    }),
    proxy: unset(httpUrl, {
      proxyVariables: ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'],
      says: 'the proxy to OpenCTI',
    }),
    timeout: key(duration(1_000, 600_000), '60s', 'for one try of one request'),
    retry_for: key(duration(0, 3_600_000), '1m', 'for one request with all its tries'),
    page_size: key(
      integer(1, 5_000),
      1_000,
      'rows of a page; the platform may give fewer, and a page that does not come within `timeout` is asked for again in a quarter of the size, down to 50; so is one of more than 64 MB',
    ),
    max_requests_per_minute: unset(
      integer(1, 60_000),
      'spreads the requests evenly, further tries among them',
    ),
    max_duration: key(
      durationOrOff(1_000, 86_400_000),
      '3h',
      'reading that takes longer ends with an error and changes nothing. A million objects take five to ten minutes, so the default ends only a read without an end; `off`: no limit',
    ),
    full_every: key(
      duration(0, 2_592_000_000),
      '24h',
      'between two reads of everything; between them `refresh` reads what has changed. `0s`: everything each time',
    ),
  }),
  wazuh: section({
    home: key(path, defaultHome, { variable: 'WAZUH_HOME', says: 'the folder of the Wazuh manager' }),
    user: unset(userName, {
      shown: 'found',
      says: 'the user that the manager runs as; found by who runs the engine, else by who owns `queue/sockets`, else the account `wazuh` or `ossec`',
    }),
    restart: key(onOff, 'off', 'before 4.13 there is no hot reload: `on` lets a refresh restart the manager'),
  }),
  select: section({
    sources: key(some(oneOf(...sources)), sources, 'what is read'),
    kinds: key(some(oneOf(...claimKinds)), claimKinds, 'a network is of the kind of its addresses'),
    trust: key(
      trust,
      [],
      'ranks, the most trusted first: less trusted objects take out nothing that more trusted ones bring in. Without ranks all are equal. Read [the danger](selection.md#whose-word-counts) first',
    ),
    min_score: key(minScore, 50, 'an object without a score counts as below'),
    cidr_max_addresses: key(
      integer(1, 2 ** 24),
      65_536,
      'larger networks are out; IPv6 counts /64s; a prefix shorter than /8 is always out',
    ),
    ...objectFilter,
    observables: section(
      {
        when: key(
          oneOf('any', 'with_indicator'),
          'any',
          '`with_indicator`: an observable alone brings nothing in',
        ),
        ...objectFilter,
      },
      'the filters above for observables alone',
    ),
    indicators: section(
      {
        detection: key(onOff, 'off', '`on`: only indicators with the detection flag'),
        min_confidence: unset(integer(0, 100), 'the least confidence of an indicator'),
        grace: key(
          duration(0, 365 * day),
          '0s',
          'for how long after `valid_until` an indicator that is not revoked stays alive',
        ),
        ...objectFilter,
      },
      'the filters above for indicators alone',
    ),
    ...bySubject(() => subject),
    allow_files: key(paths, [], 'files of the site with values that never match'),
    warning_lists: section({
      built_in: key(list(oneOf(...builtInLists)), builtInLists, 'lists that this tool brings'),
      files: key(paths, [], 'files of warning lists in the format of MISP'),
    }),
  }),
  rules: section({
    first_id: firstId(
      'first',
      'the first of a hundred ids: the documented rules, our own messages, the first alert rules; the documented ids are those of the default',
    ),
    block_id: firstId(
      'block',
      'the first of two thousand ids: gates of lists, canaries, alert rules of newer events (119000-119003 are Sysmon 26 to 29)',
    ),
    // By default, alerts of level 1 and 2 are not written to alerts.json, so integratord would never see the match.
    level: section(bySubject(toLevel)),
    dns_decoders: key(
      onOff,
      'off',
      '`on`: our decoders for the query logs of BIND 9.11 and later, dnsmasq and Pi-hole, which the engine does not decode; they change what is decoded of queries that are not listed, too',
    ),
    linux_decoder: key(
      oneOf('auto', 'on', 'off'),
      'auto',
      '`auto` and `on`: our decoder of Sysmon for Linux; where the manager has another one, ours joins its chain. `off`: none, and hashes of Sysmon for Linux are not looked up',
    ),
  }),
  sources: sourceSwitches,
  gates: section({
    hashes: key(onOff, 'on', 'gates for composite hashes'),
    domains: key(onOff, 'on', 'gates for subdomains, and for names in any case'),
    cidr: key(onOff, 'on', 'gates for networks'),
    prefix: key(
      prefixDigits,
      'auto',
      'hex digits that a gate compares; the look-up confirms the rest. `auto`: the most of 12, 16, 20, 24, 32, 64 that `max_bytes` has room for; it changes only when it no longer fits, or when there is twice the room',
    ),
    algorithms: key(
      list(oneOf(...hashKinds)),
      hashKinds,
      "those that the site's Sysmon writes; each costs its gates",
    ),
    exact_names: key(
      list(hostName, 'names of hosts or domains'),
      [],
      'names that match without their subdomains, in addition to public suffixes and very popular names',
    ),
    first_id: firstId('gates', 'the first of the 90,000 ids that pattern gates use'),
    max_rules: key(integer(1, 100_000), 20_000, 'pattern gates; see below'),
    max_bytes: key(
      integer(65_536, 2 ** 30),
      24 * 2 ** 20,
      '24 MiB, of the text of the pattern gates; a million hashes with 12 digits need nearly all of it, and reload in about three seconds (Wazuh 4.14.7, 2 cores)',
    ),
  }),
  integration: section({
    timeout: key(
      duration(1_000, 60_000),
      '8s',
      'for the whole look-up of one alert: integratord waits as long',
    ),
    cache: key(durationOrOff(1_000, 86_400_000), '10m', 'for how long an answer is used again; `off`: never'),
    suppress: key(
      durationOrOff(1_000, 86_400_000),
      'off',
      'for how long one value on one agent makes no second event; `off`: each match makes one',
    ),
    mail: key(
      oneOf('both', 'once'),
      'both',
      '`once`: the alert of the match sends no mail, only the one with the context does, or the error in its place',
    ),
  }),
  guards: section({
    shrink_limit: key(percent, '50 %', 'a list of more than 100 entries may not lose more than this at once'),
    max_entries: key(
      integer(1, 50_000_000),
      2_000_000,
      'values of each list; a value can have several keys, one for each way in which events spell it',
    ),
    max_age: key(
      duration(600_000, 2_592_000_000),
      writtenMaxAge,
      'lists that were not confirmed for longer are stale, and raise an alert',
    ),
    min_reload_interval: key(
      duration(0, 86_400_000),
      '10m',
      'reloads are held back for as long, counted from the last one that was asked for, whatever came of it; no change is lost. Shorter than `max_age`',
    ),
  }),
  metrics: section({
    textfile: unset(promFile, "a file for the textfile collector of Prometheus' node exporter"),
  }),
  log: section({ level: key(oneOf(...logLevels), 'info', 'of `logs/opencti-wazuh.log`') }),
});

/**
 * Keys of earlier versions: they are accepted without effect until the next major version, with a warning. Each
 * sentence completes "<key> has no effect any more, since ...; take it out".
 */
export const retiredKeys: Readonly<Record<string, string>> = {
  'select.indicators.pattern_types':
    'values are read from STIX patterns alone, and indicators of other types are counted as pattern-type',
  'opencti.resume_for': 'a read that is cut begins again from the top',
  'rules.parents': 'the gates are tried before every rule of the site',
};

type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

/** A type with the keys as code spells them: `min_score` -> `minScore`. */
type Camelized<Value> = Value extends readonly (infer Item)[]
  ? readonly Camelized<Item>[]
  : Value extends object
    ? { readonly [Name in keyof Value as Name extends string ? Camel<Name> : never]: Camelized<Value[Name]> }
    : Value;

/** The content of a file, complete and checked; times in milliseconds, null: not set, or switched off. */
export type WrittenConfig = Camelized<v.InferOutput<typeof schema>>;

/** The configuration in its normal form: file, environment and the files that it names. */
export type Config = ReturnType<typeof toConfig>;
export type OpenCtiConfig = Config['opencti'];
export type GuardsConfig = Config['guards'];
/** All filters that apply to an object have to pass: the general one, that of its source, and that of the subject. */
export type SelectConfig = Config['select'];

/** The parts of a configuration that are not written in its file. */
interface Loaded {
  /** Settings that have no effect: a sentence for each. */
  readonly warnings: readonly string[];
  /** Never printed, never written, never passed as an argument. */
  readonly token: string | null;
  /** PEM text, trusted in addition to the certificates of the system. */
  readonly ca: string | null;
  /** The proxy that the environment names for this URL, also by NO_PROXY; `proxy` has priority. */
  readonly environmentProxy: string | null;
}

export function toConfig(written: WrittenConfig, { warnings, ...loaded }: Loaded) {
  const { tokenFile: _, ...opencti } = written.opencti;
  const { firstId: first, blockId: block, ...rules } = written.rules;
  return {
    ...written,
    warnings,
    opencti: { ...opencti, ...loaded },
    select: toSelect(written.select),
    rules: { ...rules, blocks: { first, block, gates: written.gates.firstId } },
    sources: toSwitches(written.sources.switches),
    customFields: written.sources.custom,
  };
}

function toSwitches(written: WrittenConfig['sources']['switches']): SourceSwitches {
  return Object.fromEntries(
    written.map(({ source, rows, ...rest }) => [
      source,
      { ...rest, rows: Object.fromEntries(rows.map(({ row, is }) => [row, is])) },
    ]),
  );
}

function toSelect(written: WrittenConfig['select']) {
  const { sources, trust, kinds, minScore, cidrMaxAddresses, allowFiles, warningLists } = written;
  const { when, ...observables } = written.observables;
  const { detection, minConfidence, grace, ...indicators } = written.indicators;
  return {
    sources,
    /** The ranks of trust, the most trusted first; objects without a rank come last. Empty: all are equal. */
    trust,
    kinds,
    minScore,
    /** Limits that replace `minScore`; null: `minScore` applies. */
    minScores: bySubject((subject) => written[subject].minScore),
    cidrMaxAddresses,
    filters: {
      all: toFilter(written),
      observables: toFilter(observables),
      indicators: toFilter(indicators),
      ...bySubject((subject) => toFilter(written[subject])),
    },
    observables: { when },
    indicators: { detection, minConfidence, grace },
    allowFiles,
    warningLists,
  };
}

export type SourceKind = (typeof sources)[number];

/**
 * The filter of the objects that may add a value, by the names that OpenCTI shows. An empty list, or null, filters
 * nothing; times are milliseconds before now.
 */
export type ObjectFilterConfig = ReturnType<typeof toFilter>;

function toFilter(
  written: Pick<
    WrittenConfig['select'],
    'labels' | 'authors' | 'markings' | 'createdWithin' | 'updatedWithin'
  >,
) {
  const { labels, authors, markings, createdWithin, updatedWithin } = written;
  return {
    labelsAny: labels.any,
    labelsNone: labels.none,
    authorsIn: authors.in,
    authorsOut: authors.out,
    markingsAny: markings.any,
    markingsNone: markings.none,
    tlpMax: markings.tlpMax,
    createdWithin,
    updatedWithin,
  };
}
