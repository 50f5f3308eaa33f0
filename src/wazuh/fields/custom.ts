import { type ClaimKind, type Subject, toSubject } from '../../values/kinds.ts';
import type { Condition } from './condition.ts';
import { type EventField, fieldIds, type PatternKind, type Spelling } from './field.ts';
import type { Root } from './roots.ts';

/** A field of decoders of the site, as `sources.custom` of the configuration names it. */
export interface CustomField {
  readonly field: string;
  /** All of one subject; of hashes only one. */
  readonly kinds: readonly ClaimKind[];
  /** The types of the decoders that fill the field. */
  readonly categories: readonly Category[];
  /** Null: any. */
  readonly decoder: string | null;
  /** What else the event has; null: anything. */
  readonly when: { readonly field: string; readonly pattern: string } | null;
  /** Null: the level of the subject. */
  readonly level: number | null;
  /** Whether its context is fetched. */
  readonly context: boolean;
}

/** The categories of decoders by the template that their events meet first (0010-rules_config.xml, Wazuh 4.2 to 4.14.7). */
export const categories = {
  syslog: 1,
  firewall: 2,
  ids: 3,
  'web-log': 4,
  squid: 5,
  windows: 6,
  ossec: 7,
} as const;

export type Category = keyof typeof categories;

/** Each has its ids, its list and its room for gates. */
export const mostCustomFields = 20;

/** Their place in the configuration gives their ids, so a new one goes to the end. */
const firstNumber = 80;
const firstRoot = 118_080;
const firstRule = 119_980;

export const customLists: readonly `opencti-custom-${string}`[] = Array.from(
  { length: mostCustomFields },
  (_, index) => `opencti-custom-${toPlace(index)}` as const,
);

/** Every id that a custom field can have. */
export const customRuleIds: readonly number[] = Array.from({ length: mostCustomFields }, (_, index) => [
  ...Object.values(fieldIds(firstNumber + index)),
  firstRoot + index,
  firstRule + index,
]).flat();

const spellings = {
  hash: 'bare-lower',
  address: 'mapped-log-address',
  name: 'name',
} as const satisfies Record<Subject, Spelling>;

const patterns = {
  hash: null,
  address: 'cidr',
  name: 'domains',
} as const satisfies Record<Subject, PatternKind | null>;

/** The rows of the field table for the fields of a site. */
export function toCustomFields(fields: readonly CustomField[]): EventField[] {
  return fields.map(({ field, kinds, categories: of, decoder, when, level, context }, index) => {
    const [kind = 'name'] = kinds;
    const subject = toSubject(kind);
    const conditions: Condition[] = [
      ...(decoder === null ? [] : [{ decoder }]),
      ...(when === null ? [] : [when]),
    ];
    const root: Root = {
      id: firstRoot + index,
      parent: of.map((category) => categories[category]),
      when: conditions,
      what: `event with ${field}`,
    };
    return {
      key: `custom_${toPlace(index)}`,
      list: `opencti-custom-${toPlace(index)}`,
      ruleField: field,
      alertPaths: [`data.${field}`],
      subject,
      spelling: spellings[subject],
      kinds,
      patterns: patterns[subject],
      roots: [root],
      ids: fieldIds(firstNumber + index),
      events: [
        {
          source: 'custom',
          row: field,
          event: null,
          ruleId: firstRule + index,
          when: [],
          happened: `$(${field})`,
          groups: 'opencti_custom',
          starts: 'always',
          ...(level !== null && { level }),
          ...(!context && { quiet: true }),
        },
      ],
    };
  });
}

/** Two digits: the key of no field is a part of another one. */
function toPlace(index: number): string {
  return String(index + 1).padStart(2, '0');
}
