import { join } from 'node:path';
import * as v from 'valibot';
import { KnownError } from '../../errors.ts';
import { askEngine } from './ask-engine.ts';
import { type ProgramResult, runProgram } from './run-program.ts';

/** How the engine came to have what is on the disk. */
export interface Applied {
  /** `restart-needed`: it is checked and compiled, and the engine will have it when it starts the next time. */
  readonly how: 'reloaded' | 'restarted' | 'restart-needed';
  /** What the engine says that it has dropped or doubts. */
  readonly warnings: readonly string[];
}

/** What is on the disk did not pass the check; the engine has not been touched. */
export class EngineCheckError extends KnownError {}

/** Milliseconds until each way is given up. */
export interface Patience {
  readonly reload: number;
  readonly check: number;
  readonly restart: number;
}

export interface ApplyOptions {
  /** May an engine without hot reload be restarted? */
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
 * Has the engine take what is on the disk: by the hot reload, which checks it first; where there is none, by
 * `wazuh-analysisd -t` and a restart, if one is allowed.
 * @throws KnownError; then the engine runs on with what it had.
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
  if (check.code !== 0) throw new EngineCheckError(tellFailure('wazuh-analysisd -t', check, complaints));
  if (!restart) return { how: 'restart-needed', warnings: complaints };
  const restarted = await runProgram(join(home, 'bin/wazuh-control'), ['restart'], patience.restart);
  if (restarted.code !== 0)
    throw new KnownError(tellFailure('wazuh-control restart', restarted, toComplaints(restarted)));
  return { how: 'restarted', warnings: complaints };
}

/** The lines that complain; of a program that failed without such a line its last ones. */
function toComplaints({ code, lines }: ProgramResult): string[] {
  const complaints = lines.filter((line) => /\b(?:WARNING|ERROR|CRITICAL)\b|\(\d{4}\):/.test(line));
  return complaints.length > 0 || code === 0 ? complaints : lines.slice(-shown);
}

function tellFailure(what: string, { code, problem }: ProgramResult, complaints: string[]): string {
  const isRoot = process.getuid?.() === 0;
  const hint = isRoot ? '' : '; a manager before 4.13 is checked and restarted by root alone: run it as root';
  return `${what} failed (${problem ?? `exit code ${code}`})${hint}${quote(complaints)}`;
}

/** More would hide the first ones. */
const shown = 5;

function quote(texts: readonly string[]): string {
  if (texts.length === 0) return '';
  const more = texts.length > shown ? `\n  and ${texts.length - shown} more` : '';
  return `:\n${texts
    .slice(0, shown)
    .map((text) => `  ${text}`)
    .join('\n')}${more}`;
}
