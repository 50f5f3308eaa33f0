import { findChangedPart, findLineDifference, type LineDifference } from '../../files/line-difference.ts';
import { type HashedFile, toChunks } from '../../files/write.ts';
import { canaryEnd } from '../../wazuh/canaries.ts';
import type { ManagerView } from '../../wazuh/manager.ts';
import { networkMapPath } from '../../wazuh/ours.ts';

/** What a set would change of one file of a manager. */
export interface FileChange extends LineDifference {
  readonly path: string;
  /** `recompiled`: its text stays, but the engine has not compiled it, so it is written again. */
  readonly how: 'new' | 'changed' | 'gone' | 'recompiled';
  /** Why it is compiled again. */
  readonly problem: string | null;
}

/** A manager as far as a comparison asks it. */
export type Compared = Pick<ManagerView, 'current' | 'ownPaths' | 'findListProblem'>;

/**
 * What a set would change on a manager: its files in their order, and then what goes. Files that are as they should be are
 * not in it. No file is held in memory as a whole but those of rules.
 * @param undeclared lists that the engine does not compile, by their names.
 */
export function findChanges(
  files: readonly HashedFile[],
  manager: Compared,
  undeclared: readonly string[],
): FileChange[] {
  const planned = new Set(files.map(({ path }) => path));
  const isCompiled = (path: string) =>
    path.startsWith('lists/') && path !== networkMapPath && !undeclared.includes(nameOf(path));
  const others = manager.ownPaths().filter((path) => !planned.has(path));
  return [
    ...files.map((file) => compareFile(manager, file, isCompiled(file.path))),
    ...others.map((path) => compareAbsent(manager, path)),
  ].filter((change) => change !== null);
}

/** `lists/opencti-fim-md5` -> `opencti-fim-md5`. */
export function nameOf(path: string): string {
  return path.slice(path.indexOf('/') + 1);
}

/** The selftest's values are not OpenCTI's. */
const ofOpenCti = { ignored: canaryEnd };

function compareFile(
  manager: Compared,
  { path, lines, sha256 }: HashedFile,
  isCompiled: boolean,
): FileChange | null {
  const now = manager.current(path);
  if (now?.sha256 === sha256) {
    const problem = isCompiled ? manager.findListProblem(nameOf(path), lines) : null;
    if (problem === null) return null;
    const difference = findLineDifference(toChunks(lines), toChunks(lines), ofOpenCti);
    return { path, how: 'recompiled', problem, ...difference };
  }
  const difference = path.startsWith('lists/')
    ? findLineDifference(now?.chunks() ?? [], toChunks(lines), ofOpenCti)
    : findChangedPart([...(now?.lines() ?? [])], [...lines]);
  return { path, how: now === null ? 'new' : 'changed', problem: null, ...difference };
}

function compareAbsent(manager: Compared, path: string): FileChange | null {
  const now = manager.current(path);
  return now && { path, how: 'gone', problem: null, ...findChangedPart([...now.lines()], []) };
}
