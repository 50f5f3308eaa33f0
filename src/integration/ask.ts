import { OpenCtiError } from '../opencti/errors.ts';
import type { Shape } from '../opencti/version.ts';
import type { Candidate } from './candidate.ts';
import { askQuestion, type Connection } from './connection.ts';
import type { JsonObject } from './json.ts';
import { toQuestion } from './question.ts';
import { recallShape, rememberShape } from './state/shape-memory.ts';

/**
 * Asks OpenCTI for all candidates, in the shape that its schema had at the last run. A platform that was upgraded
 * since refuses that document; then the other shape is tried once and remembered, so that each run but one is a
 * single request.
 * @throws OpenCtiError of kind `timeout` when the time is over, or of another kind.
 */
export async function askOpenCti(
  connection: Connection,
  candidates: readonly Candidate[],
  stateFolder: string,
): Promise<JsonObject> {
  const { href } = connection.endpoint;
  const { timeout } = connection.settings;
  const shape = recallShape(stateFolder, href);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(toTimeout(href, timeout)), timeout);
  const ask = (asked: Shape) => askQuestion(connection, toQuestion(candidates, asked), controller.signal);
  try {
    return await ask(shape);
  } catch (error) {
    if (!(error instanceof OpenCtiError) || error.failure !== 'query') throw error;
    const other = shape === 'lists' ? 'edges' : 'lists';
    const data = await ask(other);
    rememberShape(stateFolder, href, other);
    return data;
  } finally {
    clearTimeout(timer);
  }
}

function toTimeout(url: string, timeout: number): OpenCtiError {
  return new OpenCtiError('timeout', `no answer of OpenCTI at ${url} within ${timeout / 1000} s (integration.timeout)`);
}
