import { spawn } from 'node:child_process';
import { toProgramEnvironment } from '../../program-environment.ts';

export interface ProgramResult {
  /** Null: it was killed, or could not be started. */
  readonly code: number | null;
  /** What it wrote, on both ways, as lines. */
  readonly lines: readonly string[];
  /** Why there is no code. */
  readonly problem: string | null;
}

/** More says nothing new. */
const mostOutput = 1 << 20;

/**
 * Runs a program of the manager, without a shell and without this process' environment.
 * @param timeout milliseconds, then it is killed.
 */
export function runProgram(file: string, args: readonly string[], timeout: number): Promise<ProgramResult> {
  return new Promise((resolve) => {
    let output = '';
    let problem: string | null = null;
    const child = spawn(file, [...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: toProgramEnvironment(),
    });
    const timer = setTimeout(() => {
      problem = `it did not end within ${timeout / 1_000} s`;
      child.kill('SIGKILL');
      // What it has started may still hold its output.
      child.stdout.destroy();
      child.stderr.destroy();
    }, timeout);
    const take = (text: string) => {
      if (output.length < mostOutput) output += text;
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', (error: NodeJS.ErrnoException) => {
      problem = `it cannot be run (${error.code ?? error.message})`;
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      const lines = output.split('\n').filter((line) => line.trim() !== '');
      resolve({ code, lines, problem });
    });
  });
}
