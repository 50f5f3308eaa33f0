import { closeSync } from 'node:fs';
import { type HeldFile, openFile, readChunks, readLines } from '../files/held.ts';
import { findChangedPart, findLineDifference, type LineDifference } from '../files/line-difference.ts';
import { type HashedFile, hashOf, type PlannedFile, toChunks } from '../files/write.ts';
import { canaryEnd } from '../wazuh/canaries.ts';
import type { HeldManager } from '../wazuh/manager/held-home.ts';
import { findListProblem } from '../wazuh/manager/read-back-list.ts';
import { networkMapPath } from '../wazuh/network-map.ts';
import { isGatesPart, ownPaths } from '../wazuh/own-files.ts';
import { toPlace } from '../wazuh/own-set.ts';

/** What a file of a plan would change on a manager. */
export interface FileChange extends LineDifference {
  readonly path: string;
  /** `recompiled`: its text stays, but the engine has not compiled it, so it is written again. */
  readonly how: 'new' | 'changed' | 'gone' | 'recompiled';
  /** Why it is compiled again. */
  readonly problem: string | null;
}

const ofOpenCti = { ignored: canaryEnd };

/**
 * Files that are as they should be are not in it. No file is held in memory as a whole but those of rules.
 * @param undeclared lists that the engine does not compile.
 */
export function compareWithManager(
  manager: HeldManager,
  files: readonly HashedFile[],
  undeclared: readonly string[],
): FileChange[] {
  const planned = new Set(files.map(({ path }) => path));
  const parts = manager.own.rules.entries().filter(({ name }) => isGatesPart(name));
  const known = [...ownPaths, ...parts.map(({ name }) => `rules/${name}`)];
  return [
    ...files.map((file) =>
      compareFile(manager, file, !undeclared.some((name) => file.path === `lists/${name}`)),
    ),
    ...known.filter((path) => !planned.has(path)).map((path) => compareAbsent(manager, path)),
  ].filter((change) => change !== null);
}

function compareFile(
  manager: HeldManager,
  { path, lines, sha256 }: HashedFile,
  isDeclared: boolean,
): FileChange | null {
  const isList = path.startsWith('lists/');
  const isCompiled = isList && isDeclared && path !== networkMapPath;
  const found = readHash(manager, path);
  if (found === sha256) return isCompiled ? compareDatabase(manager, path, lines) : null;
  const difference = isList
    ? findLineDifference(chunksOf(manager, path), toChunks(lines), ofOpenCti)
    : findChangedPart([...linesOf(manager, path)], [...lines]);
  return { path, how: found === null ? 'new' : 'changed', problem: null, ...difference };
}

function compareDatabase(manager: HeldManager, path: string, lines: PlannedFile['lines']): FileChange | null {
  const { folder, name } = toPlace(manager, path);
  const problem = findListProblem(folder, name, lines);
  if (problem === null) return null;
  const difference = findLineDifference(toChunks(lines), toChunks(lines), ofOpenCti);
  return { path, how: 'recompiled', problem, ...difference };
}

function compareAbsent(manager: HeldManager, path: string): FileChange | null {
  if (readHash(manager, path) === null) return null;
  return { path, how: 'gone', problem: null, ...findChangedPart([...linesOf(manager, path)], []) };
}

function readHash(manager: HeldManager, path: string): string | null {
  const { folder, name } = toPlace(manager, path);
  const file = openFile(folder, name);
  if (file === null) return null;
  try {
    return hashOf(readChunks(file));
  } finally {
    closeSync(file.descriptor);
  }
}

const chunksOf = (manager: HeldManager, path: string) => readPlace(manager, path, readChunks);
const linesOf = (manager: HeldManager, path: string) => readPlace(manager, path, readLines);

/** What stands in a file; nothing when it is not there. */
function* readPlace<T>(
  manager: HeldManager,
  path: string,
  read: (file: HeldFile) => Iterable<T>,
): Generator<T> {
  const { folder, name } = toPlace(manager, path);
  const file = openFile(folder, name);
  if (file === null) return;
  try {
    yield* read(file);
  } finally {
    closeSync(file.descriptor);
  }
}
