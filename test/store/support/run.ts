import { compileLists } from '../../../src/compile/lists.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';
import { fetchSelection } from '../../../src/sync/fetch-selection.ts';
import type { RecordPlace } from '../../../src/sync/read.ts';
import { allFields } from '../../../src/wazuh/fields.ts';
import { demoToken } from '../../platform/server.ts';

export function toConfig(url: string, changes: Partial<Config['opencti']> = {}): Config {
  const config = loadConfig({
    environment: { OPENCTI_URL: url, OPENCTI_TOKEN: demoToken, WAZUH_HOME: '/nonexistent' },
  });
  return { ...config, opencti: { ...config.opencti, pageSize: 7, ...changes } };
}

export interface Run {
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly skipped: object;
  readonly rows: number;
  readonly requests: number;
  readonly whyAll: string | null;
  readonly notes: readonly string[];
}

/** Reads and selects, as a refresh does up to its lists. @param notes gets what is reported, also by a run that fails. */
export async function run(
  config: Config,
  now: number,
  record?: RecordPlace,
  notes: string[] = [],
): Promise<Run> {
  const progress = { read() {}, end() {}, note: (text: string) => void notes.push(text) };
  const fetched = await fetchSelection({ config, progress, now: new Date(now), record });
  const { selection, read, whyAll } = fetched;
  const lists = Object.fromEntries(
    compileLists(selection.values, 'engine', { fields: allFields, canaries: false }).map(
      ({ name, lines }) => [name, [...lines]],
    ),
  );
  const { rows, requests } = read;
  return { lists, skipped: selection.skipped, rows, requests, whyAll, notes };
}

export const decisionsOf = ({ lists, skipped }: Run) => ({ lists, skipped });
