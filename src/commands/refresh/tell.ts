import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Config, type LogLevel, logLevels } from '../../config/schema.ts';
import { codeOf, KnownError, messageOf } from '../../errors.ts';
import { holdFolder, openFile } from '../../files/held.ts';
import { giveAway } from '../../files/write.ts';
import { findDeletedLists, isRestartedSince } from '../../wazuh/engine/programs.ts';
import type { Manager } from '../../wazuh/manager.ts';
import { rulesFile } from '../../wazuh/ours.ts';
import type { Refreshed } from './refresh.ts';
import { type RefreshState, readStateOf, type Step, toReason } from './state.ts';

/**
 * Writes the result of a run to the log and the metrics.
 * @returns what could not be written: the run itself was successful.
 */
export function reportSuccess(config: Config, { outcome, changes, applied, state }: Refreshed): string[] {
  const log = openLog(config.wazuh.home, config.log.level);
  const how = applied === null ? '' : `, engine ${applied.how}`;
  log.write('info', `${outcome}, ${changes.length} files differ${how}`);
  for (const warning of applied?.warnings ?? []) log.write('warning', `the engine says: ${warning}`);
  return tryMetrics(config, state);
}

/** The manager of a run that failed. */
export interface FailurePlace {
  readonly home: string;
  /** The configuration; null: it could not be read. */
  readonly config: Config | null;
  readonly manager: Manager;
}

/**
 * Reports to the log, the metrics and the manager's own engine that a run failed, each independently of the others.
 * @returns what could not be reported.
 */
export async function reportFailure(
  { home, config, manager }: FailurePlace,
  step: Step,
  error: unknown,
): Promise<string[]> {
  const reason = toReason(error);
  const log = openLog(home, config?.log.level ?? 'info');
  log.write('error', `failed at step ${step}: ${reason}`);
  const state = tryReadState(home);
  // Rule 100627 makes an alert of it.
  const event = { integration: 'opencti', opencti: { event: 'refresh_failed', step, reason } };
  const unheard = (await manager.alert(event)) ?? findWhyUnheard(home, state);
  const alert = unheard === null ? [] : [`no alert could be raised in Wazuh: ${unheard}`];
  for (const note of alert) log.write('warning', note);
  return config === null ? alert : [...alert, ...tryMetrics(config, state)];
}

/** Returns why the engine drops an event without a message: it has not loaded our rules yet. */
function findWhyUnheard(home: string, state: RefreshState | null): string | null {
  if (state !== null && state.appliedAt !== null) return null;
  const rules = tryStat(join(home, 'etc/rules', rulesFile));
  if (rules === undefined) return 'our rules are not on this manager yet: run "opencti-wazuh install"';
  if (isRestartedSince(home, rules.mtime)) return null;
  return `the engine has not loaded our rules since they were installed: ${join(home, 'bin/wazuh-control')} restart`;
}

function tryStat(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Returns the state; null: there is none to report. */
function tryReadState(home: string): RefreshState | null {
  try {
    return readStateOf(home);
  } catch {
    return null;
  }
}

export function tryMetrics({ metrics, wazuh }: Config, state: RefreshState | null): string[] {
  if (metrics.textfile === null || state === null) return [];
  try {
    writeMetrics(metrics.textfile, formatMetrics(state, findDeletedLists(wazuh.home)?.bytes ?? null));
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}

/**
 * Appends lines to `logs/opencti-wazuh.log`. A run never fails because of the log: its caller sees everything that it
 * contains.
 */
interface Log {
  write(level: LogLevel, text: string): void;
}

const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** @param least lines of a lower level are left out. */
function openLog(home: string, least: LogLevel): Log {
  return {
    write(level, text) {
      if (logLevels.indexOf(level) > logLevels.indexOf(least)) return;
      const line = `${new Date().toISOString()} refresh ${level}: ${text.replace(/\s*\n\s*/g, '; ')}\n`;
      try {
        append(home, line);
      } catch {}
    },
  };
}

/** Appends by descriptor: the folder belongs to `wazuh`, which could replace the file by a link. */
function append(home: string, line: string): void {
  const root = holdFolder(home);
  try {
    const logs = root.folder('logs');
    try {
      const file = openFile(logs, 'opencti-wazuh.log', O_WRONLY | O_APPEND | O_CREAT);
      if (file === null) return;
      if (file.stats.size === 0 && file.stats.uid === process.getuid?.() && file.stats.nlink === 1)
        giveAway(file.descriptor, logs.owner, 0o660);
      writeFileSync(file.descriptor, line);
      closeSync(file.descriptor);
    } finally {
      logs.close();
    }
  } finally {
    root.close();
  }
}

interface Metric {
  readonly name: string;
  readonly help: string;
  /** The values by the text of the labels; null: the value is not known, and is not written. */
  readonly values: readonly (readonly [labels: string, value: number | null])[];
}

/** Returns the metrics as text. @param deletedBytes of old lists that the engine still holds; null: not known. */
function formatMetrics(state: RefreshState, deletedBytes: number | null): string {
  return toMetrics(state, deletedBytes)
    .filter(({ values }) => values.some(([, value]) => value !== null))
    .flatMap(({ name, help, values }) => [
      `# HELP opencti_wazuh_${name} ${help}`,
      `# TYPE opencti_wazuh_${name} gauge`,
      ...values
        .filter(([, value]) => value !== null)
        .map(([labels, value]) => `opencti_wazuh_${name}${labels} ${value}`),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

function toMetrics({ runs, confirmed, appliedAt, restartNeededSince }: RefreshState, deleted: number | null) {
  const [last] = runs;
  const lists = Object.entries(confirmed?.lists ?? {});
  return [
    one('last_run_timestamp_seconds', 'When the last refresh ended.', toSeconds(last?.finished)),
    one(
      'last_run_success',
      'Whether the last refresh did what it should.',
      last ? Number(last.outcome !== 'failed') : null,
    ),
    one(
      'confirmed_timestamp_seconds',
      'When the lists were last what OpenCTI has.',
      toSeconds(confirmed?.at),
    ),
    one('applied_timestamp_seconds', 'When the engine last took a set.', toSeconds(appliedAt)),
    one('restart_needed', 'Whether the engine waits for a restart.', Number(restartNeededSince !== null)),
    one('values', 'Values that are compiled.', confirmed?.values ?? null),
    one('gate_rules', 'Rules for composite hashes, subdomains and networks.', confirmed?.gateRules ?? null),
    {
      name: 'list_entries',
      help: 'Entries of each list.',
      values: lists.map(([list, entries]) => [`{list="${list.replace(/["\\\n]/g, '_')}"}`, entries] as const),
    },
    one('deleted_list_bytes', 'Old lists that the engine holds until it is restarted.', deleted),
  ] satisfies Metric[];
}

function one(name: string, help: string, value: number | null): Metric {
  return { name, help, values: [['', value]] };
}

function toSeconds(time: Date | null | undefined): number | null {
  return time ? Math.floor(time.getTime() / 1_000) : null;
}

/**
 * Writes the file as a whole, so that the node exporter never reads half of it; it skips names that do not end in
 * `.prom`.
 * @throws KnownError
 */
function writeMetrics(file: string, text: string): void {
  const staged = join(dirname(file), `.${basename(file)}.${process.pid}.new`);
  try {
    const descriptor = openSync(staged, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(staged, file);
  } catch (error) {
    rmSync(staged, { force: true });
    throw new KnownError(
      `metrics.textfile ${file} could not be written (${codeOf(error)}): is its folder there?`,
      {
        cause: error,
      },
    );
  }
}
