import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config/schema.ts';
import { isCanarySeen } from '../selftest/canary-seen.ts';
import { nextStepsOf } from '../wazuh/engine-messages.ts';
import { findLeftOut } from '../wazuh/left-out.ts';
import { type Applied, applyToEngine, EngineCheckError } from '../wazuh/manager/apply.ts';
import { EngineAbsentError } from '../wazuh/manager/ask-engine.ts';
import type { HeldHome } from '../wazuh/manager/held-home.ts';
import { buildDatabases, judgeSet, SetRefusedError } from '../wazuh/manager/judge.ts';
import { readLoadedDecoders } from '../wazuh/manager/loaded-decoders.ts';
import { findListProblem } from '../wazuh/manager/read-back-list.ts';
import { openOssecConf } from '../wazuh/ossec-conf/open-ossec-conf.ts';
import { namesOwn } from '../wazuh/own-files.ts';
import { createLocalTarget } from '../wazuh/own-set.ts';
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
  const isOurs = toOwnTest(prepared);
  const applied = await runTransaction({
    target: createLocalTarget(home),
    files: files.filter(({ path }) => changed.has(path)),
    obsolete: changes.filter(({ how }) => how === 'gone').map(({ path }) => path),
    judge: () => {
      insistOnLoaded(home.path);
      return judgeSet(home.path, isOurs);
    },
    apply: async () => {
      // Before it is asked: a fault that stays must not cost two reloads each run.
      writeState(home.state, { ...before, askedAt: now }, home.owner);
      try {
        return await applyToEngine(home.path, config.wazuh);
      } catch (error) {
        // It was not asked, so the next run need not wait.
        if (error instanceof EngineAbsentError) writeState(home.state, before, home.owner);
        throw error;
      }
    },
    // An engine without hot reload that was only checked still has what it had, and needs no restart.
    applyAgain: (cause) =>
      cause instanceof SetRefusedError
        ? buildDatabases(home.path)
        : applyToEngine(home.path, cause instanceof EngineCheckError ? { restart: false } : config.wazuh),
    prove: (done) => findProblems(home, config, prepared, done),
    record: (done) => {
      state = afterSuccess(before, prepared, done, now);
      writeState(home.state, state, home.owner);
    },
    tracker,
    signal,
  });
  return { applied, state };
}

/** What of ours the engine has dropped, doubts, has not compiled or does not run. */
async function findProblems(
  { path, own }: HeldHome,
  config: Config,
  prepared: Prepared,
  { how, warnings }: Applied,
): Promise<string[]> {
  const { plan, marker, undeclared } = prepared;
  const said = warnings.filter(toOwnTest(prepared));
  return [
    ...said,
    ...nextStepsOf(said).map((step) => `next: ${step}`),
    ...plan.lists
      .filter(({ name }) => !undeclared.includes(name))
      .map(({ name, lines }) => findListProblem(own.lists, name, lines)),
    how === 'restart-needed' ? null : await findMarkerProblem(path, config, marker, how),
  ].filter((problem) => problem !== null);
}

/**
 * With a pattern or an exclusion of `ossec.conf` that skips a file of ours the engine finds no fault with a set, and the
 * decoder that names it may be loaded all the same. A name that is new on this manager is there only now.
 */
function insistOnLoaded(home: string): void {
  const left = findLeftOut(home, openOssecConf(home));
  if (left.length === 0) return;
  const lines = left.map(({ path, why, next }) => `  ${path}: ${why}; ${next}`);
  throw new SetRefusedError(['the engine would not load a file of this set:', ...lines].join('\n'));
}

/** Does a message of the engine speak of what this set has? */
function toOwnTest({ plan }: Prepared): (message: string) => boolean {
  const ids = new Set(
    plan.ruleFiles.flatMap(({ text }) => [...text.matchAll(/<rule id="(\d+)"/g)].map(([, id]) => Number(id))),
  );
  return (message) => {
    const [, quoted = null] = /\(1104\): Maximum string size reached for: (.+)/s.exec(message) ?? [];
    // A rule of the site that names an id or a list of ours is dropped: that is not ours.
    const [, dropped = null] = /\(76(?:10|16|17|18|19)\): .*\brule '(\d+)'/i.exec(message) ?? [];
    if (dropped !== null) return ids.has(Number(dropped));
    if (quoted === null) return namesOwn(message, ids);
    // Of a condition that is too long the engine names no rule, but quotes the text (Wazuh 4.14.7).
    return plan.ruleFiles.some(({ text }) => text.includes(quoted.trim().slice(0, quotedLength)));
  };
}

/** The engine cuts what it logs; this much tells texts apart. */
const quotedLength = 200;

/** Does the engine run the set that was written? Where it does not say, an event of the selftest has to come back. */
async function findMarkerProblem(
  home: string,
  config: Config,
  marker: string,
  how: Applied['how'],
): Promise<string | null> {
  const loaded = await awaitDecoders(home, how === 'restarted' ? startPatience : 0);
  if (loaded === null) return (await isCanarySeen(config)) ? null : noProof;
  if (loaded.has(marker)) return null;
  return `it runs another one: the decoder ${marker} of this set is not among those that it has loaded`;
}

/** An engine that was restarted may answer only after its rules are loaded. */
const startPatience = 30_000;
const startPause = 500;

async function awaitDecoders(home: string, patience: number): Promise<ReadonlySet<string> | null> {
  const deadline = performance.now() + patience;
  let loaded = await readLoadedDecoders(home);
  while (loaded === null && performance.now() < deadline) {
    await delay(startPause);
    loaded = await readLoadedDecoders(home);
  }
  return loaded;
}

const noProof =
  'it does not say which decoders it has, and an event of the selftest did not come back: see opencti-wazuh selftest';
