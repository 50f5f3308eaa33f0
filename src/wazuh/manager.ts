import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { KnownError } from '../errors.ts';
import { type CurrentFile, readCurrent } from '../files/current.ts';
import type { StagedSet, Unfinished } from '../files/file-set.ts';
import { type HeldFolder, isRoot, type Owner, openFile } from '../files/held.ts';
import { takeLock } from '../files/lock.ts';
import type { PlannedFile } from '../files/write.ts';
import { type Applied, applyToEngine, EngineCheckError } from './engine/ask.ts';
import { findListProblem } from './engine/cdb.ts';
import { findManagerUser } from './engine/daemons.ts';
import {
  buildDatabases,
  insistOnEngine,
  judgeSet,
  readLoadedDecoders,
  SetRefusedError,
} from './engine/judge.ts';
import { readVersion } from './engine/programs.ts';
import { formatQueueMessage, openQueue, toSafeJson } from './engine/queue.ts';
import { type HeldHome, type HeldManager, holdHome, holdManager, holdState } from './home.ts';
import { checkManager, type ManagerNode } from './ossec-conf/check-manager.ts';
import { openOssecConf } from './ossec-conf/read.ts';
import { findLeftOut } from './ossec-conf/ruleset-files.ts';
import { isGatesPart, ownPaths } from './ours.ts';
import { createLocalTarget, forget, recover, toPlace } from './own-set.ts';
import type { IdBlocks } from './rule-ids.ts';
import { findSiteProblem, readSiteRules } from './site-rules.ts';

/** A Wazuh manager as a refresh uses it. There is one implementation, the manager of this machine. */
export interface Manager {
  /** Opens it for a run that may change it, and locks out other runs. @throws KnownError */
  open(): Promise<OpenManager>;
  /** Opens it for reading: creates nothing, and locks out no other run. @throws KnownError (exit code 2) */
  look(): ManagerView;
  /**
   * Sends an event to its own engine, whether it can be opened or not. @returns null, or why the engine did not take
   * it.
   */
  alert(event: object): Promise<string | null>;
}

/** What a run can read from a manager. */
export interface ManagerView {
  /** The path of its home, for messages. */
  readonly path: string;
  /** @throws KnownError (exit code 2) when a refresh of it can have no effect. */
  describe(): ManagerFacts;
  /** The paths that files of ours may have, of this version or of another one. */
  ownPaths(): readonly string[];
  /** Returns a file of ours as it is now; null: it does not exist. */
  current(path: string): CurrentFile | null;
  /** Checks whether the engine has compiled these lines of a list. @returns null: it has; otherwise a sentence. */
  findListProblem(name: string, lines: PlannedFile['lines']): string | null;
  /** Returns why the engine would drop a rule of the site because of ours; null: it would drop none. */
  findSiteProblem(blocks: IdBlocks): string | null;
  /** The folder with the state of earlier runs; null: no run has created it yet. */
  readonly state: HeldFolder | null;
  close(): void;
}

export interface ManagerFacts {
  readonly node: ManagerNode;
  /** The paths, below the home, of the lists that `ossec.conf` declares. */
  readonly declared: readonly string[];
}

/**
 * A manager that no other run changes. As soon as the first file is in its place, the way back is `undo` and
 * `reloadAgain`.
 */
export interface OpenManager extends ManagerView {
  readonly state: HeldFolder;
  /** The user who owns the state. */
  readonly owner: Owner;
  /**
   * Undoes what an interrupted run had begun. Null: there was no such run; otherwise the caller has to `reload` and
   * then to `forget`.
   */
  recover(): Unfinished | null;
  /** Is called when the engine has loaded what `recover` restored. */
  forget(): void;
  /** Checks the rights of this user. @throws KnownError when this user may not make this engine load a set. */
  insistOnRights(): void;
  /** Checks that an engine runs. @throws EngineAbsentError when none does. */
  insistOnEngine(): Promise<void>;
  /** Stages files next to their places: nothing that the engine reads changes before `commit`. */
  transaction(files: Iterable<PlannedFile>): Promise<StagedSet>;
  /**
   * Asks the engine whether it would take what is in place, without a change of what it runs with.
   * @param isOurs returns whether a message of the engine is about a file of ours.
   * @throws SetRefusedError
   */
  judge(isOurs: (message: string) => boolean): Promise<void>;
  /** Makes the engine load what is in place. @throws KnownError; EngineAbsentError when it could not be asked */
  reload(): Promise<Applied>;
  /** Makes the engine load what was restored. @param cause why that was necessary. */
  reloadAgain(cause: unknown): Promise<void>;
  /** Returns the names of the decoders that the running engine has; null: it does not report them. */
  loadedDecoders(how: Applied['how']): Promise<ReadonlySet<string> | null>;
}

export interface LocalManagerOptions {
  readonly home: string;
  /** The user of the manager, by name or number; null: it is detected. */
  readonly user: string | null;
  /** Whether an engine without hot reload may be restarted. */
  readonly restart: boolean;
}

/** Returns the manager of this machine, with its own folders and sockets. */
export function createLocalManager({ home, user, restart }: LocalManagerOptions): Manager {
  return {
    async open() {
      const held = holdHome(home, () => findManagerUser(home, user));
      try {
        const lock = await takeLock(held);
        return toOpenManager(held, restart, () => {
          lock.release();
          held.close();
        });
      } catch (error) {
        held.close();
        throw error;
      }
    },
    look() {
      const held = holdManager(home);
      try {
        const state = holdState(home);
        const close = () => {
          state?.close();
          held.close();
        };
        return { ...toView(held), state, close };
      } catch (error) {
        held.close();
        throw error;
      }
    },
    async alert(event) {
      if (!existsSync(join(home, 'queue'))) return `${home} has no queue that this user can see`;
      const queue = openQueue(home);
      return await queue.sendPatiently(formatQueueMessage(managerAgent, toSafeJson(event)));
    },
  };
}

const managerAgent = { id: '000', name: '', ip: null };

function toView(held: HeldManager): Omit<ManagerView, 'state' | 'close'> {
  const { path: home, own } = held;
  return {
    path: home,
    describe() {
      const node = checkManager(home);
      const conf = openOssecConf(home);
      return { node, declared: conf.lists };
    },
    ownPaths() {
      const parts = own.rules.entries().filter(({ name }) => isGatesPart(name));
      return [...ownPaths, ...parts.map(({ name }) => `rules/${name}`)];
    },
    current(path) {
      const { folder, name } = toPlace(held, path);
      return readCurrent(() => openFile(folder, name));
    },
    findListProblem: (name, lines) => findListProblem(own.lists, name, lines),
    findSiteProblem: (blocks) => findSiteProblem(readSiteRules(home), blocks),
  };
}

function toOpenManager(held: HeldHome, restart: boolean, close: () => void): OpenManager {
  const { path: home, state, owner } = held;
  return {
    ...toView(held),
    state,
    owner,
    close,
    recover: () => recover(held),
    forget: () => forget(held),
    insistOnRights: () => insistOnRights(home),
    insistOnEngine: () => insistOnEngine(home),
    transaction: (files) => createLocalTarget(held).stage(files),
    async judge(isOurs) {
      insistOnLoaded(home);
      await judgeSet(home, isOurs);
    },
    reload: () => applyToEngine(home, { restart }),
    async reloadAgain(cause) {
      if (cause instanceof SetRefusedError) await buildDatabases(home);
      // An engine without hot reload that was only checked still runs with the earlier set, and needs no restart.
      else await applyToEngine(home, { restart: restart && !(cause instanceof EngineCheckError) });
    },
    loadedDecoders: (how) => awaitDecoders(home, how === 'restarted' ? startPatience : 0),
  };
}

/**
 * Only root may check and restart an engine without hot reload: this is reported before a file is moved and not after
 * it.
 */
function insistOnRights(home: string): void {
  const version = readVersion(home);
  if (version === null || version.hasHotReload || isRoot()) return;
  throw new KnownError(
    `Wazuh ${version.text} has no hot reload, and root alone may check and restart it: nothing was changed; run it as root`,
    { exitCode: 2 },
  );
}

/**
 * Refuses a set of which the engine would not load a file. When a pattern or an exclusion of `ossec.conf` skips a file
 * of ours, the engine finds no fault with the set, and may nevertheless load the decoder with the marker. A file name
 * that is new on this manager exists only now.
 */
function insistOnLoaded(home: string): void {
  const left = findLeftOut(home, openOssecConf(home));
  if (left.length === 0) return;
  const lines = left.map(({ path, why, next }) => `  ${path}: ${why}; ${next}`);
  throw new SetRefusedError(['the engine would not load a file of this set:', ...lines].join('\n'));
}

/** In milliseconds. A restarted engine may answer only after it has loaded its rules. */
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
