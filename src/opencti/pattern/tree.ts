/** Where a part stands in the pattern's text. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** `file:hashes.'SHA-256'`: object type `file`, path `['hashes', 'SHA-256']`. An index or `*` is `[]`. */
export interface ObjectPath {
  readonly objectType: string;
  readonly path: readonly string[];
}

/** One comparison with its operator: `=`, `==`, `!=`, `LIKE`, ... */
export interface Test extends Span {
  readonly type: 'test';
  readonly target: ObjectPath;
  readonly negated: boolean;
  readonly operator: string;
  /** The string it is compared with, or null: something else. */
  readonly text: string | null;
}

/** Joined by one operator; parentheses around leave no trace. */
export interface Joined<T, J extends string> extends Span {
  readonly type: J;
  readonly parts: readonly T[];
}

export type Comparison = Test | Joined<Comparison, 'and' | 'or'>;

/** `[comparison]`. */
interface SingleObservation extends Span {
  readonly type: 'observation';
  readonly comparison: Comparison;
}

/** An observation or a group of them with WITHIN, REPEATS or START ... STOP. */
interface Qualified extends Span {
  readonly type: 'qualified';
}

export type Observation = SingleObservation | Qualified | Joined<Observation, 'and' | 'or' | 'followedby'>;
