import type { Pattern } from './pattern.ts';
import type { Category } from './rule.ts';

/** Decoders that the engine has without a file. */
export const builtInDecoders = [
  'rootcheck',
  'syscheck_integrity_changed',
  'syscheck_new_entry',
  'syscheck_deleted',
  'syscheck_registry_key_modified',
  'syscheck_registry_key_added',
  'syscheck_registry_key_deleted',
  'syscheck_registry_value_modified',
  'syscheck_registry_value_added',
  'syscheck_registry_value_deleted',
  'hostinfo_new',
  'hostinfo_modified',
  'syscollector',
  'ciscat',
  'windows_eventchannel',
  'sca',
] as const;

export type Offset = 'after_parent' | 'after_prematch' | 'after_regex';

export interface Decoder {
  readonly name: string;
  readonly parent: string | null;
  readonly category: Category;
  readonly programName: Pattern | null;
  readonly prematch: Pattern | null;
  readonly prematchOffset: Offset | null;
  readonly regex: Pattern | null;
  readonly regexOffset: Offset | null;
  /** Names for the captures of `regex`. */
  readonly order: readonly string[];
  readonly plugin: string | null;
  /** A child keeps its own name for `decoded_as`; others go by their parent's. */
  readonly useOwnName: boolean;
}
