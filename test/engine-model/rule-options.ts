import type { PatternType } from './pattern.ts';
import type { EventPart } from './rule.ts';

interface PartOption {
  readonly kind: 'part';
  readonly part: EventPart;
  readonly type: PatternType;
}

interface StaticOption {
  readonly kind: 'static';
  readonly names: readonly string[];
  readonly type: PatternType;
}

type Option =
  | PartOption
  | StaticOption
  /** A condition of its own shape. */
  | { readonly kind: 'field' | 'list' }
  /** A field whose elements are networks. */
  | { readonly kind: 'address'; readonly names: readonly string[] }
  /** A condition that the model cannot decide; `names` are fields without which it is false. */
  | { readonly kind: 'unknown'; readonly names: readonly string[] }
  /** Texts that several elements of one rule add up to. */
  | { readonly kind: 'text' }
  /** No condition. */
  | { readonly kind: 'plain' };

const unknown: Option = { kind: 'unknown', names: [] };
const text: Option = { kind: 'text' };
const plain: Option = { kind: 'plain' };

function named(...names: readonly string[]): Option {
  return { kind: 'static', names, type: 'osmatch' };
}

/** The elements of a rule that the engine knows (Wazuh 4.14.7); any other makes it refuse the ruleset. */
const options: Readonly<Record<string, Option>> = {
  match: { kind: 'part', part: 'log', type: 'osmatch' },
  regex: { kind: 'part', part: 'log', type: 'osregex' },
  program_name: { kind: 'part', part: 'programName', type: 'osmatch' },
  location: { kind: 'part', part: 'location', type: 'osmatch' },
  hostname: { kind: 'part', part: 'hostname', type: 'osmatch' },
  field: { kind: 'field' },
  list: { kind: 'list' },
  user: named('dstuser', 'srcuser'),
  url: named('url'),
  id: named('id'),
  status: named('status'),
  protocol: named('protocol'),
  system_name: named('system_name'),
  srcport: named('srcport'),
  dstport: named('dstport'),
  data: named('data'),
  extra_data: named('extra_data'),
  action: { kind: 'static', names: ['action'], type: 'string' },
  srcip: { kind: 'address', names: ['srcip'] },
  dstip: { kind: 'address', names: ['dstip'] },
  srcgeoip: { kind: 'unknown', names: ['srcip'] },
  dstgeoip: { kind: 'unknown', names: ['dstip'] },
  time: unknown,
  weekday: unknown,
  if_fts: unknown,
  check_diff: unknown,
  compiled_rule: unknown,
  if_matched_sid: unknown,
  if_matched_group: unknown,
  if_matched_regex: unknown,
  if_sid: text,
  if_group: text,
  if_level: text,
  group: text,
  description: text,
  decoded_as: text,
  category: text,
  cve: plain,
  info: plain,
  ignore: plain,
  check_if_ignored: plain,
  options: plain,
  mitre: plain,
  global_frequency: plain,
};

/** What `<options>` may say (Wazuh 4.14.7), blanks counted. */
export const alertOptions: ReadonlySet<string> = new Set([
  'alert_by_email',
  'no_email_alert',
  'log_alert',
  'no_log',
  'no_ar',
  'no_full_log',
  'no_counter',
]);

const histories: Readonly<Record<string, string>> = {
  same:
    'source_ip srcip src_port srcport dst_port dstport srcuser user location id field dstip agent url srcgeoip ' +
    'protocol action data extra_data status system_name dstgeoip',
  different:
    'url srcip srcgeoip dstip src_port srcport dst_port dstport location protocol action srcuser user id data ' +
    'extra_data status system_name dstgeoip field',
  not_same: 'source_ip user agent id field',
};

/** They only narrow a rule that needs history. */
const historyOptions: ReadonlySet<string> = new Set(
  Object.entries(histories).flatMap(([kind, names]) => names.split(' ').map((name) => `${kind}_${name}`)),
);

/** Undefined for an element that the engine refuses. */
export function optionOf(name: string): Option | undefined {
  const folded = name.toLowerCase();
  return Object.hasOwn(options, folded) ? options[folded] : historyOptions.has(folded) ? plain : undefined;
}

/** Names that `<field name>` may not take: the engine has elements of their own for them. */
export const staticNames: ReadonlySet<string> = new Set([
  'srcip',
  'dstip',
  'srcgeoip',
  'dstgeoip',
  'srcport',
  'dstport',
  'user',
  'srcuser',
  'dstuser',
  'url',
  'id',
  'data',
  'extra_data',
  'status',
  'protocol',
  'system_name',
  'action',
]);

/** A list's `user` is the source user, or else the destination user; a rule's `<user>` looks the other way round. */
export function listFieldNames(field: string): readonly string[] {
  const name = field.trim().toLowerCase();
  return name === 'user' ? ['srcuser', 'dstuser'] : [name];
}
