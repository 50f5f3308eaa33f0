import * as v from 'valibot';
import { KnownError, messageOf } from '../../errors.ts';
import { askEngine, EngineAbsentError } from './ask.ts';

/** The socket on which the engine takes logs for a test. */
const socketPath = 'queue/sockets/logtest';

/**
 * In milliseconds. The first request of a session loads the ruleset on the disk: a million values take four seconds.
 */
const usualPatience = 120_000;

const origin = { name: 'opencti-wazuh', module: 'opencti-wazuh' };

/**
 * The code of a session that could not load the set on the disk, or found a fault in it. Other codes below 0 are about
 * the request.
 */
const refused = -1;

/** The engine would refuse the set on the disk; the running engine has not been changed. */
export class SetRefusedError extends KnownError {}

/** The engine's judgement of the set on the disk, in its own words; or the reason why it was not asked. */
export type Judgement =
  | {
      readonly isAsked: true;
      /** The engine would load nothing of the set: a reload keeps what runs, and a start fails. */
      readonly isRefused: boolean;
      /** Why it refuses the set; for a set that it takes, the conditions of rules that it loses (1104). */
      readonly errors: readonly string[];
      /** The parts that it leaves out or doubts. */
      readonly warnings: readonly string[];
    }
  | { readonly isAsked: false; readonly why: string };

/**
 * Asks the engine how a reload would judge the set on the disk, without a change of what it runs with: a logtest
 * session loads the set anew, and compiles the lists that are newer than their databases. On Wazuh 4.14.7 session and
 * reload agree in all 137 recorded faults. It takes about as long as a reload.
 * @param patience milliseconds for the answer.
 */
export async function readJudgement(home: string, patience = usualPatience): Promise<Judgement> {
  const session = await openSession(home, { line: 'opencti-wazuh', location: 'opencti-wazuh' }, patience);
  if ('why' in session) return { isAsked: false, why: session.why };
  await closeSession(home, session.token, patience);
  const { codemsg, messages, token } = session;
  return {
    isAsked: true,
    isRefused: codemsg === refused && token === undefined,
    // The message (7311), that there is no session for a refused set, adds nothing.
    errors: messages.filter((message) => /^(?:ERROR|CRITICAL): (?!\(7311\))/.test(message)),
    warnings: messages.filter((message) => message.startsWith('WARNING: ')),
  };
}

/**
 * Refuses a set that the engine would refuse, or of which it would lose a condition of a rule of ours.
 * @param isOurs returns whether a message of the engine is about a file of ours. A lost condition in a rule of the site
 * is no reason to refuse.
 * @throws SetRefusedError that quotes the engine.
 * @returns false: the engine was not asked (`<rule_test>` is off, its sessions are used up, or it has no such socket).
 */
export async function judgeSet(
  home: string,
  isOurs: (message: string) => boolean,
  patience = usualPatience,
): Promise<boolean> {
  const judgement = await readJudgement(home, patience);
  if (!judgement.isAsked) return false;
  const { isRefused, errors, warnings } = judgement;
  // When a condition is too long, the engine quotes its text and names no rule. The length of ours is checked before.
  if (!isRefused && errors.every((error) => error.includes('(1104)') && !isOurs(error))) return true;
  throw new SetRefusedError([toHeadline(errors, isOurs), ...quoteRefusal(errors, warnings)].join('\n  '));
}

function toHeadline(errors: readonly string[], isOurs: (message: string) => boolean): string {
  return errors.some(isOurs)
    ? 'the engine would refuse this set (a logtest session said so):'
    : 'the engine would refuse the rules and decoders of this manager, and names no file of ours (a logtest session said so):';
}

/** More messages would hide the first ones. */
const shown = 5;

/**
 * Returns the engine's messages about a set that it refuses. It refuses an empty decoder file without a message (Wazuh
 * 4.14.7).
 */
export function quoteRefusal(errors: readonly string[], warnings: readonly string[]): readonly string[] {
  const said = (errors.length > 0 ? errors : warnings).slice(0, shown);
  return said.length > 0 ? said : ['it gives no reason: is a file in etc/decoders or etc/rules empty?'];
}

/**
 * Makes the engine compile the lists on the disk that are newer than their databases, without a reload. The session
 * that judged a refused set has compiled the lists of that set, and the engine opens the database of a list by its
 * path, at the first lookup after a reload: so the restored lists are compiled before any lookup (Wazuh 4.14.7).
 */
export async function buildDatabases(home: string): Promise<void> {
  await readJudgement(home);
}

/** A line of a log and its origin, in the form of logcollector. */
export interface TriedLog {
  readonly line: string;
  readonly location: string;
}

/** The result for a log: the last rule that matches it, level 0 included, and the decoder that took it. */
export interface LogOutcome {
  readonly rule: { readonly id: number; readonly level: number } | null;
  readonly decoder: string | null;
}

/**
 * Tests logs, in one session, against the set on the disk; nothing of it reaches the alerts. The engine tests only
 * lines of logs, and neither events of the event channel nor of syscheck (Wazuh 4.14.7).
 * @returns the result for each log, in their order; null: the engine was not asked, or refuses the set.
 */
export async function tryLogs(home: string, logs: readonly TriedLog[]): Promise<LogOutcome[] | null> {
  const outcomes: LogOutcome[] = [];
  let token: string | undefined;
  try {
    for (const log of logs) {
      const session = await openSession(home, log, usualPatience, token);
      if ('why' in session || session.output === undefined) return null;
      const { rule, decoder } = session.output;
      token = session.token ?? token;
      outcomes.push({
        rule: rule === undefined ? null : { id: Number(rule.id), level: rule.level },
        decoder: decoder?.name ?? null,
      });
    }
    return outcomes;
  } finally {
    await closeSession(home, token, usualPatience);
  }
}

const sessionSchema = v.object({
  error: v.literal(0),
  data: v.object({
    codemsg: v.number(),
    messages: v.optional(v.array(v.string()), []),
    token: v.optional(v.string()),
    output: v.optional(
      v.object({
        rule: v.optional(v.object({ id: v.string(), level: v.number() })),
        decoder: v.optional(v.object({ name: v.optional(v.string()) })),
      }),
    ),
  }),
});

type Session = v.InferOutput<typeof sessionSchema>['data'];

/** Sends one log to a session. @param token of an open session; none: a new session, which loads the set. */
async function openSession(
  home: string,
  { line, location }: TriedLog,
  patience: number,
  token?: string,
): Promise<Session | { readonly why: string }> {
  const parameters = { event: line, log_format: 'syslog', location, ...(token !== undefined && { token }) };
  let answer: string;
  try {
    answer = await askLogtest(home, { command: 'log_processing', parameters }, patience);
  } catch (error) {
    if (error instanceof EngineAbsentError)
      return { why: 'it takes no logtest sessions (it does not run, or <rule_test> of ossec.conf is off)' };
    return { why: messageOf(error) };
  }
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), sessionSchema), answer);
  if (!result.success) return { why: `it opens no logtest session: ${answer.slice(0, quoted)}` };
  const { data } = result.output;
  return data.codemsg < refused ? { why: `it opens no logtest session: ${data.messages.join(' ')}` } : data;
}

/** Enough to see what an answer is. */
const quoted = 200;

async function closeSession(home: string, token: string | undefined, patience: number): Promise<void> {
  if (token === undefined) return;
  try {
    await askLogtest(home, { command: 'remove_session', parameters: { token } }, patience);
  } catch {
    // The session closes by itself after 15 minutes.
  }
}

function askLogtest(
  home: string,
  request: { readonly command: string; readonly parameters: object },
  patience: number,
): Promise<string> {
  return askEngine(home, JSON.stringify({ version: 1, origin, ...request }), patience, socketPath);
}

const request = {
  version: 1,
  origin: { name: 'opencti-wazuh', module: 'opencti-wazuh' },
  command: 'getconfig',
  parameters: { section: 'decoders' },
};

/** In milliseconds. Half a megabyte takes 25 ms; a busy engine answers later. */
const patience = 10_000;

const decodersSchema = v.object({ decoders: v.array(v.object({ name: v.string() })) });
const answerSchema = v.object({ error: v.literal(0), data: decodersSchema });

/**
 * Returns the names of the decoders that the running engine has loaded; the manager's user may ask for them, too. 4.4
 * and later take JSON; 4.2 and 4.3 take the words `getconfig decoders` in the same framing, and answer `ok {...}` (read
 * in their sources).
 * @returns null: the engine does not report them.
 */
export async function readLoadedDecoders(home: string): Promise<ReadonlySet<string> | null> {
  const answer = toJson(await askConfiguration(home, JSON.stringify(request)));
  const found = v.is(answerSchema, answer)
    ? answer.data
    : toJson((await askConfiguration(home, 'getconfig decoders')).replace(/^ok /, ''));
  return v.is(decodersSchema, found) ? new Set(found.decoders.map(({ name }) => name)) : null;
}

/** Checks that an engine runs. @throws EngineAbsentError when none does. */
export async function insistOnEngine(home: string): Promise<void> {
  try {
    await askEngine(home, JSON.stringify(request), patience);
  } catch (error) {
    // A busy engine, and an engine that takes other requests, does run.
    if (error instanceof EngineAbsentError) throw error;
  }
}

/** Returns the answer of the engine; empty: there is none. */
async function askConfiguration(home: string, text: string): Promise<string> {
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
