import type { IncomingHttpHeaders } from 'node:http';

/** A request as it reached the server. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The text of the GraphQL document, or null: the body held none. */
  readonly query: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}
