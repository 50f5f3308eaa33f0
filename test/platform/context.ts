import { ApiError, type ErrorSpelling } from './api-error.ts';
import type { DemoData } from './data/demo-data.ts';
import type { VersionTraits } from './version.ts';

/** What the platform is and what the token may do. */
export interface Platform {
  readonly version: string;
  readonly traits: VersionTraits;
  readonly id: string;
  readonly title: string;
  readonly capabilities: readonly string[];
  /** Ids of the markings that the token may see. */
  readonly markings: ReadonlySet<string>;
  readonly maxPageSize: number;
  readonly settingsRefused: boolean;
  readonly errorSpelling: ErrorSpelling;
  readonly data: DemoData;
  readonly counts: CountCache;
}

export interface ServerContext {
  readonly platform: Platform;
  readonly authenticated: boolean;
}

/** Counting may scan a whole table: once for each kind of question, until the table changes. */
export interface CountCache {
  get(question: string, revision: number, count: () => number): number;
}

export function createCountCache(): CountCache {
  const known = new Map<string, { readonly revision: number; readonly count: number }>();
  return {
    get(question, revision, count) {
      const entry = known.get(question);
      if (entry?.revision === revision) return entry.count;
      const fresh = count();
      known.set(question, { revision, count: fresh });
      return fresh;
    },
  };
}

export function requireToken(context: ServerContext): void {
  if (!context.authenticated) throw new ApiError('AUTH_REQUIRED');
}

export function requireKnowledge(context: ServerContext): void {
  requireToken(context);
  const { capabilities } = context.platform;
  if (!capabilities.includes('KNOWLEDGE') && !capabilities.includes('BYPASS')) {
    throw new ApiError('FORBIDDEN_ACCESS');
  }
}

/** Returns whether the token can see an object: it has to see each of its markings. */
export function isVisible(platform: Platform, markings: readonly string[]): boolean {
  return markings.every((id) => platform.markings.has(id));
}
