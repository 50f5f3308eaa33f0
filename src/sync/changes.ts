import {
  type DifferenceOptions,
  findChangedPart,
  findLineDifference,
  type LineDifference,
} from '../files/line-difference.ts';
import { type HashedFile, toChunks } from '../files/write.ts';
import { canaryEnd } from '../wazuh/canaries.ts';
import type { ManagerView } from '../wazuh/manager.ts';
import { networkMapPath } from '../wazuh/ours.ts';

/** The change of a set to one file of its place. */
export interface FileChange extends LineDifference {
  readonly path: string;
  /** `recompiled`: its text is the same, but the engine has not compiled it, so it is written again. */
  readonly how: 'new' | 'changed' | 'gone' | 'recompiled';
  /** Why it is compiled again. */
  readonly problem: string | null;
}

/** The parts of the place of a set that a comparison needs: of a manager, or of the folder of an export. */
export type Compared = Pick<ManagerView, 'current' | 'ownPaths' | 'findListProblem'>;

/** The values of the selftest are not from OpenCTI, so they are not counted. */
const ofOpenCti = { ignored: canaryEnd };

/**
 * Returns the changes of a set to its place: its files in their order, and then the files to be removed. Files that
 * need no change are left out. Only rule files are in memory as a whole.
 * @param undeclared names of the lists that the engine does not compile.
 * @param difference compares the lines of a list; by default equal lines are the same, and those of the selftest are
 * not counted.
 */
export function findChanges(
  files: readonly HashedFile[],
  there: Compared,
  undeclared: readonly string[],
  difference: DifferenceOptions = ofOpenCti,
): FileChange[] {
  const planned = new Set(files.map(({ path }) => path));
  const others = there.ownPaths().filter((path) => !planned.has(path));
  return [
    ...files.map((file) => compareFile(there, file, undeclared, difference)),
    ...others.map((path) => compareAbsent(there, path)),
  ].filter((change) => change !== null);
}

/** `lists/opencti-fim-md5` -> `opencti-fim-md5`. */
export function nameOf(path: string): string {
  return path.slice(path.indexOf('/') + 1);
}

export function isList(path: string): boolean {
  return path.startsWith('lists/');
}

/** Returns the removal of a file that the set no longer has. */
export function toGonePaths(changes: readonly FileChange[]): string[] {
  return changes.filter(({ how }) => how === 'gone').map(({ path }) => path);
}

function compareFile(
  there: Compared,
  { path, lines, sha256 }: HashedFile,
  undeclared: readonly string[],
  options: DifferenceOptions,
): FileChange | null {
  const now = there.current(path);
  if (now?.sha256 === sha256) {
    const isCompiled = isList(path) && path !== networkMapPath && !undeclared.includes(nameOf(path));
    const problem = isCompiled ? there.findListProblem(nameOf(path), lines) : null;
    if (problem === null) return null;
    const difference = findLineDifference(toChunks(lines), toChunks(lines), options);
    return { path, how: 'recompiled', problem, ...difference };
  }
  const difference = isList(path)
    ? findLineDifference(now?.chunks() ?? [], toChunks(lines), options)
    : findChangedPart([...(now?.lines() ?? [])], [...lines]);
  return { path, how: now === null ? 'new' : 'changed', problem: null, ...difference };
}

function compareAbsent(there: Compared, path: string): FileChange | null {
  const now = there.current(path);
  return now && { path, how: 'gone', problem: null, ...findChangedPart([...now.lines()], []) };
}
