import type { PlannedFile } from '../publish/planned-file.ts';
import { isCanaryLine } from '../wazuh/canaries.ts';
import { readHeldText } from '../wazuh/manager/held-files.ts';
import type { HeldManager } from '../wazuh/manager/held-home.ts';
import { toPlace } from '../wazuh/manager/places.ts';
import { findListProblem } from '../wazuh/manager/read-back-list.ts';
import { ownPaths } from '../wazuh/own-files.ts';
import { findLineDifference, type LineDifference } from './line-difference.ts';

/** What a file of a plan would change on a manager. */
export interface FileChange extends LineDifference {
  readonly path: string;
  /** Lines before and after; null: no file. */
  readonly before: number | null;
  readonly after: number | null;
  /** The text stays, but the engine has not compiled it: it is written again. */
  readonly recompile: string | null;
}

/** Files that are as they should be are not in it. */
export function compareWithManager(manager: HeldManager, files: readonly PlannedFile[]): FileChange[] {
  const planned = new Set(files.map(({ path }) => path));
  return [
    ...files.map((file) => compareFile(manager, file)),
    ...ownPaths.filter((path) => !planned.has(path)).map((path) => compareAbsent(manager, path)),
  ].filter((change) => change !== null);
}

function compareFile(manager: HeldManager, { path, lines }: PlannedFile): FileChange | null {
  const after = [...lines];
  const before = readLines(manager, path);
  const counts = { path, before: before && countLines(before), after: countLines(after) };
  if (before === null) return { ...counts, added: after.filter(isOfOpenCti), removed: [], recompile: null };
  if (!isSame(before, after)) {
    const isSorted = path.startsWith('lists/');
    const difference = isSorted
      ? findLineDifference(before.sort(byUnits), after)
      : changedLines(before, after);
    const { added, removed } = difference;
    return {
      ...counts,
      added: added.filter(isOfOpenCti),
      removed: removed.filter(isOfOpenCti),
      recompile: null,
    };
  }
  const { folder, name } = toPlace(manager, path);
  const recompile = path.startsWith('lists/') ? findListProblem(folder, name, after) : null;
  return recompile === null ? null : { ...counts, added: [], removed: [], recompile };
}

/** The canaries of the selftest are in every list of a manager, and are nobody's change. */
const isOfOpenCti = (line: string) => !isCanaryLine(line);

function countLines(lines: readonly string[]): number {
  return lines.filter(isOfOpenCti).length;
}

function compareAbsent(manager: HeldManager, path: string): FileChange | null {
  const before = readLines(manager, path);
  return before === null
    ? null
    : {
        path,
        before: countLines(before),
        after: null,
        added: [],
        removed: before.filter(isOfOpenCti),
        recompile: null,
      };
}

/** A file that does not end with a line break is not as it was written: its last line is another one. */
function readLines(manager: HeldManager, path: string): string[] | null {
  const { folder, name } = toPlace(manager, path);
  const text = readHeldText(folder, name);
  if (text === null) return null;
  if (text === '') return [];
  const lines = text.split('\n');
  const last = lines.pop();
  return last === '' ? lines : [...lines, `${last}\\ no line break`];
}

function isSame(before: readonly string[], after: readonly string[]): boolean {
  return before.length === after.length && before.every((line, index) => line === after[index]);
}

/** The lines of a rules file stand in no order: what both files have at their ends is left out. */
function changedLines(before: readonly string[], after: readonly string[]): LineDifference {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  return {
    removed: before.slice(head, before.length - tail),
    added: after.slice(head, after.length - tail),
  };
}

function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
