import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeDefect, formatLogLine, writeLog } from './deliver.ts';
import { type RunReport, runIntegration, toReport } from './run.ts';
import { findHome, parseArguments, usage } from './settings.ts';

// Ends at once: a kept connection or a name look-up under way would hold the process, and with it integratord.
main(process.argv.slice(2), dirname(fileURLToPath(import.meta.url))).then((status) => process.exit(status));

/**
 * A whole run as integratord starts it.
 * @returns the exit status: 0 when the event was delivered or kept, or there was nothing to do, else 1.
 */
export async function main(args: readonly string[], folder: string): Promise<0 | 1> {
  const call = parseArguments(args);
  if (call === null) {
    process.stderr.write(`custom-opencti: no alert file; ${usage}\n`);
    return 1;
  }
  const environment = process.env;
  const report = await runSafely(
    () => runIntegration({ call, folder, environment, now: Date.now() }),
    () => findHome({ folder, environment }),
  );
  // Since the process began, with Node's own start; the global `performance` would take 1 ms to load.
  const line = formatLogLine({ ...report, ms: process.uptime() * 1000 }, new Date());
  if (call.isTrial) process.stderr.write(line);
  else writeLog(report.home, line);
  if (report.isFailure && !call.isTrial) process.stderr.write(`custom-opencti: ${report.outcome}\n`);
  return report.isFailure ? 1 : 0;
}

/** A defect that no event could report is at least one line of the log. */
async function runSafely(run: () => Promise<RunReport>, home: () => string): Promise<RunReport> {
  try {
    return await run();
  } catch (error) {
    return { ...toReport({ home: home(), notes: [] }, '', describeDefect(error)), isFailure: true };
  }
}
