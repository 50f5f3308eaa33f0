import type { Config } from '../../config/schema.ts';
import { KnownError, messageOf } from '../../errors.ts';
import type { StagedSet, Unfinished } from '../../files/file-set.ts';
import type { Progress } from '../../sync/progress.ts';
import { removeReadLog } from '../../sync/read.ts';
import { type Applied, EngineAbsentError } from '../../wazuh/engine/ask.ts';
import type { OpenManager } from '../../wazuh/manager.ts';
import { findNextReload } from './guards.ts';
import { type RefreshState, readState, saveState } from './state.ts';

/** A run that may restore an earlier set. */
interface Run {
  readonly config: Pick<Config, 'guards'>;
  readonly force: boolean;
  readonly progress: Pick<Progress, 'note'>;
  readonly now: Date;
}

const stories = {
  killed: 'an earlier run was killed while it published: the set before it is back',
  undoing: 'an earlier run failed and could not bring everything back: the set before it is back now',
} as const satisfies Record<Unfinished, string>;

/**
 * Undoes an interrupted run, and reloads the engine, which may have loaded what is undone now.
 * @returns the state from here on: an engine that refused a set is not asked for that set and the next one in immediate
 * succession.
 */
export async function recover(run: Run, manager: OpenManager): Promise<RefreshState> {
  const { config, progress, force, now } = run;
  const before = readState(manager.state);
  removeReadLog(manager.state);
  const unfinished = manager.recover();
  if (unfinished === null) return before;
  progress.note(stories[unfinished]);
  const next = force || unfinished === 'killed' ? null : findNextReload(before, config.guards, now);
  if (next !== null)
    throw new KnownError(
      [
        'the engine did not take the set that was there before: see logs/ossec.log',
        `it is asked again after ${next.toISOString()} (guards.min_reload_interval), or with --force`,
      ].join('\n'),
    );
  await reload(run, manager, before);
  manager.forget();
  return unfinished === 'undoing' ? { ...before, askedAt: now } : before;
}

/** Records the request before the engine is asked: a permanent fault must not cause two reloads in each run. */
export async function reload(
  { now }: Pick<Run, 'now'>,
  manager: OpenManager,
  before: RefreshState,
): Promise<Applied> {
  saveState(manager, { ...before, askedAt: now });
  try {
    return await manager.reload();
  } catch (error) {
    // The engine was not asked, so the next run need not wait.
    if (error instanceof EngineAbsentError) saveState(manager, before);
    throw error;
  }
}

/**
 * Does the work; after any failure it restores the earlier set and makes the engine load it, since the first file is
 * already in its place.
 * @throws the first failure; then the earlier set is restored and loaded, or the message names what is not.
 */
export async function orTakenBack<T>(
  manager: Pick<OpenManager, 'reloadAgain'>,
  staged: StagedSet,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw await takeBack(manager, staged, error);
  }
}

async function takeBack(
  manager: Pick<OpenManager, 'reloadAgain'>,
  staged: StagedSet,
  cause: unknown,
): Promise<unknown> {
  const reason = messageOf(cause);
  try {
    staged.undo();
  } catch (error) {
    return new KnownError(`${reason}\n${messageOf(error)}`, { cause });
  }
  const isBack = `${reason}\nthe set that was there before is back, `;
  try {
    await manager.reloadAgain(cause);
    staged.finish();
  } catch (error) {
    if (error instanceof EngineAbsentError) {
      staged.finish();
      return new KnownError(`${isBack}and the engine takes it when it starts`, { cause });
    }
    const again = `but the engine could not be reloaded with it: ${messageOf(error)}\nthe next run tries again`;
    return new KnownError(`${isBack}${again}`, { cause });
  }
  return cause instanceof KnownError ? new KnownError(`${isBack}and the engine has it`, { cause }) : cause;
}
