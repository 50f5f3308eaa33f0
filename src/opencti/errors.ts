import { type ExitCode, KnownError } from '../errors.ts';

interface Verdict {
  readonly exitCode: ExitCode;
  /** Whether the same request may succeed some seconds later. */
  readonly retry: boolean;
}

/** What can go wrong between us and OpenCTI: whose turn it is, and whether another try is worth it. */
const verdicts = {
  settings: { exitCode: 2, retry: false },
  token: { exitCode: 2, retry: false },
  capability: { exitCode: 2, retry: false },
  address: { exitCode: 2, retry: false },
  tls: { exitCode: 2, retry: false },
  'proxy-refusal': { exitCode: 2, retry: false },
  version: { exitCode: 2, retry: false },
  query: { exitCode: 2, retry: false },
  status: { exitCode: 2, retry: false },
  'unknown-host': { exitCode: 1, retry: false },
  network: { exitCode: 1, retry: true },
  timeout: { exitCode: 1, retry: true },
  busy: { exitCode: 1, retry: true },
  /** It says itself that it is not to be asked for a while. */
  'asked-to-wait': { exitCode: 1, retry: true },
  server: { exitCode: 1, retry: false },
  answer: { exitCode: 1, retry: false },
  'too-large': { exitCode: 1, retry: false },
  incomplete: { exitCode: 1, retry: false },
  aborted: { exitCode: 1, retry: false },
} as const satisfies Record<string, Verdict>;

export type OpenCtiFailure = keyof typeof verdicts;

/**
 * OpenCTI, or the way to it, failed. The error carries no cause: what Node and graphql-request throw holds
 * the request, and with it the token.
 */
export class OpenCtiError extends KnownError {
  readonly failure: OpenCtiFailure;
  /** Milliseconds that the server asked us to wait (`Retry-After`), or null: it did not say. */
  readonly retryAfter: number | null;

  constructor(failure: OpenCtiFailure, message: string, retryAfter: number | null = null) {
    super(message, { exitCode: verdicts[failure].exitCode });
    this.failure = failure;
    this.retryAfter = retryAfter;
  }

  get retry(): boolean {
    return verdicts[this.failure].retry;
  }
}
