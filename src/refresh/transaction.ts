import { KnownError } from '../errors.ts';
import type { StagedSet, Target } from '../files/file-set.ts';
import type { PlannedFile } from '../files/write.ts';
import { EngineAbsentError } from '../wazuh/manager/ask-engine.ts';
import type { StepTracker } from './steps.ts';

/** What is to be published, and what has to come of it. */
export interface Transaction<Applied> {
  readonly target: Target;
  readonly files: readonly PlannedFile[];
  readonly obsolete: readonly string[];
  /** Asks the engine whether it would take what is in place, without touching what runs. @throws when it would not. */
  readonly judge: () => Promise<unknown>;
  /** Has the engine take what is in place. */
  readonly apply: () => Promise<Applied>;
  /** Has it take what was put back. @param cause why: after a judgement the engine still has what was put back. */
  readonly applyAgain: (cause: unknown) => Promise<unknown>;
  /** @returns what of ours the engine has not taken: a sentence each. */
  readonly prove: (applied: Applied) => Promise<readonly string[]>;
  /** Remembers that it went well, while there is still a way back. */
  readonly record: (applied: Applied) => void;
  readonly tracker: StepTracker;
  readonly signal?: AbortSignal | undefined;
}

/**
 * All of it, or nothing: from the first file in its place on, any failure brings the set before back and has the
 * engine take it. A stop that is asked for counts until then.
 * @throws the first failure; then what was there before is there and loaded, or the message says what is not.
 */
export async function runTransaction<Applied>(transaction: Transaction<Applied>): Promise<Applied> {
  const { target, files, obsolete, judge, apply, prove, record, tracker, signal } = transaction;
  const staged = await tracker.run('stage', () => target.stage(files));
  if (signal?.aborted) {
    staged.undo();
    throw signal.reason;
  }
  await tracker.run('publish', () => staged.commit(obsolete));
  try {
    await tracker.run('judge', judge);
    const applied = await tracker.run('reload', apply);
    await tracker.run('prove', async () => insist([...(await prove(applied)), ...staged.readBack()]));
    await tracker.run('record', () => record(applied));
    staged.finish();
    return applied;
  } catch (error) {
    throw await takeBack(staged, transaction, error);
  }
}

function insist(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new KnownError(
    ['the engine has not taken the set as it is:', ...problems.map((problem) => `  ${problem}`)].join('\n'),
  );
}

async function takeBack<Applied>(
  staged: StagedSet,
  { applyAgain }: Transaction<Applied>,
  cause: unknown,
): Promise<unknown> {
  const reason = cause instanceof Error ? cause.message : String(cause);
  try {
    staged.undo();
  } catch (error) {
    return new KnownError(`${reason}\n${error instanceof Error ? error.message : error}`, { cause });
  }
  try {
    await applyAgain(cause);
    staged.finish();
  } catch (error) {
    if (error instanceof EngineAbsentError) {
      staged.finish();
      return new KnownError(
        `${reason}\nthe set that was there before is back, and the engine takes it when it starts`,
        {
          cause,
        },
      );
    }
    const again = error instanceof Error ? error.message : String(error);
    return new KnownError(
      [
        reason,
        `the set that was there before is back, but the engine could not be reloaded with it: ${again}`,
        'the next run tries again',
      ].join('\n'),
      { cause },
    );
  }
  if (!(cause instanceof KnownError)) return cause;
  return new KnownError(`${reason}\nthe set that was there before is back, and the engine has it`, { cause });
}
