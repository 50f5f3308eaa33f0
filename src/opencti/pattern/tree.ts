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
  /** The strings it is compared with: one, or those of a set. Null: something else is among them. */
  readonly texts: readonly string[] | null;
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
  readonly observation: Observation;
}

export type Observation = SingleObservation | Qualified | Joined<Observation, 'and' | 'or' | 'followedby'>;
