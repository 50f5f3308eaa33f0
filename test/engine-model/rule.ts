import type { Network } from './address.ts';
import type { ListReader } from './list-reader.ts';
import type { Pattern } from './pattern.ts';

/** A rule applies to events of its category; the engine checks that at the top of the tree only. */
export const categories = ['syslog', 'ossec', 'windows', 'firewall', 'ids', 'web-log', 'squid'] as const;
export type Category = (typeof categories)[number];

export const lookups = [
  'match_key',
  'not_match_key',
  'match_key_value',
  'address_match_key',
  'not_address_match_key',
  'address_match_key_value',
] as const;
export type Lookup = (typeof lookups)[number];

/** Fields that the event carries outside its decoded ones. */
export type EventPart = 'log' | 'location' | 'programName' | 'hostname';

interface FieldCondition {
  readonly kind: 'field';
  /** Lower case; the first that the event has is looked at. */
  readonly names: readonly string[];
  readonly pattern: Pattern;
}

interface PartCondition {
  readonly kind: 'part';
  readonly part: EventPart;
  readonly pattern: Pattern;
}

export interface ListCondition {
  readonly kind: 'list';
  readonly names: readonly string[];
  /** As declared in `ossec.conf`. */
  readonly path: string;
  readonly lookup: Lookup;
  /** Null without `check_value`: the engine then never accepts a value. */
  readonly checkValue: Pattern | null;
  /** Null when the list's content is not at hand. */
  readonly reader: ListReader | null;
}

/** `<srcip>` and `<dstip>`: one of the networks holds the address. */
interface AddressCondition {
  readonly kind: 'address';
  readonly names: readonly string[];
  readonly networks: readonly Network[];
  readonly negate: boolean;
}

/** A condition that needs history, the clock or a geographic database; `names` are fields it cannot do without. */
interface UnknownCondition {
  readonly kind: 'unknown';
  readonly option: string;
  readonly names: readonly string[];
}

export type Condition = FieldCondition | PartCondition | ListCondition | AddressCondition | UnknownCondition;

/** How a rule names its parents. The first kind that is set counts; without one the parent is the base rule of its category. */
export interface ParentClause {
  /** 0 is the base rule of the category: see `parseIds`. */
  readonly sids: readonly number[];
  readonly group: string | null;
  readonly level: number | null;
}

export interface RuleDefinition {
  readonly id: number;
  readonly level: number;
  readonly noalert: boolean;
  /** `accuracy="0"` puts a rule after all others. */
  readonly accurate: boolean;
  readonly overwrite: boolean;
  /** As the engine keeps them: the wrapper's groups and then the rule's own, in one string. */
  readonly groups: string;
  readonly description: string;
  readonly category: Category;
  readonly decodedAs: string | null;
  readonly parents: ParentClause;
  readonly conditions: readonly Condition[];
  readonly file: string;
  readonly line: number;
  /** Of the rule in its file. */
  readonly offset: number;
  /** Whether the file is the project's own. */
  readonly ours: boolean;
}

export function groupNames(groups: string): string[] {
  return groups
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
