import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs Debian's `pcre2test`, whose library is the engine's matcher, on an input file of that program. */
function runPcre2test(input: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'pcre2-'));
  try {
    const file = join(folder, 'input');
    writeFileSync(file, input);
    const run = spawnSync('pcre2test', ['-q', file], { encoding: 'utf8', maxBuffer: 1 << 28 });
    if (run.error)
      throw new Error(`pcre2test does not run (${run.error.message}): install Debian's pcre2-utils`);
    if (run.status !== 0) throw new Error(`pcre2test ended with ${run.status}: ${run.stderr}`);
    return run.stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns whether PCRE2 matches, one answer for each pattern and text. */
export function matchByPcre2(patterns: readonly string[], texts: readonly string[]): boolean[][] {
  const output = runPcre2test(patterns.map((pattern) => `/${pattern}/\n${texts.join('\n')}\n`).join('\n'));
  const failed = output.match(/^Failed:.*$|^\*\*.*$/m);
  if (failed) throw new Error(`pcre2test: ${failed[0]}`);
  const answers = output.split('\n').filter((line) => /^(?: 0: |No match$)/.test(line));
  if (answers.length !== patterns.length * texts.length) throw new Error('pcre2test left answers out');
  return patterns.map((_, at) =>
    answers.slice(at * texts.length, (at + 1) * texts.length).map((answer) => answer !== 'No match'),
  );
}

/** Returns the bytes that each pattern compiles to, or the error of PCRE2. */
export function compileByPcre2(patterns: readonly string[]): (number | string)[] {
  const output = runPcre2test(patterns.map((pattern) => `/${pattern}/memory\n`).join('\n'));
  const answers = output.split('\n').filter((line) => /^(?:Memory allocation|Failed:|\*\*)/.test(line));
  if (answers.length !== patterns.length) throw new Error('pcre2test left answers out');
  return answers.map((line) => {
    const [, bytes] = /^Memory allocation \(code space\): (\d+)$/.exec(line) ?? [];
    return bytes === undefined ? line : Number(bytes);
  });
}
