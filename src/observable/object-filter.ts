/**
 * Which objects may bring a value in, with the ids and times that OpenCTI compares. Null asks for nothing. A set is
 * never empty.
 */
export interface ObjectFilter {
  readonly labelsAny: ReadonlySet<string> | null;
  /** Not about the object but about its value: any object that carries one keeps the value out. */
  readonly labelsNone: ReadonlySet<string> | null;
  readonly authorsIn: ReadonlySet<string> | null;
  readonly authorsOut: ReadonlySet<string> | null;
  readonly markingsAny: ReadonlySet<string> | null;
  /** Those above the TLP ceiling among them. */
  readonly markingsNone: ReadonlySet<string> | null;
  /** Milliseconds since the epoch; the object has to be younger. */
  readonly createdAfter: number | null;
  readonly updatedAfter: number | null;
}

/** The filters of a run. All that apply to an object have to hold. */
export interface ObjectFilters {
  readonly all: ObjectFilter;
  readonly observables: ObjectFilter;
  readonly indicators: ObjectFilter;
  readonly hash: ObjectFilter;
  readonly address: ObjectFilter;
  readonly name: ObjectFilter;
}
