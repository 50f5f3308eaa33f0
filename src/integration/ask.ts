import { OpenCtiError } from '../opencti/errors.ts';
import type { Shape } from '../opencti/version.ts';
import type { Candidate } from './candidate.ts';
import { askQuestion, type Connection } from './connection.ts';
import type { JsonObject } from './json.ts';
import { toQuestion } from './question.ts';

/** The shape of each platform's schema, as the last run saw it. */
export interface ShapeMemory {
  recall(url: string): Shape;
  remember(url: string, shape: Shape): void;
}

/**
 * Asks OpenCTI for all candidates, in the shape that its schema had at the last run. A platform that was upgraded
 * since refuses that document; then the other shape is tried once and remembered, so that each run but one is a
 * single request.
 * @throws OpenCtiError of kind `timeout` when the time is over, or of another kind.
 */
export async function askOpenCti(
  connection: Connection,
  candidates: readonly Candidate[],
  memory: ShapeMemory,
): Promise<JsonObject> {
  const { href } = connection.endpoint;
  const { timeout, trust } = connection.settings;
  const shape = memory.recall(href);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(toTimeout(href, timeout)), timeout);
  const ask = (asked: Shape) =>
    askQuestion(connection, toQuestion(candidates, asked, trust.length > 0), controller.signal);
  try {
    return await ask(shape);
  } catch (error) {
    if (!isRefusedQuery(error)) throw error;
    const other = shape === 'lists' ? 'edges' : 'lists';
    const data = await ask(other).catch((second: unknown) => {
      // Neither shape fits: what the usual one was told says more.
      throw isRefusedQuery(second) ? error : second;
    });
    memory.remember(href, other);
    return data;
  } finally {
    clearTimeout(timer);
  }
}

function isRefusedQuery(error: unknown): boolean {
  return error instanceof OpenCtiError && error.failure === 'query';
}

function toTimeout(url: string, timeout: number): OpenCtiError {
  return new OpenCtiError(
    'timeout',
    `no answer of OpenCTI at ${url} within ${timeout / 1000} s (integration.timeout)`,
  );
}
