import { cloudFields } from './fields/cloud.ts';
import { customLists } from './fields/custom.ts';
import { dnsFields } from './fields/dns.ts';
import type { EventField } from './fields/field.ts';
import { logFields } from './fields/logs.ts';
import { sensorFields } from './fields/sensors.ts';
import type { SourceName } from './fields/sources.ts';
import { suricataFields } from './fields/suricata.ts';
import { sysmonFields } from './fields/sysmon.ts';
import { vendorFields } from './fields/vendors.ts';
import { windowsFields } from './fields/windows.ts';

export {
  decodersOf,
  isAsked,
  letsThrough,
  type SourceSwitch,
  type SourceSwitches,
  toActiveFields,
  toRootLine,
} from './fields/active.ts';
export type { Condition } from './fields/condition.ts';
export {
  type Category,
  type CustomField,
  categories,
  customRuleIds,
  mostCustomFields,
  toCustomFields,
} from './fields/custom.ts';
export type {
  EventField,
  FieldEvent,
  PatternKind,
  Spelling,
} from './fields/field.ts';
export { staticFields, subjects } from './fields/field.ts';
export { type NameStyleParts, nameStyles, toNameStyle } from './fields/name-style.ts';
export { type Root, type RootKey, roots, toRoot } from './fields/roots.ts';
export { type SourceName, sourceNames, sources, toSource } from './fields/sources.ts';
export { sysmonLabels } from './fields/sysmon.ts';

/**
 * Each row is one field with a lookup. The table drives the lists, the rules, the extraction of the integration, the
 * selftest and the documentation: a new event is a new line. A list belongs to one field, and one `<list>` element
 * reads it: the engine locks per element, so a list that two rules read loses keys (Wazuh 4.14.7, upstream issue
 * 38324).
 */
export const eventFields = [
  ...sysmonFields,
  ...windowsFields,
  ...logFields,
  ...suricataFields,
  ...vendorFields,
  ...dnsFields,
  ...cloudFields,
  ...sensorFields,
] as const;

export type ListName = NonNullable<EventField['list']>;

/** The names of all lists, in the order of the table. */
export const listNames: readonly ListName[] = [
  ...eventFields.flatMap(({ list }) => (list === null ? [] : [list])),
  ...customLists,
];

/** The names of the rows of a source, in the order of the table. */
export function rowNames(source: SourceName): string[] {
  const events = allFields.flatMap((field) => field.events).filter((event) => event.source === source);
  return [...new Set(events.map(({ row }) => row))];
}

/** Every field, with the type that all of them share. */
export const allFields: readonly EventField[] = [...eventFields];

/** Lists of the first version that no rule reads any more; an `ossec.conf` may still declare them. */
export const retiredLists = ['opencti-linux-hashes'] as const;

/** Returns the group of the gates of a field: the alert rules of its row are children of every rule in that group. */
export function gateGroup({ key }: Pick<EventField, 'key'>): string {
  return `octgate_${key}`;
}

/** The field of a row as rules name it. */
export function toRuleField(key: string): string {
  return eventFields.find((field) => field.key === key)?.ruleField ?? key;
}
