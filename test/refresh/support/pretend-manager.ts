import { onTestFinished } from 'vitest';
import type { StagedSet } from '../../../src/files/file-set.ts';
import { type HeldFolder, holdFolder } from '../../../src/files/held.ts';
import { hashOf, type PlannedFile, toChunks } from '../../../src/files/write.ts';
import { listNames } from '../../../src/wazuh/fields.ts';
import type { Manager, ManagerView, OpenManager } from '../../../src/wazuh/manager.ts';
import { readMarker } from '../../../src/wazuh/own-set.ts';
import { makeFolder } from '../../support/folder.ts';

/** What a refresh asks of a manager, in the words of its face; of a transaction too. */
export type Call =
  | Exclude<keyof OpenManager, 'path' | 'state' | 'owner'>
  | keyof Manager
  | Exclude<keyof StagedSet, 'files'>;

export interface PretendManager extends Manager {
  /** What was asked, in its order, the questions about files left out. */
  readonly calls: Call[];
  /** Is asked before each call does anything: it may throw. */
  readonly faults: Map<Call, () => void>;
  /** By path: what lies on its disk, and what its engine has loaded of that. */
  readonly files: Map<string, string>;
  loaded: ReadonlyMap<string, string>;
  unfinished: 'killed' | 'undoing' | null;
  siteProblem: string | null;
  /** Why a set was put back. */
  cause: unknown;
  readonly state: HeldFolder;
}

/** Asked for each file: how often says nothing. */
const questions: ReadonlySet<Call> = new Set(['current', 'ownPaths', 'findListProblem']);

/** A manager without a machine. Its state is a folder, as that of every manager. */
export function createPretendManager(): PretendManager {
  const home = makeFolder();
  const state = holdFolder(home);
  onTestFinished(() => state.close());
  const calls: Call[] = [];
  const faults = new Map<Call, () => void>();
  const called = (call: Call) => {
    if (!questions.has(call)) calls.push(call);
    faults.get(call)?.();
  };
  const files = new Map<string, string>();
  const pretend: PretendManager = {
    calls,
    faults,
    files,
    loaded: new Map(),
    unfinished: null,
    siteProblem: null,
    cause: null,
    state,
    async open() {
      called('open');
      return manager;
    },
    look() {
      called('look');
      return { ...view, state };
    },
    async alert() {
      called('alert');
      return null;
    },
  };
  const view: Omit<ManagerView, 'state'> = {
    path: home,
    describe() {
      called('describe');
      return { node: 'single', declared: listNames.map((list) => `etc/lists/${list}`) };
    },
    ownPaths: () => [...files.keys()],
    current(path) {
      called('current');
      const text = files.get(path);
      if (text === undefined) return null;
      const chunks = () => [Buffer.from(text)];
      return { sha256: hashOf(chunks()), chunks, lines: () => text.replace(/\n$/, '').split('\n') };
    },
    findListProblem() {
      called('findListProblem');
      return null;
    },
    findSiteProblem() {
      called('findSiteProblem');
      return pretend.siteProblem;
    },
    close: () => called('close'),
  };
  const load = () => {
    pretend.loaded = new Map(files);
  };
  const manager: OpenManager = {
    ...view,
    state,
    owner: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    recover() {
      called('recover');
      return pretend.unfinished;
    },
    forget: () => called('forget'),
    insistOnRights: () => called('insistOnRights'),
    async insistOnEngine() {
      called('insistOnEngine');
    },
    async transaction(planned) {
      called('transaction');
      return stage(files, [...planned], called);
    },
    async judge() {
      called('judge');
    },
    async reload() {
      called('reload');
      load();
      return { how: 'reloaded', warnings: [] };
    },
    async reloadAgain(cause) {
      pretend.cause = cause;
      called('reloadAgain');
      load();
    },
    async loadedDecoders() {
      called('loadedDecoders');
      const marker = readMarker(pretend.loaded.get('decoders/zzzz-opencti-decoder.xml') ?? '');
      return new Set(marker === null ? [] : [marker]);
    },
  };
  return pretend;
}

function stage(
  files: Map<string, string>,
  planned: readonly PlannedFile[],
  called: (call: Call) => void,
): StagedSet {
  const before = new Map(files);
  const texts = planned.map(
    ({ path, lines }) => [path, Buffer.concat([...toChunks(lines)].map(Buffer.from)).toString()] as const,
  );
  return {
    files: texts.map(([path, text]) => ({
      path,
      bytes: Buffer.byteLength(text),
      sha256: hashOf([Buffer.from(text)]),
    })),
    async add() {
      called('add');
    },
    async commit(obsolete = []) {
      called('commit');
      for (const [path, text] of texts) files.set(path, text);
      for (const path of obsolete) files.delete(path);
    },
    readBack() {
      called('readBack');
      return [];
    },
    undo() {
      called('undo');
      files.clear();
      for (const [path, text] of before) files.set(path, text);
    },
    finish() {
      called('finish');
    },
  };
}
