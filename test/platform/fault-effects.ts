import { type ErrorSpelling, toErrorEntry } from './api-error.ts';
import type { Fault } from './faults.ts';
import type { Answer } from './graphql-service.ts';

interface Page {
  edges?: unknown[];
  pageInfo?: { globalCount?: number };
}

/** Changes an answer in place as the fault says. */
export function spoilAnswer(answer: Answer, fault: Fault, spelling: ErrorSpelling): void {
  if (fault.kind === 'error') {
    answer.errors = [...(answer.errors ?? []), toErrorEntry(fault.code, spelling)];
    if (!fault.withData) answer.data = null;
  }
  for (const page of Object.values(answer.data ?? {}).filter(isPage)) {
    if (fault.kind === 'lost-rows') page.edges?.splice(-fault.rows);
    if (fault.kind === 'global-count' && page.pageInfo?.globalCount !== undefined) {
      page.pageInfo.globalCount = Math.round(page.pageInfo.globalCount * fault.factor);
    }
  }
}

function isPage(value: unknown): value is Page {
  return typeof value === 'object' && value !== null && ('edges' in value || 'pageInfo' in value);
}
