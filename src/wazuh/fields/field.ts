import type { ClaimKind, Subject } from '../../values/kinds.ts';
import type { Condition } from './condition.ts';
import type { RootOf } from './roots.ts';
import type { SourceName } from './sources.ts';

/**
 * How a field spells a value; a list key is that spelling, byte for byte. Seen on Wazuh 4.14.7.
 *
 * - `labelled-upper`: Sysmon's `Hashes`: `SHA256=` and upper-case hex; several joined by commas in one string.
 * - `bare-lower`: FIM, Suricata, Zeek, and Sysmon for Linux by our decoder: lower-case hex.
 * - `sysmon-address`: Sysmon for Windows: dotted IPv4, of a dual-stack socket as `0:0:0:0:0:ffff:2d53:4001`; IPv6 as eight
 *   groups, unpadded, never shortened.
 * - `any-address`: Sysmon for Linux: the same, and IPv6 as RFC 5952 writes it, with `::ffff:` before a dotted IPv4 too.
 * - `log-address`: logs of the network and the cloud: dotted IPv4; IPv6 as RFC 5952 writes it (sshd, web servers, cloud
 *   services) or as eight groups of four digits (the log of the Linux kernel, Suricata).
 * - `mapped-log-address`: the same, and `::ffff:` before a dotted IPv4 (vsftpd, Kerberos events of Windows).
 * - `name`: as the program asked, with a trailing dot when it asked with one; the list has lower case.
 * - `url-host`: a name as the host of a URL, or before a port (squid): patterns alone can find it.
 * - `name-in-array`: a name in the text of a JSON array (Suricata 8, DNS version 3): patterns alone can find it.
 */
export type Spelling =
  | 'labelled-upper'
  | 'bare-lower'
  | 'sysmon-address'
  | 'any-address'
  | 'log-address'
  | 'mapped-log-address'
  | 'name'
  | 'url-host'
  | 'name-in-array';

/** What rules and the configuration say of what a field is about; a value of any kind has one of these. */
export const subjects = {
  hash: { group: 'opencti_hash', known: 'known hash', listed: 'a listed hash', level: 14 },
  address: {
    group: 'opencti_address',
    known: 'known address',
    listed: 'a listed address or network',
    level: 12,
  },
  name: { group: 'opencti_name', known: 'known name', listed: 'a listed name', level: 12 },
} as const satisfies Record<Subject, SubjectRow>;

interface SubjectRow {
  /** Of the alert rules. */
  readonly group: string;
  /** At the beginning of what an alert says. */
  readonly known: string;
  /** As the documentation of the configuration calls a match. */
  readonly listed: string;
  /** Of the alert, where the configuration says nothing else. */
  readonly level: number;
}

/** What the pattern gates of a field are made of; each is a switch of the configuration (`gates`). */
export type PatternKind = 'hashes' | 'domains' | 'cidr';

/**
 * The fields that the engine keeps outside of its list of dynamic fields: `<field name="srcip">` is refused, with the
 * whole ruleset ("Field 'srcip' is static.", Wazuh 4.14.7).
 */
export const staticFields: ReadonlySet<string> = new Set([
  ...['srcip', 'dstip', 'srcport', 'dstport', 'user', 'url', 'id', 'data', 'extra_data'],
  ...['status', 'protocol', 'action', 'system_name'],
]);

/**
 * When a row is in the rules:
 *
 * - `always`: while its source is not off.
 * - `source`: while its source is on, which `install` writes once it has seen its events.
 * - `asked`: while the configuration names the row. It takes events from stock rules that count them, or there are many.
 */
export type RowStart = 'always' | 'source' | 'asked';

/** An event that carries a looked-up field, and the alert rule of that row. */
export interface FieldEvent {
  readonly source: SourceName;
  /** Its name in the configuration. Rows of one source that share a name are switched together. */
  readonly row: string;
  /** Windows's event number; for FIM the id of the stock rule: 550 modified, 553 deleted, 554 added; null: it has none. */
  readonly event: number | null;
  /** Never renumbered, never reused. Rows that share an event share its rule. */
  readonly ruleId: number;
  /** What tells it apart from the other events of its field. */
  readonly when: readonly Condition[];
  /**
   * What happened, with the event's own fields. A missing field leaves an empty place in the text, so each sentence reads
   * well without it. Long values stay out: past 1,024 bytes the engine shows the text raw (Wazuh 4.14.7).
   */
  readonly happened: string;
  /** What dashboards filter by, beside the groups of every match. */
  readonly groups: string;
  readonly starts: RowStart;
  /** Of the alert. Default: the level of the subject (`rules.level`). */
  readonly level?: number;
  /** No context is fetched for it by default: there can be many, and integratord starts one script at a time. */
  readonly quiet?: true;
  /** The id of our own frequency rule: eight alerts of this row from one address in two minutes. */
  readonly burstRuleId?: number;
  /**
   * The id of a rule that takes the place of stock rule 40112, a login after failed ones from the same address: our alert
   * takes the login from it.
   */
  readonly afterFailuresRuleId?: number;
  /** Stock frequency rules that no longer count the events of a listed value while this row is on (Wazuh 4.14.7). */
  readonly takesFrom?: readonly number[];
  /**
   * `srcip` of the alert is a host of the site, and an active response that blocks `srcip` would block that one: the rule
   * starts none (`no_ar`), unless the configuration names the row.
   */
  readonly srcipIsOurs?: true;
}

export interface EventField {
  /** `octgate_<key>` is the group of the field's gates; no key is a part of another one. */
  readonly key: string;
  /** Null: no list can have what the field holds, only patterns find it. */
  readonly list: `opencti-${string}` | null;
  /** The name that rules use. Case does not matter to the engine. */
  readonly ruleField: string;
  /** Where the alert's JSON has it; the first that is there counts. */
  readonly alertPaths: readonly string[];
  readonly subject: Subject;
  readonly spelling: Spelling;
  /** The kinds of values that the field can hold. */
  readonly kinds: readonly ClaimKind[];
  /** Null: the list has every spelling. */
  readonly patterns: PatternKind | null;
  /** The roots that its gates hang under. */
  readonly roots: readonly RootOf[];
  readonly ids: FieldIds;
  readonly events: readonly FieldEvent[];
}

export interface FieldIds {
  readonly listGate: number;
  /** Of the gate that takes the canary of the list from the alert rules. */
  readonly listCanary: number;
  /** Of the gate that has the canary of the patterns; null where there are none. */
  readonly patternCanary: number | null;
  /** Of the rule that raises the alert of a canary. */
  readonly canaryRule: number;
}

/** The ids of the field with this number, which is its own for good. The first eight fields have theirs written out. */
export function fieldIds(number: number): FieldIds & { readonly patternCanary: number } {
  return {
    listGate: 118_100 + number,
    listCanary: 118_500 + 2 * number,
    patternCanary: 118_501 + 2 * number,
    canaryRule: 118_700 + number,
  };
}

export const anyAddress = ['ipv4', 'ipv6'] as const;

/** A row of a source whose events have no number: most of them. */
export function row(
  source: SourceName,
  name: string,
  ruleId: number,
  when: Condition,
  happened: string,
  starts: RowStart,
  more: Partial<FieldEvent> = {},
): FieldEvent {
  const groups = `opencti_${source}`;
  return { source, row: name, event: null, ruleId, when: [when], happened, groups, starts, ...more };
}
