import type { CheckLine } from '../check/line.ts';
import { runChecks } from '../check/run-checks.ts';
import { toPlainJson } from '../plain-text.ts';
import type { Shell } from '../shell.ts';
import { formatUnits } from './format.ts';
import { printText } from './print.ts';

export interface CheckArguments {
  readonly config?: string | undefined;
  readonly etc: string;
  readonly json: boolean;
}

/** Exit code 0: no problem, though there may be warnings; 1: at least one. */
export async function runCheck(
  { config, etc, json }: CheckArguments,
  { stdout, env }: Shell,
): Promise<0 | 1> {
  const lines: CheckLine[] = [];
  for await (const line of runChecks({ config, etc, environment: env })) {
    lines.push(line);
    if (!json && line.follows === undefined) printText(stdout, formatLine(line));
  }
  printText(stdout, json ? toPlainJson(lines) : `\n${formatCounts(lines)}`);
  return lines.some(({ state }) => state === 'problem') ? 1 : 0;
}

const marks = {
  ok: 'ok     ',
  warning: 'WARNING',
  problem: 'PROBLEM',
  'not-looked': '?      ',
} as const satisfies Record<CheckLine['state'], string>;

/** Each line is printed when it is known: the longest subject is that of `integratord` and `integration`. */
const width = 11;
const indent = ' '.repeat(width + 11);

function formatLine({ state, subject, text, next }: CheckLine): string {
  const line = `${marks[state]}  ${subject.padEnd(width)}  ${text.replaceAll('\n', `\n${indent}`)}`;
  return next === null ? line : `${line}\n${indent}next: ${next}`;
}

/** `1 problem and 22 lines that follow from it, 0 warnings, 14 ok`. */
function formatCounts(lines: readonly CheckLine[]): string {
  const own = lines.filter(({ follows }) => follows === undefined);
  const count = (state: CheckLine['state']) => own.filter((line) => line.state === state).length;
  const following = lines.length - own.length;
  const closed = count('not-looked');
  return [
    `${formatUnits(count('problem'), 'problem')}, ${formatUnits(count('warning'), 'warning')}, ${count('ok')} ok`,
    ...(following > 0 ? [`and ${following} that follow from what is said above: they go with it`] : []),
    ...(closed > 0 ? [`${closed} not looked at (marked with ?, with the reason)`] : []),
  ].join('\n');
}
