import { KnownError } from '../errors.ts';
import type { Unfinished } from '../files/file-set.ts';
import { withTruePath } from '../files/held.ts';
import { takeLock } from '../files/lock.ts';
import { removeReadLog } from '../sync/read.ts';
import { type Applied, applyToEngine } from '../wazuh/manager/apply.ts';
import { EngineAbsentError } from '../wazuh/manager/ask-engine.ts';
import { type HeldHome, holdHome } from '../wazuh/manager/held-home.ts';
import { insistOnEngine } from '../wazuh/manager/loaded-decoders.ts';
import { findManagerUser } from '../wazuh/manager/manager-user.ts';
import { forget, recover } from '../wazuh/own-set.ts';
import { findNextReload } from './guards.ts';
import { insistOnGuards, insistOnRights, insistOnSite } from './insist.ts';
import { leaveReport } from './leave-report.ts';
import { type Prepared, prepare, type RefreshOptions } from './prepare.ts';
import { publishToManager } from './publish-to-manager.ts';
import { afterFailure, afterHoldingBack, afterSuccess, toReason } from './run-state.ts';
import { type RefreshState, readState, writeState } from './state.ts';

export interface Refreshed extends Prepared {
  readonly outcome: 'changed' | 'unchanged' | 'held-back';
  /** Null: nothing had to be loaded. */
  readonly applied: Applied | null;
  /** What is held back may be published from then on. */
  readonly nextReload: Date | null;
  readonly state: RefreshState;
}

/**
 * From OpenCTI to an engine that has it, or nothing changed. The run is remembered either way.
 * @throws KnownError; the tracker knows the step.
 */
export async function refresh(options: RefreshOptions): Promise<Refreshed> {
  const { tracker, config } = options;
  const toOwner = () => findManagerUser(config.wazuh.home, config.wazuh.user);
  const home = await tracker.run('lock', () => holdHome(config.wazuh.home, toOwner));
  try {
    const lock = await tracker.run('lock', () => takeLock(home));
    try {
      return await refreshAlone(options, home);
    } finally {
      lock.release();
    }
  } finally {
    home.close();
  }
}

async function refreshAlone(options: RefreshOptions, home: HeldHome): Promise<Refreshed> {
  const { tracker, now } = options;
  const before = readState(home.state);
  try {
    const known = await tracker.run('recover', () => recoverEngine(options, home, before));
    const prepared = await prepare(options, home, known);
    await tracker.run('guards', () => insistOnGuards(prepared));
    return await decide(options, home, prepared, known);
  } catch (error) {
    const told = withTruePath(error);
    remember(home, afterFailure(readState(home.state), tracker.current, told, now));
    throw told;
  }
}

const stories = {
  killed: 'an earlier run was killed while it published: the set before it is back',
  undoing: 'an earlier run failed and could not bring everything back: the set before it is back now',
} as const satisfies Record<Unfinished, string>;

/**
 * A run that did not come to its end may have led the engine to what is undone now.
 * @returns what is known from here on: an engine that refused a set is not asked for that and for the next one at once.
 */
async function recoverEngine(
  { config, progress, force, now }: RefreshOptions,
  home: HeldHome,
  before: RefreshState,
): Promise<RefreshState> {
  removeReadLog(home.state);
  const unfinished = recover(home);
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
  const asked = { ...before, askedAt: now };
  writeState(home.state, asked, home.owner);
  try {
    await applyToEngine(home.path, config.wazuh);
  } catch (error) {
    // It was not asked, so the next run need not wait.
    if (error instanceof EngineAbsentError) writeState(home.state, before, home.owner);
    throw error;
  }
  forget(home);
  return unfinished === 'undoing' ? asked : before;
}

async function decide(
  options: RefreshOptions,
  home: HeldHome,
  prepared: Prepared,
  before: RefreshState,
): Promise<Refreshed> {
  const { config, tracker, now, force } = options;
  const record = (state: RefreshState) =>
    tracker.run('record', () => writeState(home.state, state, home.owner));
  const still = { ...prepared, applied: null, nextReload: null };
  if (prepared.changes.length === 0) {
    const state = afterSuccess(before, prepared, null, now);
    await record(state);
    tryReport(options, home, prepared);
    return { ...still, outcome: 'unchanged', state };
  }
  const nextReload = force ? null : findNextReload(before, config.guards, now);
  if (nextReload !== null) {
    const state = afterHoldingBack(before, now);
    await record(state);
    return { ...still, outcome: 'held-back', nextReload, state };
  }
  await tracker.run('guards', async () => {
    insistOnRights(home.path);
    insistOnSite(home.path, config);
    await insistOnEngine(home.path);
  });
  const { applied, state } = await publishToManager(options, home, prepared, before);
  tryReport(options, home, prepared);
  return { ...prepared, outcome: 'changed', applied, nextReload: null, state };
}

/** The lists are published, and a report is no reason to say that they are not. */
function tryReport({ progress, now }: RefreshOptions, home: HeldHome, prepared: Prepared): void {
  try {
    leaveReport(home, prepared, now);
  } catch (error) {
    progress.note(`the report of this run could not be written: ${toReason(withTruePath(error))}`);
  }
}

/** The failure itself is what counts; a full disk may be its cause. */
function remember(home: HeldHome, state: RefreshState): void {
  try {
    writeState(home.state, state, home.owner);
  } catch {}
}
