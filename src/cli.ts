import {
  Command,
  CommanderError,
  InvalidArgumentError,
  Option,
  type OutputConfiguration,
} from '@commander-js/extra-typings';
import packageJson from '../package.json' with { type: 'json' };
import { codeOf, type ExitCode, KnownError } from './errors.ts';
import type { Output, Shell } from './shell.ts';
import { toPlainText } from './text.ts';

/**
 * Makes the table of commands. The module of a command is loaded only when the command is called. A command that has to
 * complete its work watches the signals of the shell; a signal ends the others at once.
 * @param end is called with the exit code of a command whose answer is in it; without a call the code is 0.
 */
function createProgram(shell: Shell, end: (code: 0 | 1) => void) {
  const program = new Command('opencti-wazuh')
    .description(packageJson.description)
    .version(packageJson.version)
    .showHelpAfterError('(see opencti-wazuh --help)')
    .configureOutput(toOutput(shell))
    .exitOverride();

  program
    .command('export')
    .description('read OpenCTI and write lists, rules and a manifest into a folder')
    .argument('<folder>', 'made when it is not there; an earlier export in it is replaced as a whole')
    .option('-c, --config <file>', 'configuration (default: etc/opencti-wazuh.yml under the Wazuh home)')
    .option('--decoders <folder>', 'decoder files of the manager: rows of other decoders are left out')
    .option('--split <size>', 'at most so many bytes in a file of gates: 10M for the server API', toBytes)
    .option('--json', 'print the manifest as one line of JSON', false)
    .action(async (folder, options) => {
      const { runExport } = await import('./commands/export/index.ts');
      await runExport({ folder, ...options, signal: shell.watchSignals() }, shell);
    });

  program
    .command('refresh')
    .description('bring lists and rules of this manager up to OpenCTI: all of it, or nothing changes')
    .option('-c, --config <file>', 'configuration (default: etc/opencti-wazuh.yml under the Wazuh home)')
    .option('--force', 'publish although the platform, a clock, the rows or a list look wrong', false)
    .option('-n, --dry-run [folder]', 'write the set into a folder and say what would change')
    .option('--values', 'print the lines of the lists that come and go', false)
    .action(async (options) => {
      const { runRefresh } = await import('./commands/refresh/index.ts');
      await runRefresh({ ...options, signal: shell.watchSignals() }, shell);
    });

  program
    .command('status')
    .description('say how old the lists are and how the last refreshes went; exit code 1: look at it')
    .option('-c, --config <file>', 'configuration (default: etc/opencti-wazuh.yml under the Wazuh home)')
    .option('--line', 'one line, fresh or stale, for the scheduler of the manager', false)
    .option('--json', 'print one line of JSON', false)
    .action(async (options) => {
      const { runStatus } = await import('./commands/status.ts');
      end(await runStatus(options, shell));
    });

  program
    .command('lookup')
    .description('say which lists and gates have a value, or what an alert would fire')
    .argument('<value | alert.json>', 'a hash, address, network or name, or a file with one alert')
    .option('-f, --from <folder>', 'an export, or a Wazuh home (default: the one of this machine)')
    .option('-c, --config <file>', 'configuration (default: etc/opencti-wazuh.yml under the Wazuh home)')
    .option('--json', 'print one line of JSON', false)
    .action(async (subject, options) => {
      const { runLookup } = await import('./commands/explain/lookup.ts');
      end(await runLookup({ subject, ...options }, shell));
    });

  program
    .command('install')
    .description('put integration, rules, lists and schedule on the manager of this machine')
    .option('-c, --config <file>', 'configuration (default: etc/opencti-wazuh.yml under the Wazuh home)')
    .option('-n, --dry-run', 'say what would be done, and do nothing', false)
    .option('--keep', 'where the environment and the configuration differ, take the configuration', false)
    .option('--replace', 'where they differ, write into the configuration what the environment has', false)
    .option('--no-probe', 'do not ask OpenCTI before anything is written')
    .option('--adopt', 'replace the documented integration that is there; uninstall brings it back', false)
    .option('--restart', 'restart the manager when it has to read ossec.conf anew', false)
    .addOption(
      new Option('--schedule <how>', 'what runs refresh once an hour (default: what is there)').choices([
        'cron',
        'systemd',
        'none',
      ] as const),
    )
    .option('--etc <folder>', 'where cron.d, systemd and logrotate.d are', '/etc')
    .action(async (options) => {
      const { runInstall } = await import('./commands/install/index.ts');
      await runInstall({ ...options, signal: shell.watchSignals() }, shell);
    });

  program
    .command('uninstall')
    .description('take out all that install and refresh have put on the manager of this machine')
    .option('-n, --dry-run', 'say what would be done, and do nothing', false)
    .option('--purge', 'remove a changed configuration and the token, too', false)
    .option('--restart', 'restart the manager when it has to read ossec.conf anew', false)
    .option('--etc <folder>', 'where cron.d, systemd and logrotate.d are', '/etc')
    .action(async (options) => {
      const { runUninstall } = await import('./commands/install/uninstall.ts');
      // Once it has begun it must not be stopped in the middle.
      shell.watchSignals();
      await runUninstall(options, shell);
    });

  program
    .command('explain')
    .description('say why a value is in the lists, or why not, step by step')
    .argument('<value>', 'a hash, address, network or name')
    .option('-f, --from <folder>', 'an export, or a Wazuh home (default: the one of this machine)')
    .option('-c, --config <file>', 'configuration (default: etc/opencti-wazuh.yml under the Wazuh home)')
    .option('--offline', 'ask the record of the last run, not OpenCTI', false)
    .option('--json', 'print one line of JSON a value', false)
    .action(async (value, options) => {
      const { runExplain } = await import('./commands/explain/explain.ts');
      end(await runExplain({ value, ...options, signal: shell.watchSignals() }, shell));
    });

  program
    .command('report')
    .description('say what the last run brought: counts, changes, sources, ages, what is covered')
    .option('-f, --from <folder>', 'an export, or a Wazuh home (default: the one of this machine)')
    .option('-c, --config <file>', 'configuration (default: etc/opencti-wazuh.yml under the Wazuh home)')
    .option('--html <file>', 'write it as one page that needs nothing else')
    .option('--json', 'print report.json as one line', false)
    .action(async (options) => {
      const { runReport } = await import('./commands/report/index.ts');
      await runReport(options, shell);
    });

  program
    .command('check')
    .description('look at everything that a match depends on, and say what to do about each problem')
    .option('-c, --config <file>', 'configuration (default: etc/opencti-wazuh.yml under the Wazuh home)')
    .option('--etc <folder>', 'where cron.d and systemd are', '/etc')
    .option('--json', 'print one line of JSON', false)
    .action(async (options) => {
      const { runCheck } = await import('./commands/check/index.ts');
      end(await runCheck(options, shell));
    });

  program
    .command('selftest')
    .description('send an event for each row through the engine of this manager, and see what fires')
    .option('-c, --config <file>', 'configuration (default: etc/opencti-wazuh.yml under the Wazuh home)')
    .option('--integration', 'wait for the answer of the integration too', false)
    .option('--syscheck', 'send FIM events too, which pass through the database of files', false)
    .option('--timeout <seconds>', 'how long to wait for the next alert', toCount, 20)
    .option('--json', 'print one line of JSON', false)
    .action(async (options) => {
      const { runSelftest } = await import('./commands/selftest/index.ts');
      end(await runSelftest(options, shell));
    });

  program
    .command('demo')
    .description('start an embedded OpenCTI, export from it and show what happened')
    .argument('[folder]', 'where to export to', 'demo-export')
    .option('--rows <count>', 'observables in the embedded OpenCTI', toCount, 2_000)
    .action(async (folder, options) => {
      const { runDemo } = await import('./commands/demo.ts');
      await runDemo({ folder, ...options, signal: shell.watchSignals() }, shell);
    });

  return program;
}

function toCount(text: string): number {
  const count = Number(text);
  if (/^\d{1,8}$/.test(text)) return count;
  throw new InvalidArgumentError('legal is a whole number from 0 to 99999999.');
}

/** Runs a command with the streams, the environment and the signals of this process. */
export async function runProcess(argv: readonly string[]): Promise<void> {
  const { stdout, stderr, env } = process;
  for (const stream of [stdout, stderr]) stream.on('error', ignoreUnread);
  const code = await main(argv, { stdout, stderr, env, watchSignals });
  process.exitCode ||= code;
}

/**
 * Runs one command. Several may run in one process at once.
 * @param argv as `process.argv` has it: the command begins with the third.
 * @returns the exit code. 0: done; 1: not done, nothing was changed; 2: cannot start.
 */
export async function main(argv: readonly string[], shell: Shell): Promise<0 | ExitCode> {
  let code: 0 | 1 = 0;
  const end = (each: 0 | 1) => {
    code = each;
  };
  try {
    await createProgram(shell, end).parseAsync([...argv]);
    return code;
  } catch (error) {
    return report(error, shell.stderr);
  }
}

/** Returns where commander writes its own texts: help, the version, and what is wrong with a call. */
function toOutput({ stdout, stderr }: Shell): OutputConfiguration {
  return {
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => stderr.write(text),
    getOutHelpWidth: () => stdout.columns ?? 80,
    getErrHelpWidth: () => stderr.columns ?? 80,
  };
}

/** Returns a signal that aborts at the first SIGINT or SIGTERM, which does not end the process any more. */
function watchSignals(): AbortSignal {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () =>
      interrupted.abort(new KnownError(`stopped by ${signal}: nothing was changed`)),
    );
  }
  return interrupted.signal;
}

/**
 * Handles an output that cannot be written. When its reader has closed it (EPIPE), the exit code does not change, since the
 * work is done all the same: `export x | true` has exported. After any other error, such as a full disk, it is 1.
 */
function ignoreUnread(error: Error): void {
  if (codeOf(error) !== 'EPIPE') process.exitCode ||= 1;
}

function report(error: unknown, stderr: Output): 0 | ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof KnownError) {
    stderr.write(`opencti-wazuh: ${toPlainText(error.message)}\n`);
    return error.exitCode;
  }
  const trace = error instanceof Error ? error.stack : String(error);
  stderr.write(`opencti-wazuh: this is a defect of the tool, please report it:\n${trace}\n`);
  return 1;
}

const byteUnits = { '': 1, k: 2 ** 10, m: 2 ** 20 } as const;
/** A single gate may have 20 KB. */
const leastBytes = 64 * 2 ** 10;

function toBytes(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,10})\s*([km]?)(?:i?b)?$/i.exec(text) ?? [];
  const bytes = Number(digits) * byteUnits[unit.toLowerCase() as keyof typeof byteUnits];
  if (bytes >= leastBytes) return bytes;
  throw new InvalidArgumentError('legal is a size from 64K on, such as 900K or 10M.');
}
