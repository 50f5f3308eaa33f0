import type { RecordedRequest } from './requests.ts';

/** A fault of an answer. */
export type Fault =
  /** An HTTP error with a JSON body. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  /** A page where JSON belongs: a login form by default, or the page of a proxy. Status 200 by default. */
  | { readonly kind: 'html'; readonly status?: number; readonly html?: string }
  | { readonly kind: 'redirect'; readonly status?: number; readonly location: string }
  | { readonly kind: 'hang-up'; readonly when: 'before-answer' | 'in-body' }
  /** No answer at all, until the server closes. */
  | { readonly kind: 'silence' }
  | { readonly kind: 'slow'; readonly milliseconds: number }
  /** HTTP 200 with an error of this code; `withData` leaves the data beside it. */
  | { readonly kind: 'error'; readonly code: string; readonly withData?: boolean }
  | { readonly kind: 'broken-json' }
  /** Rows are missing at the end of each page, though its cursor says they were read. */
  | { readonly kind: 'lost-rows'; readonly rows: number }
  | { readonly kind: 'global-count'; readonly factor: number }
  /** Runs before the answer is made, for example to add and remove rows between two pages. */
  | { readonly kind: 'change'; readonly run: () => void };

export interface FaultTiming {
  /** So many matching requests pass first. Default 0. */
  readonly after?: number;
  /** Then so many requests get the fault. Default: all. */
  readonly times?: number;
  /** Which requests count at all. Default: every POST to /graphql. */
  readonly when?: (request: RecordedRequest) => boolean;
}

/** Switchable while the server runs. */
export interface FaultControl {
  add(fault: Fault, timing?: FaultTiming): void;
  clear(): void;
}

export interface FaultPlan extends FaultControl {
  /** Returns the faults for this request. */
  take(request: RecordedRequest): readonly Fault[];
}

export function createFaultPlan(): FaultPlan {
  let planned: { fault: Fault; timing: FaultTiming; seen: number }[] = [];
  return {
    add(fault, timing = {}) {
      planned.push({ fault, timing, seen: 0 });
    },
    clear() {
      planned = [];
    },
    take(request) {
      const counted = planned.filter(({ timing }) => timing.when?.(request) ?? true);
      return counted
        .filter((entry) => {
          entry.seen += 1;
          const place = entry.seen - (entry.timing.after ?? 0);
          return place > 0 && place <= (entry.timing.times ?? Number.POSITIVE_INFINITY);
        })
        .map((entry) => entry.fault);
    },
  };
}
