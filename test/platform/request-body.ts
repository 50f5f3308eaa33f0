import type { IncomingMessage } from 'node:http';

/** A call, or why the body is none. */
export type RequestBody =
  | {
      readonly query: string;
      readonly variables: Readonly<Record<string, unknown>>;
      readonly operationName: string | null;
    }
  | { readonly query: null; readonly variables: Readonly<Record<string, never>>; readonly refusal: string };

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export function parseBody(text: string): RequestBody {
  const body = parseJson(text);
  // Several operations in one request are refused: batching is off.
  if (Array.isArray(body)) return refuse('Operation batching disabled.');
  if (typeof body !== 'object' || body === null) return refuse('The body is not a JSON object.');
  const { query, variables, operationName } = body as Record<string, unknown>;
  if (typeof query !== 'string') return refuse('The body holds no query.');
  return {
    query,
    variables: typeof variables === 'object' && variables !== null ? { ...variables } : {},
    operationName: typeof operationName === 'string' ? operationName : null,
  };
}

function refuse(refusal: string): RequestBody {
  return { query: null, variables: {}, refusal };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
