import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { openOssecConf } from '../../../src/wazuh/ossec-conf/open-ossec-conf.ts';
import { readEffectiveRuleset } from '../../../src/wazuh/ossec-conf/ruleset-files.ts';
import { loadRuleset } from '../../engine-model/load-ruleset.ts';
import { effectOf, formatProblem } from '../../engine-model/problem.ts';
import { makeFolder } from '../../support/cli.ts';

/** What the engine reads between two operations of a command. */
interface DiskState {
  /** Rules and decoders of ours. */
  readonly files: readonly string[];
  /** What keeps the engine from starting with it. */
  readonly refusals: readonly string[];
}

export interface Snapshots {
  /** For the command that is watched. */
  readonly environment: Readonly<Record<string, string>>;
  /** After each rename and each removal, in their order. */
  read(): DiskState[];
}

export function takeSnapshots(home: string): Snapshots {
  const to = makeFolder();
  return {
    environment: {
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'fs-snapshots.js')}`,
      FS_SNAPSHOT_OF: join(home, 'etc'),
      FS_SNAPSHOT_TO: to,
    },
    read: () =>
      readdirSync(to)
        .sort()
        .map((name) => {
          const etc = join(to, name);
          const xml = ['rules', 'decoders'].flatMap((folder) => readdirSync(join(etc, folder)));
          const files = xml.filter((file) => /opencti.*\.xml$/.test(file)).sort();
          return { files, refusals: findRefusals(toHome(home, etc)) };
        }),
  };
}

/** What keeps the engine from starting with files as they lie in a home. */
export function findRefusals(home: string): string[] {
  const { rules, decoders, lists } = readEffectiveRuleset(home, openOssecConf(home));
  const there = lists.filter((path) => existsSync(join(home, path)));
  const { problems } = loadRuleset({ rules, decoders, lists: new Map(there.map((path) => [path, null])) });
  return problems.filter((problem) => effectOf(problem) === 'refused').map(formatProblem);
}

/** The manager with another state of what its engine reads below `etc`. */
function toHome(home: string, etc: string): string {
  const other = makeFolder();
  symlinkSync(join(home, 'ruleset'), join(other, 'ruleset'));
  mkdirSync(join(other, 'etc'));
  for (const name of ['ossec.conf', 'lists', 'rules', 'decoders'])
    symlinkSync(join(etc, name), join(other, 'etc', name));
  return other;
}
