import * as v from 'valibot';
import { KnownError } from '../../errors.ts';
import { askEngine } from './ask-engine.ts';

/** Where the engine takes logs to try. */
const socketPath = 'queue/sockets/logtest';

/** The first request of a session loads the ruleset that lies on the disk: a million values take four seconds. */
const patience = 120_000;

const origin = { name: 'opencti-wazuh', module: 'opencti-wazuh' };

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
export async function judgeSet(home: string, isOurs: (message: string) => boolean): Promise<boolean> {
  const session = await openSession(home);
  if (session === null) return false;
  const { codemsg, messages, token } = session;
  if (token !== undefined) await closeSession(home, token);
  const errors = messages.filter((message) => /^(?:ERROR|CRITICAL)/.test(message));
  if (codemsg >= 0 || (errors.length > 0 && errors.every((error) => isSitesOwn(error, isOurs)))) return true;
  throw new SetRefusedError(
    ['the engine would refuse this set (a logtest session said so):', ...errors.slice(0, shown)].join('\n  '),
  );
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

async function openSession(home: string) {
  const parameters = { event: 'opencti-wazuh', log_format: 'syslog', location: 'opencti-wazuh' };
  const answer = await ask(home, { version: 1, origin, command: 'log_processing', parameters });
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), sessionSchema), answer);
  return result.success ? result.output.data : null;
}

async function closeSession(home: string, token: string): Promise<void> {
  await ask(home, { version: 1, origin, command: 'remove_session', parameters: { token } });
}

async function ask(home: string, request: object): Promise<string | null> {
  try {
    return await askEngine(home, JSON.stringify(request), patience, socketPath);
  } catch {
    return null;
  }
}
