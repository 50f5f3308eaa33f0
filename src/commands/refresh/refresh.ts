import { compilePlan, type Plan } from '../../compile/plan.ts';
import type { Config } from '../../config/schema.ts';
import { KnownError, messageOf } from '../../errors.ts';
import type { StagedSet } from '../../files/file-set.ts';
import { createFolderTarget } from '../../files/folder-set.ts';
import { withTruePath } from '../../files/held.ts';
import { hashFiles, type PlannedFile } from '../../files/write.ts';
import { type FileChange, findChanges, toGonePaths } from '../../sync/changes.ts';
import { type Fetched, fetchSelection } from '../../sync/fetch-selection.ts';
import { toOwnLists, toPlannedFiles, toPlanOptions } from '../../sync/plan-options.ts';
import type { Progress } from '../../sync/progress.ts';
import { type RecordPlace, toRecordPlace } from '../../sync/read.ts';
import type { Applied } from '../../wazuh/engine/ask.ts';
import type { Manager, ManagerFacts, ManagerView, OpenManager } from '../../wazuh/manager.ts';
import { findUndeclared } from '../../wazuh/ossec-conf/check-manager.ts';
import { toRetiredLists } from '../../wazuh/ours.ts';
import { nameSet } from '../../wazuh/own-set.ts';
import { findNextReload, insist, objectToChanges, objectToPlatform, objectToSize } from './guards.ts';
import { leaveReport } from './leave-report.ts';
import { findProblems, toOwnTest } from './prove.ts';
import {
  afterFailure,
  afterHoldingBack,
  afterSuccess,
  type RefreshState,
  readState,
  type StepTracker,
  saveState,
} from './state.ts';
import { orTakenBack, recover, reload } from './way-back.ts';

export interface RefreshOptions {
  readonly config: Config;
  readonly manager: Manager;
  /** Publishes although a guard objects, if that guard can be forced. */
  readonly force: boolean;
  readonly progress: Progress;
  readonly tracker: StepTracker;
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
}

/** Everything that is known before anything is written. */
export interface Prepared extends PlannedSet {
  readonly node: ManagerFacts['node'];
  /** Names of the lists that `ossec.conf` does not declare: the engine compiles none of them. */
  readonly undeclared: readonly string[];
  readonly fetched: Fetched;
  readonly plan: Plan;
  /** Why a guard would not publish the set; null: no guard objects. */
  readonly objection: string | null;
}

/** The files of a plan for a manager, and their changes there. */
interface PlannedSet {
  /** The name of the set, as a decoder that the engine lists. */
  readonly marker: string;
  readonly files: readonly PlannedFile[];
  readonly changes: readonly FileChange[];
}

export interface Refreshed extends Prepared {
  readonly outcome: 'changed' | 'unchanged' | 'held-back';
  /** Null: nothing had to be loaded. */
  readonly applied: Applied | null;
  /** The time from which a change that is held back may be published. */
  readonly nextReload: Date | null;
  readonly state: RefreshState;
}

/**
 * Updates a manager to the data of OpenCTI: everything is published, or nothing changes. The run is recorded in either
 * case.
 * @throws KnownError; the tracker has the step.
 */
export async function refresh(run: RefreshOptions): Promise<Refreshed> {
  const { config, force, now, signal } = run;
  const { step } = run.tracker;
  const manager = await step('lock', () => run.manager.open());
  return await remembered(run, manager, async () => {
    const before = await step('recover', () => recover(run, manager));
    const facts = await step('manager', () => describe(run, manager));
    const fetched = await step('read', () => read(run, before, toRecordPlace(manager.state, manager.owner)));
    const plan = await step('compile', () => compile(run, before, facts, fetched));
    const set = await step('compare', () => compare(manager, facts, plan));
    const objection = await step('guards', () => findObjection(run, before, { plan, fetched, ...set }));
    insist(objection);
    const prepared: Prepared = { ...facts, fetched, plan, ...set, objection };

    if (set.changes.length === 0) {
      const state = await step('record', () => saveState(manager, afterSuccess(before, prepared, null, now)));
      tryReport(run, manager, prepared);
      return { ...prepared, outcome: 'unchanged', applied: null, nextReload: null, state };
    }
    const nextReload = force ? null : findNextReload(before, config.guards, now);
    if (nextReload !== null) {
      const state = await step('record', () => saveState(manager, afterHoldingBack(before, now)));
      return { ...prepared, outcome: 'held-back', applied: null, nextReload, state };
    }

    await step('guards', () => insistOnManager(run, manager));
    const staged = await step('stage', () => manager.transaction(toChangedFiles(set)));
    stopIfAsked(signal, staged);
    await step('publish', () => staged.commit(toGonePaths(set.changes)));
    const done = await orTakenBack(manager, staged, async () => {
      await step('judge', () => manager.judge(toOwnTest(plan)));
      const applied = await step('reload', () => reload(run, manager, before));
      await step('prove', () => prove(run, manager, staged, prepared, applied));
      const state = await step('record', () =>
        saveState(manager, afterSuccess(before, prepared, applied, now)),
      );
      staged.finish();
      return { applied, state };
    });
    tryReport(run, manager, prepared);
    return { ...prepared, outcome: 'changed', ...done, nextReload: null };
  });
}

export interface DryRun extends Prepared {
  readonly folder: string;
  readonly nextReload: Date | null;
}

/**
 * Does the steps of `refresh` without changing the manager: the whole set is written to a folder. The objection of a
 * guard is part of the result.
 */
export async function dryRun(run: RefreshOptions, folder: string): Promise<DryRun> {
  const { config, force, now, signal } = run;
  const { step } = run.tracker;
  const manager = await step('lock', () => run.manager.look());
  try {
    const before = readState(manager.state);
    const facts = await step('manager', () => describe(run, manager));
    const fetched = await step('read', () => read(run, before));
    const plan = await step('compile', () => compile(run, before, facts, fetched));
    const set = await step('compare', () => compare(manager, facts, plan));
    const objection = await step('guards', () => findObjection(run, before, { plan, fetched, ...set }));
    await step('guards', () => insistOnSite(run, manager));
    const staged = await step('stage', () => createFolderTarget(folder).stage(set.files));
    stopIfAsked(signal, staged);
    await step('publish', () => staged.commit());
    await step('prove', () => insistOnFolder(staged));
    staged.finish();
    const nextReload = force ? null : findNextReload(before, config.guards, now);
    return { ...facts, fetched, plan, ...set, objection, folder, nextReload };
  } catch (error) {
    throw withTruePath(error);
  } finally {
    manager.close();
  }
}

/** Does the work and records a run that fails, too. */
async function remembered<T>(
  { tracker, now }: RefreshOptions,
  manager: OpenManager,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // The path is resolved while the folders are open.
    const told = withTruePath(error);
    try {
      saveState(manager, afterFailure(readState(manager.state), tracker.current, told, now));
    } catch {
      // The first failure is reported; a full disk may be its cause.
    }
    throw told;
  } finally {
    manager.close();
  }
}

/** Reads OpenCTI. @param record none in a dry run, which writes nothing for the next run. */
function read(
  { config, progress, now, signal, force }: RefreshOptions,
  { confirmed }: RefreshState,
  record?: RecordPlace,
): Promise<Fetched> {
  return fetchSelection({
    config,
    progress,
    now,
    signal,
    record,
    checkPlatform(platform) {
      if (!force) insist(objectToPlatform(platform, confirmed?.platformId ?? null, now));
    },
  });
}

/** What this run has to know of the manager. */
interface Facts extends ManagerFacts {
  /** Lists of ours that `ossec.conf` lacks, by their names: the engine compiles none of them. */
  readonly undeclared: readonly string[];
}

function describe({ config }: RefreshOptions, manager: ManagerView): Facts {
  const facts = manager.describe();
  return { ...facts, undeclared: findUndeclared({ lists: facts.declared }, toOwnLists(config)) };
}

function compile(
  { config, progress }: RefreshOptions,
  { confirmed }: RefreshState,
  { undeclared }: Facts,
  { selection }: Fetched,
): Plan {
  if (undeclared.length > 0)
    progress.note(
      `ossec.conf does not declare ${undeclared.join(', ')}: what these lists hold is not matched; run opencti-wazuh install`,
    );
  const { rules, ...options } = toPlanOptions(config);
  return compilePlan(selection.values, {
    ...options,
    rules: { ...rules, undeclared },
    canaries: true,
    target: 'engine',
    earlierPrefix: confirmed?.gatePrefix ?? null,
  });
}

/** The plan against what is there. */
function compare(manager: ManagerView, { declared, undeclared }: Facts, plan: Plan): PlannedSet {
  const read = plan.lists.map(({ name }) => name);
  const planned = [...toPlannedFiles(plan)];
  const { marker, files } = nameSet(hashFiles([...planned, ...toRetiredLists(declared, read)]));
  return { marker, files, changes: findChanges(files, manager, undeclared) };
}

/** Returns the objection of a guard, or null. @throws KnownError for a list that is too long: that cannot be forced. */
function findObjection(
  { config: { guards }, force }: RefreshOptions,
  { confirmed }: RefreshState,
  { plan: { lists }, fetched: { read }, changes }: Pick<Prepared, 'plan' | 'fetched' | 'changes'>,
): string | null {
  insist(objectToSize(lists, guards));
  return force ? null : objectToChanges(changes, { lists, read, confirmed }, guards);
}

async function insistOnManager(run: RefreshOptions, manager: OpenManager): Promise<void> {
  manager.insistOnRights();
  insistOnSite(run, manager);
  await manager.insistOnEngine();
}

/** Checks that no rule of the site would be lost: that cannot be forced. */
function insistOnSite({ config }: RefreshOptions, manager: ManagerView): void {
  const problem = manager.findSiteProblem(config.rules.blocks);
  if (problem !== null) throw new KnownError(`nothing was changed: ${problem}`, { exitCode: 2 });
}

function toChangedFiles({ files, changes }: PlannedSet): PlannedFile[] {
  const changed = new Set(changes.map(({ path }) => path));
  return files.filter(({ path }) => changed.has(path));
}

/** Stops the run if that was requested; this is possible until the first file is in its place. */
function stopIfAsked(signal: AbortSignal | undefined, staged: StagedSet): void {
  if (!signal?.aborted) return;
  staged.undo();
  throw signal.reason;
}

function insistOnFolder(staged: StagedSet): void {
  const problems = staged.readBack();
  if (problems.length === 0) return;
  staged.undo();
  throw new KnownError(problems.join('\n'));
}

async function prove(
  { config }: RefreshOptions,
  manager: OpenManager,
  staged: StagedSet,
  prepared: Prepared,
  applied: Applied,
): Promise<void> {
  insistOnTaken([...(await findProblems(manager, config, prepared, applied)), ...staged.readBack()]);
}

function insistOnTaken(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new KnownError(
    ['the engine has not taken the set as it is:', ...problems.map((problem) => `  ${problem}`)].join('\n'),
  );
}

/** Writes the report. The lists are already published, so a failure here is only noted. */
function tryReport({ progress, now }: RefreshOptions, manager: OpenManager, prepared: Prepared): void {
  try {
    leaveReport(manager, prepared, now);
  } catch (error) {
    progress.note(`the report of this run could not be written: ${messageOf(withTruePath(error))}`);
  }
}
