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

/** What a set would change of one file of the place that it goes to. */
export interface FileChange extends LineDifference {
  readonly path: string;
  /** `recompiled`: its text stays, but the engine has not compiled it, so it is written again. */
  readonly how: 'new' | 'changed' | 'gone' | 'recompiled';
  /** Why it is compiled again. */
  readonly problem: string | null;
}

/** The place that a set goes to, as far as a comparison asks it: a manager, or the folder of an export. */
export type Compared = Pick<ManagerView, 'current' | 'ownPaths' | 'findListProblem'>;

/** The selftest's values are not OpenCTI's. */
const ofOpenCti = { ignored: canaryEnd };

/**
 * What a set would change where it goes: its files in their order, and then what goes. Files that are as they should be are
 * not in it. No file is held in memory as a whole but those of rules.
 * @param undeclared lists that the engine does not compile, by their names.
 * @param difference which lines of a list are the same; by default all that are equal, without those of the selftest.
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

/** What goes, since the set has it no more. */
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
