import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export interface TestFiles {
  /** Tests without a process and a server: they run within a minute. */
  readonly unit: readonly string[];
  readonly system: readonly string[];
}

/** Tests that start a process, run a server or use a network; a build starts esbuild. */
const outside =
  /^import (?!type )[^;]*'(?:node:(?:child_process|cluster|dgram|http|https|tls|worker_threads)|koffi|playwright-core)'|scripts\/\w+\.js'/m;
/** Imports of network modules. Functions that only parse addresses are in the same module, and do not count. */
const network = /^import (?!type |\{ (?:(?:BlockList|isIP|isIPv4|isIPv6)(?:, | \}))+)[^;]*'node:net'/m;
/** An import of types alone runs no code. */
const imported = /^(?:import|export) (?!type )[^;]*?'(\.[^']+\.ts)'/gm;

/**
 * Returns which tests are unit tests, by what they import from each other: a test that imports code that starts processes or
 * servers is none. The code of `src` that a unit test calls can start neither (`no-outside.ts`).
 * @param root the folder of the package; the files are given relative to it.
 */
export function findTestFiles(root: string): TestFiles {
  const folder = join(root, 'test');
  const sources = new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .sort()
      .map((name) => [join(folder, name), readFileSync(join(folder, name), 'utf8')]),
  );
  const tests = [...sources.keys()].filter((file) => file.endsWith('.test.ts'));
  const system = new Set(
    tests.filter((file) =>
      findReached(file, sources).some((text) => outside.test(text) || network.test(text)),
    ),
  );
  const toName = (file: string) => relative(root, file);
  return {
    unit: tests.filter((file) => !system.has(file)).map(toName),
    system: [...system].map(toName),
  };
}

/** Returns the texts of a file of the tests and of all test files that it imports. */
function findReached(file: string, sources: ReadonlyMap<string, string>): string[] {
  const reached = new Set([file]);
  for (const each of reached)
    for (const [, path = ''] of sources.get(each)?.matchAll(imported) ?? []) {
      const next = join(dirname(each), path);
      if (sources.has(next)) reached.add(next);
    }
  return [...reached].map((each) => sources.get(each) ?? '');
}
