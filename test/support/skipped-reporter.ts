import { readFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

/** Conditions that tests are left out by, as the tests write them, and what they mean for the person who runs them. */
const meanings: readonly (readonly [RegExp, string])[] = [
  [/isRoot|getuid|expectedOwner/, 'run by another user than root, who alone may give files away'],
  [/shared|contract|samples/i, 'the recordings that it is held against are not here (../shared)'],
];

/** Prints at the end which tests did not run, each with its reason. */
// biome-ignore lint/style/noDefaultExport: vitest takes a reporter by its path
export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const byReason = new Map<string, TestCase[]>();
    for (const module of modules)
      for (const test of module.children.allTests('skipped')) {
        const reason = toReason(test);
        byReason.set(reason, [...(byReason.get(reason) ?? []), test]);
      }
    if (byReason.size === 0) return;
    const lines = [...byReason].flatMap(([reason, tests]) => [
      `  ${reason}:`,
      ...tests.map((test) => `    ${test.module.relativeModuleId} > ${test.fullName}`),
    ]);
    const count = [...byReason.values()].flat().length;
    console.log(`\n${count} ${count === 1 ? 'test was' : 'tests were'} skipped\n${lines.join('\n')}\n`);
  }
}

/** Returns the reason that the test itself gives, or the condition of the test or of a suite around it. */
function toReason(test: TestCase): string {
  const result = test.result();
  if (result.state === 'skipped' && result.note) return result.note;
  const lines = readFileSync(test.module.moduleId, 'utf8').split('\n');
  for (const task of outwards(test)) {
    const at = (task.location?.line ?? 0) - 1;
    // The condition of a long call is some lines before its place.
    const text = lines.slice(Math.max(at - 3, 0), at + 1).join('\n');
    const condition = [...text.matchAll(/\.(runIf|skipIf)\((.*)\)[.(]/g)].at(-1);
    if (condition) return toMeaning(condition[1] === 'runIf' ? 'unless' : 'if', condition[2] ?? '');
  }
  return test.options.mode === 'skip' ? 'it is marked to be skipped' : 'a filter of this call leaves it out';
}

function* outwards(test: TestCase): Generator<TestCase | TestSuite> {
  yield test;
  for (let at = test.parent; at.type === 'suite'; at = at.parent) yield at;
}

function toMeaning(word: string, condition: string): string {
  return meanings.find(([pattern]) => pattern.test(condition))?.[1] ?? `left out ${word} ${condition}`;
}
