import type { ObservableKind } from '../../values/kinds.ts';
import type { FieldKey } from '../../wazuh/fields.ts';

/** One rule `level="0" noalert="1"` with one PCRE2 condition on the field of its tree. */
export interface Gate {
  readonly id: number;
  /** Null at the top of a tree: the renderer hangs it below the root of the field, beside its list gate. */
  readonly parent: number | null;
  /**
   * PCRE2 without options, ASCII, below `maxPatternBytes` as text and `maxCompiledBytes` compiled, without `<`, `>`,
   * `&` and control characters: the engine's XML reader decodes no entities. `$` stands at the end only, since in a
   * rules file that declares a `<var>` any other `$` begins a variable (os_xml_variables.c, 4.14.7).
   */
  readonly pattern: string;
  /** A leaf matches listed values and nothing else; any other gate only leads there. */
  readonly leaf: boolean;
}

/** The gates of one event field. */
export interface GateTree {
  readonly field: FieldKey;
  /** Parents before children. */
  readonly gates: readonly Gate[];
}

/**
 * Values with their scores, in a form that a million of them can have: the score (0-255) of each text at its place. The
 * texts are sorted by their bytes, without duplicates.
 */
export interface ScoredValues {
  /**
   * May make them anew each time: those of one kind at a time are in memory.
   * @param digits of hashes: at least so many of their first digits, since whole ones fill the memory. Default: all.
   */
  texts(digits?: number): readonly string[];
  readonly scores: Uint8Array;
}

/**
 * What is compiled: hashes in hex of one case, names checked, networks as `<address>/<length>`; single IPv4 addresses only
 * where a spelling of theirs can be in no list.
 */
export const gateValueKinds = [
  'sha256',
  'sha1',
  'md5',
  'name',
  'ipv4',
  'ipv4-network',
  'ipv6-network',
] as const satisfies readonly ObservableKind[];

export type GateValueKind = (typeof gateValueKinds)[number];
export type ByValueKind<T> = Readonly<Record<GateValueKind, T>>;
export type GateValues = ByValueKind<ScoredValues>;

export function byValueKind<T>(toValue: (kind: GateValueKind) => T): ByValueKind<T> {
  return Object.fromEntries(gateValueKinds.map((kind) => [kind, toValue(kind)])) as ByValueKind<T>;
}

/** The engine refuses an element of 20,480 bytes, and the whole ruleset with it (Wazuh 4.14.7). */
export const maxPatternBytes = 20_300;

/** What a rule costs in the rules file beside its pattern, in bytes: tags, group, parent, field name. */
export const ruleBytes = 240;
