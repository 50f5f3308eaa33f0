import type { CheckLine } from '../check/line.ts';
import { runChecks } from '../check/run-checks.ts';
import { toPlainJson } from '../plain-text.ts';
import { formatUnits } from './format.ts';
import { printText } from './print.ts';

export interface CheckArguments {
  readonly config?: string | undefined;
  readonly etc: string;
  readonly json: boolean;
}

/** Exit code 0: no problem, though there may be warnings; 1: at least one. */
export async function runCheck({ config, etc, json }: CheckArguments): Promise<void> {
  const lines = await runChecks({ config, etc });
  printText(json ? toPlainJson(lines) : formatCheck(lines));
  if (lines.some(({ state }) => state === 'problem')) process.exitCode = 1;
}

const marks = {
  ok: 'ok     ',
  warning: 'WARNING',
  problem: 'PROBLEM',
  'not-looked': '-      ',
} as const satisfies Record<CheckLine['state'], string>;

function formatCheck(lines: readonly CheckLine[]): string {
  const width = Math.max(...lines.map(({ subject }) => subject.length));
  const indent = ' '.repeat(width + 11);
  const texts = lines.flatMap(({ state, subject, text, next }) => [
    `${marks[state]}  ${subject.padEnd(width)}  ${text.replaceAll('\n', `\n${indent}`)}`,
    ...(next === null ? [] : [`${indent}next: ${next}`]),
  ]);
  const count = (state: CheckLine['state']) => lines.filter((line) => line.state === state).length;
  return [
    ...texts,
    '',
    `${formatUnits(count('problem'), 'problem')}, ${formatUnits(count('warning'), 'warning')}, ${count('ok')} ok`,
  ].join('\n');
}
