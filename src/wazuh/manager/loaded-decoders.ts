import * as v from 'valibot';
import { askEngine, EngineAbsentError } from './ask-engine.ts';

const request = {
  version: 1,
  origin: { name: 'opencti-wazuh', module: 'opencti-wazuh' },
  command: 'getconfig',
  parameters: { section: 'decoders' },
};

/** Half a megabyte takes 25 ms; a busy engine answers later. */
const patience = 10_000;

const decodersSchema = v.object({ decoders: v.array(v.object({ name: v.string() })) });
const answerSchema = v.object({ error: v.literal(0), data: decodersSchema });

/**
 * The names of the decoders that the running engine has loaded, also for the manager's user. 4.4 and later take JSON,
 * 4.2 and 4.3 the words `getconfig decoders` in the same framing, and answer `ok {...}` (read in their sources).
 * @returns null: the engine does not say.
 */
export async function readLoadedDecoders(home: string): Promise<ReadonlySet<string> | null> {
  const answer = toJson(await ask(home, JSON.stringify(request)));
  const found = v.is(answerSchema, answer)
    ? answer.data
    : toJson((await ask(home, 'getconfig decoders')).replace(/^ok /, ''));
  return v.is(decodersSchema, found) ? new Set(found.decoders.map(({ name }) => name)) : null;
}

/** @throws EngineAbsentError when no engine runs. */
export async function insistOnEngine(home: string): Promise<void> {
  try {
    await askEngine(home, JSON.stringify(request), patience);
  } catch (error) {
    // A busy engine, and one that knows other requests, are there.
    if (error instanceof EngineAbsentError) throw error;
  }
}

/** Empty: no answer. */
async function ask(home: string, text: string): Promise<string> {
  try {
    return await askEngine(home, text, patience);
  } catch {
    return '';
  }
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
