import type { ClaimKind } from '../observable/kinds.ts';
import { claimKinds } from '../observable/kinds.ts';
import { type BuiltInList, builtInLists } from '../value-lists/built-in.ts';
import type { Subject } from '../wazuh/fields.ts';
import type { WrittenSelect } from './written-select.ts';

export type SourceKind = 'observables' | 'indicators';

/**
 * Which objects may bring a value in, by the names that OpenCTI shows. An empty list, or null, asks for nothing;
 * times are milliseconds before now.
 */
export interface ObjectFilterConfig {
  readonly labelsAny: readonly string[];
  /** A value of which any object has one of them is out. */
  readonly labelsNone: readonly string[];
  readonly authorsIn: readonly string[];
  readonly authorsOut: readonly string[];
  readonly markingsAny: readonly string[];
  readonly markingsNone: readonly string[];
  /** The highest TLP marking that an object may have. */
  readonly tlpMax: string | null;
  readonly createdWithin: number | null;
  readonly updatedWithin: number | null;
}

/** Objects of authors, by the names that OpenCTI shows, or those with at least this confidence. */
export type TrustRankConfig = { readonly authors: readonly string[] } | { readonly confidence: number };

/** All filters that apply to an object have to hold: the general one, that of its source, that of the subject. */
export interface SelectConfig {
  readonly sources: readonly SourceKind[];
  /** Whose objects are trusted most, in order; those of no rank come last. Empty: all are equal. */
  readonly trust: readonly TrustRankConfig[];
  /** A network is of the kind of its addresses. */
  readonly kinds: readonly ClaimKind[];
  readonly minScore: number;
  /** In place of `minScore`; null: that one. */
  readonly minScores: Readonly<Record<Subject, number | null>>;
  readonly cidrMaxAddresses: number;
  readonly filters: {
    readonly all: ObjectFilterConfig;
    readonly observables: ObjectFilterConfig;
    readonly indicators: ObjectFilterConfig;
    readonly hash: ObjectFilterConfig;
    readonly address: ObjectFilterConfig;
    readonly name: ObjectFilterConfig;
  };
  readonly observables: { readonly when: 'any' | 'with_indicator' };
  readonly indicators: {
    /** Only STIX patterns are asked for; else all are, and the others are counted. */
    readonly stixOnly: boolean;
    /** Only those with the detection flag. */
    readonly detection: boolean;
    readonly minConfidence: number | null;
    /** Milliseconds behind `valid_until` for which an indicator that is not revoked stays alive. */
    readonly grace: number;
  };
  readonly allowFiles: readonly string[];
  readonly warningLists: { readonly builtIn: readonly BuiltInList[]; readonly files: readonly string[] };
}

export function toSelect(written: WrittenSelect): SelectConfig {
  const { observables = {}, indicators = {}, hash = {}, address = {}, name = {} } = written;
  return {
    sources: written.sources ?? ['observables', 'indicators'],
    trust: (written.trust ?? []).map(toRank),
    kinds: written.kinds ?? claimKinds,
    minScore: written.min_score ?? 50,
    minScores: {
      hash: hash.min_score ?? null,
      address: address.min_score ?? null,
      name: name.min_score ?? null,
    },
    cidrMaxAddresses: written.cidr_max_addresses ?? 65_536,
    filters: {
      all: toFilter(written),
      observables: toFilter(observables),
      indicators: toFilter(indicators),
      hash: toFilter(hash),
      address: toFilter(address),
      name: toFilter(name),
    },
    observables: { when: observables.when ?? 'any' },
    indicators: toIndicators(indicators),
    allowFiles: written.allow_files ?? [],
    warningLists: {
      builtIn: written.warning_lists?.built_in ?? builtInLists,
      files: written.warning_lists?.files ?? [],
    },
  };
}

function toRank({ authors, confidence = 0 }: NonNullable<WrittenSelect['trust']>[number]): TrustRankConfig {
  return authors === undefined ? { confidence } : { authors };
}

function toIndicators(written: NonNullable<WrittenSelect['indicators']>): SelectConfig['indicators'] {
  return {
    stixOnly: (written.pattern_types ?? []).length > 0,
    detection: written.detection ?? false,
    minConfidence: written.min_confidence ?? null,
    grace: written.grace ?? 0,
  };
}

type WrittenFilter = Pick<
  WrittenSelect,
  'labels' | 'authors' | 'markings' | 'created_within' | 'updated_within'
>;

function toFilter({ labels, authors, markings, ...ages }: WrittenFilter): ObjectFilterConfig {
  return {
    labelsAny: labels?.any ?? [],
    labelsNone: labels?.none ?? [],
    authorsIn: authors?.in ?? [],
    authorsOut: authors?.out ?? [],
    markingsAny: markings?.any ?? [],
    markingsNone: markings?.none ?? [],
    tlpMax: markings?.tlp_max ?? null,
    createdWithin: ages.created_within ?? null,
    updatedWithin: ages.updated_within ?? null,
  };
}
