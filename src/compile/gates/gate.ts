import { byKey, hashKinds, type ObservableKind } from '../../values/kinds.ts';

/** One rule `level="0" noalert="1"` with one PCRE2 condition on the field of its tree. */
export interface Gate {
  readonly id: number;
  /** Null at the top of a tree: the renderer makes it a child of the root of the field, next to the list gate. */
  readonly parent: number | null;
  /**
   * PCRE2 without options, ASCII, below `maxPatternBytes` as text and `maxCompiledBytes` compiled, without `<`, `>`,
   * `&` and control characters: the engine's XML reader decodes no entities. `$` stands at the end only, since in a
   * rules file that declares a `<var>` any other `$` begins a variable (os_xml_variables.c, 4.14.7). On a static address
   * field: networks with blanks between them, each of which becomes an element.
   */
  readonly pattern: string;
  /** A leaf matches listed values alone; any other gate only leads to leaves. */
  readonly leaf: boolean;
}

/** The gates of one event field. */
export interface GateTree {
  readonly field: string;
  /** Parents before children. */
  readonly gates: readonly Gate[];
}

/**
 * Values with their scores, in a form for a million of them: the score (0-255) of a text is at the same place as the text.
 * The texts are sorted by their bytes, without duplicates.
 */
export interface ScoredValues {
  /**
   * Returns the texts. They may be made anew for each call, so that only those of one kind are in memory at a time.
   * @param digits how many first digits of a hash are needed at least, since whole ones take much memory. Default: all.
   */
  texts(digits?: number): readonly string[];
  readonly scores: Uint8Array;
}

/**
 * The kinds of values that gates are compiled from: hashes in hex of one case, checked names, networks as
 * `<address>/<length>`; single IPv4 addresses only when no list can have one of their spellings.
 */
export const gateValueKinds = [
  ...hashKinds,
  'name',
  'ipv4',
  'ipv4-network',
  'ipv6-network',
] as const satisfies readonly ObservableKind[];

export type GateValueKind = (typeof gateValueKinds)[number];
export type ByValueKind<T> = Readonly<Record<GateValueKind, T>>;
export type GateValues = ByValueKind<ScoredValues>;

export function byValueKind<T>(toValue: (kind: GateValueKind) => T): ByValueKind<T> {
  return byKey(gateValueKinds, toValue);
}

/** The engine refuses an element of 20,480 bytes, and the whole ruleset with it (Wazuh 4.14.7). */
export const maxPatternBytes = 20_300;

/** Of an element of a static field the engine drops a text of 2,048 bytes, and the rule fires on anything (Wazuh 4.14.7). */
export const maxStaticPatternBytes = 2_000;

/** How many bytes a rule has in the rules file in addition to its pattern: tags, group, parent, field name. */
export const ruleBytes = 240;
