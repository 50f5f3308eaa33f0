import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeDefect, formatLogLine, writeLog } from './deliver.ts';
import { type RunReport, runIntegration, toReport } from './run.ts';
import { findHome, parseArguments, usage } from './settings.ts';

// The process ends at once: an open connection or an unfinished DNS lookup would delay it, and with it integratord.
main(process.argv.slice(2), dirname(fileURLToPath(import.meta.url))).then((status) => process.exit(status));

/**
 * Does a whole run, as integratord starts it.
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
  // The time since the process began, with Node's own start; loading the global `performance` would take 1 ms.
  const line = formatLogLine({ ...report, ms: process.uptime() * 1000 }, new Date());
  if (call.isTrial) process.stderr.write(line);
  else writeLog(report.home, line);
  if (report.isFailure && !call.isTrial) process.stderr.write(`custom-opencti: ${report.outcome}\n`);
  return report.isFailure ? 1 : 0;
}

/** Catches a defect that no event could report, so that the log has at least a line about it. */
async function runSafely(run: () => Promise<RunReport>, home: () => string): Promise<RunReport> {
  try {
    return await run();
  } catch (error) {
    return { ...toReport({ home: home(), notes: [] }, '', describeDefect(error)), isFailure: true };
  }
}
