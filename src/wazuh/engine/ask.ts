import { createConnection } from 'node:net';
import { join } from 'node:path';
import * as v from 'valibot';
import { codeOf, KnownError, messageOf } from '../../errors.ts';
import type { SiteRule } from '../site-rules.ts';
import { type ProgramResult, runProgram } from './programs.ts';

/** How the engine loaded what is on the disk. */
export interface Applied {
  /** `restart-needed`: the set is checked and compiled, and the engine will load it at its next start. */
  readonly how: 'reloaded' | 'restarted' | 'restart-needed';
  /** The engine's messages about what it has dropped or doubts. */
  readonly warnings: readonly string[];
}

/** The set on the disk did not pass the check; the running engine has not been changed. */
export class EngineCheckError extends KnownError {}

/** Milliseconds until each step is given up. */
export interface Patience {
  readonly reload: number;
  readonly check: number;
  readonly restart: number;
}

export interface ApplyOptions {
  /** Whether an engine without hot reload may be restarted. */
  readonly restart: boolean;
  readonly patience?: Patience;
}

/** A hot reload of a million values takes under two seconds, a restart under a minute. */
const usualPatience: Patience = { reload: 120_000, check: 180_000, restart: 300_000 };

const reloadRequest = {
  version: 1,
  origin: { module: 'opencti-wazuh' },
  command: 'reload-ruleset',
  parameters: {},
};

const answerSchema = v.object({
  error: v.number(),
  message: v.optional(v.string(), ''),
  data: v.optional(v.unknown()),
});
type Answer = v.InferOutput<typeof answerSchema>;

/** `Unrecognized command`: the engine has no hot reload, which came with 4.13. */
const unknownCommand = 4;

/**
 * Makes the engine load what is on the disk: by the hot reload, which checks it first; where there is no hot reload, by
 * `wazuh-analysisd -t` and a restart, if a restart is allowed.
 * @throws KnownError; then the engine still runs with the earlier set.
 */
export async function applyToEngine(home: string, options: ApplyOptions): Promise<Applied> {
  const { patience = usualPatience } = options;
  const answer = parseAnswer(await askEngine(home, JSON.stringify(reloadRequest), patience.reload));
  if (answer === 'older') return checkAndRestart(home, options.restart, patience);
  const warnings = toTexts(answer.data);
  if (answer.error === 0) return { how: 'reloaded', warnings };
  throw new KnownError(
    `the engine refused to reload (${answer.error} ${answer.message}), and runs on with what it had${quote(warnings)}`,
  );
}

function parseAnswer(text: string): Answer | 'older' {
  // Before 4.4 requests and answers were plain words.
  if (text.startsWith('err')) return 'older';
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), answerSchema), text);
  if (!result.success)
    throw new KnownError(`the engine's answer is not understood: ${JSON.stringify(text.slice(0, 200))}`);
  const { error, message } = result.output;
  return error === unknownCommand && /unrecognized command/i.test(message) ? 'older' : result.output;
}

function toTexts(data: unknown): string[] {
  return Array.isArray(data) ? data.map(String) : [];
}

async function checkAndRestart(home: string, restart: boolean, patience: Patience): Promise<Applied> {
  const check = await runProgram(join(home, 'bin/wazuh-analysisd'), ['-t'], patience.check);
  const complaints = toComplaints(check);
  if (check.code !== 0) throw new EngineCheckError(formatFailure('wazuh-analysisd -t', check, complaints));
  if (!restart) return { how: 'restart-needed', warnings: complaints };
  const restarted = await runProgram(join(home, 'bin/wazuh-control'), ['restart'], patience.restart);
  if (restarted.code !== 0)
    throw new KnownError(formatFailure('wazuh-control restart', restarted, toComplaints(restarted)));
  return { how: 'restarted', warnings: complaints };
}

/** Returns the lines that report a problem; when a program failed without such a line, its last lines. */
function toComplaints({ code, lines }: ProgramResult): string[] {
  const complaints = lines.filter((line) => /\b(?:WARNING|ERROR|CRITICAL)\b|\(\d{4}\):/.test(line));
  return complaints.length > 0 || code === 0 ? complaints : lines.slice(-shown);
}

function formatFailure(what: string, { code, problem }: ProgramResult, complaints: string[]): string {
  const isRoot = process.getuid?.() === 0;
  const hint = isRoot ? '' : '; a manager before 4.13 is checked and restarted by root alone: run it as root';
  return `${what} failed (${problem ?? `exit code ${code}`})${hint}${quote(complaints)}`;
}

/** More lines would hide the first ones. */
const shown = 5;

function quote(texts: readonly string[]): string {
  if (texts.length === 0) return '';
  const more = texts.length > shown ? `\n  and ${texts.length - shown} more` : '';
  return `:\n${texts
    .slice(0, shown)
    .map((text) => `  ${text}`)
    .join('\n')}${more}`;
}

/** The socket on which analysisd takes requests, since 4.2. */
const analysisSocket = 'queue/sockets/analysis';
/** Enough for hundreds of thousands of warnings; only a broken frame announces more. */
const mostBytes = 64 * 2 ** 20;

/** No engine takes the request: none runs, or it is still starting. It loads what is on the disk when it starts. */
export class EngineAbsentError extends KnownError {}

const absence: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED']);

/**
 * Sends one request to the engine's own socket and returns the text of the answer. Both are preceded by their length in
 * four bytes, the lowest byte first (Wazuh 4.14.7).
 * @param timeout milliseconds for the whole exchange.
 * @throws EngineAbsentError when no engine runs, another KnownError when the answer is missing or incomplete.
 */
export async function askEngine(
  home: string,
  request: string,
  timeout: number,
  socketPath = analysisSocket,
): Promise<string> {
  const path = join(home, socketPath);
  const body = Buffer.from(request);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  const socket = createConnection(path);
  socket.setTimeout(timeout, () => socket.destroy(new Error(`no answer within ${timeout / 1_000} s`)));
  // However slowly the answer arrives, the whole exchange takes no longer than this.
  const deadline = setTimeout(() => socket.destroy(new Error('no whole answer in time')), timeout);
  try {
    socket.write(Buffer.concat([head, body]));
    return await readFrame(socket);
  } catch (error) {
    const code = codeOf(error);
    const Kind = absence.has(code ?? '') ? EngineAbsentError : KnownError;
    throw new Kind(
      `the engine does not answer at ${path} (${code ?? messageOf(error)}): is Wazuh running? See bin/wazuh-control status`,
      { cause: error },
    );
  } finally {
    clearTimeout(deadline);
    socket.destroy();
  }
}

async function readFrame(stream: AsyncIterable<Buffer>): Promise<string> {
  let received = Buffer.alloc(0);
  for await (const chunk of stream) {
    received = Buffer.concat([received, chunk]);
    if (received.length < 4) continue;
    const length = received.readUInt32LE(0);
    if (length > mostBytes) throw new Error(`an answer of ${length} bytes`);
    if (received.length >= length + 4) return received.toString('utf8', 4, length + 4);
  }
  throw new Error('the connection was closed before the answer');
}

/** What to do when the engine drops a rule or a part of one, by the number of its message (Wazuh 4.14.7). */
const nextSteps: Readonly<Record<string, string>> = {
  '1226': 'correct that file: the engine reads no rule at all while one file is malformed',
  '7610': 'no rule that is loaded has a group of these: see rule_exclude and rule_dir in ossec.conf',
  '7612':
    'another file has a rule of this id: take it out, or move ours with rules.first_id, rules.block_id and gates.first_id',
  '7616': 'the list is not there or not declared: run opencti-wazuh install',
  '7617': 'no rule loaded before has this id: see rule_exclude in ossec.conf',
  '7619': 'no rule loaded before has one of these ids: see rule_exclude in ossec.conf',
};

/** A rule that the engine leaves out, wholly or in part. */
export interface Complaint {
  readonly id: number;
  /** Null: no file of the manager has such a rule. Where two rules have the id, it is the one that loads later. */
  readonly rule: SiteRule | null;
  /** Is the whole rule left out? */
  readonly isLost: boolean;
  /** All messages of the engine about it, in its words. */
  readonly messages: readonly string[];
}

/**
 * Returns the engine's messages about single rules, by the ids of the rules: the engine names no file (Wazuh 4.14.7).
 * @param rules of the manager, in the order in which the engine loads them.
 */
export function findComplaints(messages: readonly string[], rules: readonly SiteRule[]): Complaint[] {
  const found = new Map<number, Complaint>();
  for (const message of messages) {
    const complaint = toComplaint(message, rules);
    if (complaint === null) continue;
    const before = found.get(complaint.id) ?? { isLost: false, messages: [] };
    found.set(complaint.id, {
      ...complaint,
      isLost: complaint.isLost || before.isLost,
      messages: [...before.messages, message],
    });
  }
  return [...found.values()];
}

function toComplaint(message: string, rules: readonly SiteRule[]): Complaint | null {
  const [, doubled = null] = /\(7612\): Rule ID '(\d+)'/.exec(message) ?? [];
  const [, code, named = null] = /\((76(?:10|16|17|18|19|20))\): .*\brule '(\d+)'/i.exec(message) ?? [];
  const id = Number(doubled ?? named ?? Number.NaN);
  if (Number.isNaN(id)) return null;
  const written = rules.filter((rule) => rule.id === id);
  const rule = (doubled === null ? written[0] : written.at(-1)) ?? null;
  // When one of several parents is missing (7617), the engine keeps the rule below the others.
  return { id, rule, isLost: code !== '7617', messages: [message] };
}

export function formatComplaint({ rule, messages }: Complaint): string {
  const place = rule === null ? '' : ` (${rule.file}:${rule.line})`;
  return `${messages.map((message) => message.replace(/^WARNING: /, '')).join(' ')}${place}`;
}

/** Returns what to do about messages of the engine, each step once; messages that are not known have no step. */
export function nextStepsOf(messages: readonly string[]): string[] {
  const numbers = messages.flatMap((message) => /\((\d{4})\):/.exec(message)?.[1] ?? []);
  return [...new Set(numbers.flatMap((number) => nextSteps[number] ?? []))];
}
