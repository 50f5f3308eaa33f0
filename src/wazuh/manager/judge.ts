import * as v from 'valibot';
import { KnownError } from '../../errors.ts';
import { askEngine } from './ask-engine.ts';

/** Where the engine takes logs to try. */
const socketPath = 'queue/sockets/logtest';

/** Milliseconds. The first request of a session loads the ruleset that lies on the disk: a million values take four seconds. */
const usualPatience = 120_000;

const origin = { name: 'opencti-wazuh', module: 'opencti-wazuh' };

/** The session could not load what lies on the disk, or found fault with it. Others below 0 speak of the request. */
const refused = -1;

const sessionSchema = v.object({
  error: v.literal(0),
  data: v.object({
    codemsg: v.number(),
    messages: v.optional(v.array(v.string()), []),
    token: v.optional(v.string()),
  }),
});

/** The set on the disk would be refused, and the running engine has not been touched. */
export class SetRefusedError extends KnownError {}

/**
 * Asks the engine what a reload would say of the set that lies on the disk, without touching what runs: a logtest session
 * loads it anew. On Wazuh 4.14.7 the two agree in all 137 recorded faults: -1 is a refusal.
 * @param isOurs does a message of the engine speak of a file of ours? A fault of the site's that stays is no reason.
 * @throws SetRefusedError that quotes the engine.
 * @returns false: the engine was not asked (`<rule_test>` is off, its sessions are used up, or it has no such socket).
 */
export async function judgeSet(
  home: string,
  isOurs: (message: string) => boolean,
  patience = usualPatience,
): Promise<boolean> {
  const session = await loadInSession(home, patience);
  if (session === null || session.codemsg < refused) return false;
  const { codemsg, messages } = session;
  const errors = messages.filter((message) => /^(?:ERROR|CRITICAL)/.test(message));
  if (codemsg > refused || (errors.length > 0 && errors.every((error) => isSitesOwn(error, isOurs))))
    return true;
  throw new SetRefusedError([toHeadline(errors, isOurs), ...toQuotes(messages, errors)].join('\n  '));
}

function toHeadline(errors: readonly string[], isOurs: (message: string) => boolean): string {
  return errors.some(isOurs)
    ? 'the engine would refuse this set (a logtest session said so):'
    : 'the engine would refuse the rules and decoders of this manager, and names no file of ours (a logtest session said so):';
}

/** An empty decoder file is refused without a word (Wazuh 4.14.7). */
function toQuotes(messages: readonly string[], errors: readonly string[]): readonly string[] {
  const said = (errors.length > 0 ? errors : messages).slice(0, shown);
  return said.length > 0 ? said : ['it gives no reason: is a file in etc/decoders or etc/rules empty?'];
}

/** More would hide the first ones. */
const shown = 5;

/**
 * A condition that is too long is lost, and the rule fires on anything; the engine takes the set all the same, and names no
 * rule but the text (1104). Ours are checked for it, so that of a site is its own.
 */
function isSitesOwn(error: string, isOurs: (message: string) => boolean): boolean {
  return error.includes('(1104)') && !isOurs(error);
}

/**
 * Has the lists on the disk compiled that are newer than their databases, without a reload. A set that was refused has been
 * compiled by the session that judged it, and the engine opens the database of a list at its first look-up after a reload,
 * by its path: so the lists that were put back are compiled before anything is looked up (Wazuh 4.14.7).
 */
export async function buildDatabases(home: string): Promise<void> {
  await loadInSession(home, usualPatience);
}

/** Opens a session and closes it. Null: the engine did not answer as it does. */
async function loadInSession(home: string, patience: number) {
  const parameters = { event: 'opencti-wazuh', log_format: 'syslog', location: 'opencti-wazuh' };
  const answer = await ask(home, { version: 1, origin, command: 'log_processing', parameters }, patience);
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), sessionSchema), answer);
  if (!result.success) return null;
  const { token } = result.output.data;
  if (token !== undefined)
    await ask(home, { version: 1, origin, command: 'remove_session', parameters: { token } }, patience);
  return result.output.data;
}

async function ask(home: string, request: object, patience: number): Promise<string | null> {
  try {
    return await askEngine(home, JSON.stringify(request), patience, socketPath);
  } catch {
    return null;
  }
}
