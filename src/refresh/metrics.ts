import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { KnownError } from '../errors.ts';
import type { RefreshState } from './state.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

interface Metric {
  readonly name: string;
  readonly help: string;
  /** By the text of the labels; null: it is not known, and not written. */
  readonly values: readonly (readonly [labels: string, value: number | null])[];
}

/** @param deletedBytes of old lists that the engine still holds; null: not known. */
export function formatMetrics(state: RefreshState, deletedBytes: number | null): string {
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
export function writeMetrics(file: string, text: string): void {
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
    const { code } = error as NodeJS.ErrnoException;
    throw new KnownError(`metrics.textfile ${file} could not be written (${code}): is its folder there?`, {
      cause: error,
    });
  }
}
