import type { FilterGroupInput } from './filters.ts';

/** What every root field that lists takes. */
export interface ListArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly orderBy?: string | null;
  readonly orderMode?: 'asc' | 'desc' | null;
  readonly filters?: FilterGroupInput | null;
  readonly search?: string | null;
  readonly types?: readonly (string | null)[] | null;
}

/** Rows of a page when `first` is not given. */
export const defaultPageSize = 500;
