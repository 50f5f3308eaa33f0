import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KnownError } from '../../errors.ts';
import { eventFields } from '../event-fields.ts';
import { type OssecConf, parseOssecConf } from './ossec-conf.ts';

/**
 * Can a refresh of this manager have an effect? Its `ossec.conf` has to declare each list and name the folders.
 * @throws KnownError, exit code 2.
 */
export function checkManager(home: string): OssecConf {
  const file = join(home, 'etc', 'ossec.conf');
  const conf = parseOssecConf(readConf(file), file);
  if (conf.node === 'worker')
    throw new KnownError(
      `${file}: this manager is a worker of a cluster, and its lists and rules are those of the master: run it on the master`,
      { exitCode: 2 },
    );
  const problem = findProblem(conf);
  if (problem === null) return conf;
  const next = 'run "opencti-wazuh install", or put the lines of ossec.conf.snippet there (export makes it)';
  throw new KnownError(`${file} ${problem}: nothing was changed; ${next}`, { exitCode: 2 });
}

function readConf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const next = code === 'ENOENT' ? 'is this a Wazuh manager?' : 'run as the user wazuh or as root';
    throw new KnownError(`${file} cannot be read (${code}): ${next}`, { exitCode: 2, cause: error });
  }
}

function findProblem({ lists, overwrittenLists, ruleFolders, decoderFolders }: OssecConf): string | null {
  const wanted = eventFields.map(({ list }) => `etc/lists/${list}`);
  const missing = wanted.filter((list) => !lists.has(list));
  if (missing.length > 0) {
    const isOverwritten = missing.every((list) => overwrittenLists.has(list));
    if (isOverwritten)
      return `declares ${missing[0]} in a <ruleset> block that a later <ruleset> block takes the place of`;
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
    return `does not declare <list>${missing[0]}</list>${more} in its <ruleset> block`;
  }
  if (!ruleFolders.includes('etc/rules')) return 'has no <rule_dir>etc/rules</rule_dir>';
  if (!decoderFolders.includes('etc/decoders')) return 'has no <decoder_dir>etc/decoders</decoder_dir>';
  return null;
}
