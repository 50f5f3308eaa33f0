import { nextStepsOf } from '../wazuh/engine-messages.ts';
import { type Applied, applyToEngine, EngineCheckError } from '../wazuh/manager/apply.ts';
import type { HeldHome } from '../wazuh/manager/held-home.ts';
import { createLocalTarget } from '../wazuh/manager/local-target.ts';
import { findListProblem } from '../wazuh/manager/read-back-list.ts';
import { namesOwn } from '../wazuh/own-files.ts';
import type { Prepared, RefreshOptions } from './prepare.ts';
import { afterSuccess } from './run-state.ts';
import { type RefreshState, writeState } from './state.ts';
import { runTransaction } from './transaction.ts';

/** Puts what has changed in place and has the engine take it, or nothing. */
export async function publishToManager(
  { config, tracker, now, signal }: RefreshOptions,
  home: HeldHome,
  prepared: Prepared,
  before: RefreshState,
): Promise<{ readonly applied: Applied; readonly state: RefreshState }> {
  const { changes, files } = prepared;
  const changed = new Set(changes.map(({ path }) => path));
  let state = before;
  const applied = await runTransaction({
    target: createLocalTarget(home),
    files: files.filter(({ path }) => changed.has(path)),
    obsolete: changes.filter(({ how }) => how === 'gone').map(({ path }) => path),
    apply: () => {
      // Before it is asked: a fault that stays must not cost two reloads each run.
      writeState(home.state, { ...before, askedAt: now }, home.owner);
      return applyToEngine(home.path, config.wazuh);
    },
    // An engine without hot reload that was only checked still has what it had, and needs no restart.
    applyAgain: (cause) =>
      applyToEngine(home.path, cause instanceof EngineCheckError ? { restart: false } : config.wazuh),
    readBack: (done) => findProblems(home, prepared, done),
    record: (done) => {
      state = afterSuccess(before, prepared, done, now);
      writeState(home.state, state, home.owner);
    },
    tracker,
    signal,
  });
  return { applied, state };
}

/** What of ours the engine has dropped, doubts, or has not compiled. */
function findProblems({ own }: HeldHome, { plan }: Prepared, { warnings }: Applied): string[] {
  const ids = new Set(
    plan.ruleFiles.flatMap(({ text }) => [...text.matchAll(/<rule id="(\d+)"/g)].map(([, id]) => Number(id))),
  );
  const said = warnings.filter((warning) => namesOwn(warning, ids));
  return [
    ...said,
    ...nextStepsOf(said).map((step) => `next: ${step}`),
    ...plan.lists.map(({ name, lines }) => findListProblem(own.lists, name, lines)),
  ].filter((problem) => problem !== null);
}
