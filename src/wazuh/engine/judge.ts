import * as v from 'valibot';
import { KnownError, messageOf } from '../../errors.ts';
import { askEngine, EngineAbsentError } from './ask.ts';

/** Where the engine takes logs to try. */
const socketPath = 'queue/sockets/logtest';

/** Milliseconds. The first request of a session loads the ruleset that lies on the disk: a million values take four seconds. */
const usualPatience = 120_000;

const origin = { name: 'opencti-wazuh', module: 'opencti-wazuh' };

/** The session could not load what lies on the disk, or found fault with it. Others below 0 speak of the request. */
const refused = -1;

/** The set on the disk would be refused, and the running engine has not been touched. */
export class SetRefusedError extends KnownError {}

/** What the engine says of the set that lies on the disk, in its own words; or why it was not asked. */
export type Judgement =
  | {
      readonly isAsked: true;
      /** It would take none of it: a reload keeps what runs, and a start fails. */
      readonly isRefused: boolean;
      /** Why it refuses the set; of one that it takes, the conditions of rules that it loses (1104). */
      readonly errors: readonly string[];
      /** What it leaves out or doubts. */
      readonly warnings: readonly string[];
    }
  | { readonly isAsked: false; readonly why: string };

/**
 * Asks the engine what a reload would say of the set that lies on the disk, without touching what runs: a logtest session
 * loads it anew, and compiles the lists that are newer than their databases. On Wazuh 4.14.7 the two agree in all 137
 * recorded faults. It takes about as long as a reload.
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
    // That there is no session for a set that is refused says nothing.
    errors: messages.filter((message) => /^(?:ERROR|CRITICAL): (?!\(7311\))/.test(message)),
    warnings: messages.filter((message) => message.startsWith('WARNING: ')),
  };
}

/**
 * The same as a step on the way: a set that would be refused, or that loses a condition of a rule of ours, does not pass.
 * @param isOurs does a message of the engine speak of a file of ours? A lost condition of the site's own is no reason.
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
  // Of a condition that is too long the engine names no rule but the text. Ours are checked for it.
  if (!isRefused && errors.every((error) => error.includes('(1104)') && !isOurs(error))) return true;
  throw new SetRefusedError([toHeadline(errors, isOurs), ...quoteRefusal(errors, warnings)].join('\n  '));
}

function toHeadline(errors: readonly string[], isOurs: (message: string) => boolean): string {
  return errors.some(isOurs)
    ? 'the engine would refuse this set (a logtest session said so):'
    : 'the engine would refuse the rules and decoders of this manager, and names no file of ours (a logtest session said so):';
}

/** More would hide the first ones. */
const shown = 5;

/** What the engine says of a set that it refuses. An empty decoder file is refused without a word (Wazuh 4.14.7). */
export function quoteRefusal(errors: readonly string[], warnings: readonly string[]): readonly string[] {
  const said = (errors.length > 0 ? errors : warnings).slice(0, shown);
  return said.length > 0 ? said : ['it gives no reason: is a file in etc/decoders or etc/rules empty?'];
}

/**
 * Has the lists on the disk compiled that are newer than their databases, without a reload. A set that was refused has been
 * compiled by the session that judged it, and the engine opens the database of a list at its first look-up after a reload,
 * by its path: so the lists that were put back are compiled before anything is looked up (Wazuh 4.14.7).
 */
export async function buildDatabases(home: string): Promise<void> {
  await readJudgement(home);
}

/** A line of a log, and where it comes from, as logcollector says it. */
export interface TriedLog {
  readonly line: string;
  readonly location: string;
}

/** What becomes of a log: the rule that ends its way, level 0 included, and the decoder that took it. */
export interface LogOutcome {
  readonly rule: { readonly id: number; readonly level: number } | null;
  readonly decoder: string | null;
}

/**
 * Tries logs, in one session, against the set that lies on the disk; nothing of it reaches the alerts. The engine tries lines
 * of logs alone, and neither events of the event channel nor of syscheck (Wazuh 4.14.7).
 * @returns what becomes of each, in their order; null: the engine was not asked, or refuses the set.
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

/** @param token of a session that is open; none: a new one, which loads the set. */
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
    // It closes by itself, after 15 minutes.
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
  const answer = toJson(await askConfiguration(home, JSON.stringify(request)));
  const found = v.is(answerSchema, answer)
    ? answer.data
    : toJson((await askConfiguration(home, 'getconfig decoders')).replace(/^ok /, ''));
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
