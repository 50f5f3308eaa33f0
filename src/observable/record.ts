import type { Claim } from './kinds.ts';
import type { SkipReason } from './skip-reasons.ts';

/** A text of an object that the parser of its pattern or hashes could not use. */
export interface UnusableText {
  readonly text: string;
  readonly reason: SkipReason;
}

export interface Named {
  readonly id: string;
  readonly name: string;
}

/** What filters and reports need of an object. */
export interface ObjectDetails {
  readonly labels: readonly Named[];
  readonly markings: readonly Named[];
  readonly author: Named | null;
  /** In OpenCTI; milliseconds since the epoch. */
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
  /** Of indicators; null: OpenCTI has none, and of observables. */
  readonly confidence: number | null;
  /** Of indicators: meant for detection. */
  readonly detection: boolean | null;
}

/** What both kinds of OpenCTI object have in common for the decision. */
interface SourceObject {
  /** OpenCTI's internal id. */
  readonly id: string;
  /** 0-100, or null: OpenCTI has none. */
  readonly score: number | null;
  readonly claims: readonly Claim[];
  readonly unusable: readonly UnusableText[];
  /** All hashes are those of one file: they stand and fall together. */
  readonly oneFile: boolean;
  /**
   * Of indicators: what their patterns name and cannot bring in. A dead one speaks against it, and one that is alive decides
   * the score. Left out: nothing.
   */
  readonly named?: readonly Claim[] | undefined;
  /** Checked hashes that no event field carries (SHA-512): they join the objects of one file. Left out: none. */
  readonly otherHashes?: readonly string[] | undefined;
  /** Only when the reader was asked for them. */
  readonly details?: ObjectDetails | undefined;
}

export interface ObservableRecord extends SourceObject {
  readonly type: 'observable';
  /** Ids of the indicators that OpenCTI has as based on it. Only where one value is asked for: it costs a query a node. */
  readonly basedOn?: readonly string[] | undefined;
}

export interface IndicatorRecord extends SourceObject {
  readonly type: 'indicator';
  readonly revoked: boolean;
  /** Milliseconds since the epoch, or null: without a bound. */
  readonly validFrom: number | null;
  readonly validUntil: number | null;
}

/** One OpenCTI object, reduced to what a decision needs. */
export type SourceRecord = ObservableRecord | IndicatorRecord;
