import { type Collection, createCollection } from './collection.ts';
import { documentedIndicators, documentedObservables } from './documented.ts';
import type {
  StoredIdentity,
  StoredIndicator,
  StoredLabel,
  StoredMarking,
  StoredObservable,
} from './objects.ts';
import { referenceIdentities, referenceLabels, referenceMarkings } from './references.ts';
import { sampleIndicators, sampleObservables } from './samples.ts';
import { seededIndicators, toBasedIndicators } from './seeded-indicators.ts';
import { seededObservables } from './seeded-observables.ts';

/** All that a platform holds; tables and maps may change while a server reads them. */
export interface DemoData {
  readonly observables: Collection<StoredObservable>;
  readonly indicators: Collection<StoredIndicator>;
  readonly labels: Map<string, StoredLabel>;
  readonly markings: Map<string, StoredMarking>;
  readonly identities: Map<string, StoredIdentity>;
}

export interface DemoDataOptions {
  /** The same seed makes the same rows. Default 1. */
  readonly seed?: number;
  /** Number of generated rows. Default 0. */
  readonly observables?: number;
  /** Number of generated rows. Default 0. */
  readonly indicators?: number;
  /** Whether the two objects of the documented alerts and the sample file are the first ones. Default true. */
  readonly documented?: boolean;
  /** Whether each dirty form of a value and each form of a pattern is among the rows once. Default false. */
  readonly samples?: boolean;
  /** Written objects beside the generated ones. */
  readonly written?: {
    readonly observables?: readonly StoredObservable[];
    readonly indicators?: readonly StoredIndicator[];
  };
}

export function createDemoData(options: DemoDataOptions = {}): DemoData {
  const {
    seed = 1,
    observables = 0,
    indicators = 0,
    documented = true,
    samples = false,
    written = {},
  } = options;
  const toIndicators = (index: number) => toBasedIndicators(seed, indicators, index);
  return {
    observables: createCollection(seededObservables(seed, observables, toIndicators), [
      ...(documented ? documentedObservables : []),
      ...(samples ? sampleObservables : []),
      ...(written.observables ?? []),
    ]),
    indicators: createCollection(seededIndicators(seed, indicators), [
      ...(documented ? documentedIndicators : []),
      ...(samples ? sampleIndicators : []),
      ...(written.indicators ?? []),
    ]),
    labels: toMap(referenceLabels),
    markings: toMap(referenceMarkings),
    identities: toMap(referenceIdentities),
  };
}

function toMap<T extends { readonly id: string }>(objects: readonly T[]): Map<string, T> {
  return new Map(objects.map((object) => [object.id, object]));
}
