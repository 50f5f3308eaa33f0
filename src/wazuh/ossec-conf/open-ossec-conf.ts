import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, KnownError } from '../../errors.ts';
import { type OssecConf, readOssecConf } from './read-ossec-conf.ts';

export function toConfPath(home: string): string {
  return join(home, 'etc', 'ossec.conf');
}

/**
 * The `ossec.conf` of a manager, for reading: whoever edits it works on its bytes.
 * @param home the Wazuh home. @throws KnownError (exit code 2) when it is not there or not to be read.
 */
export function openOssecConf(home: string): OssecConf {
  return readOssecConf(readText(toConfPath(home)));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    const next = code === 'ENOENT' ? 'is this a Wazuh manager?' : 'run as the user wazuh or as root';
    throw new KnownError(`${path} cannot be read (${code}): ${next}`, { exitCode: 2, cause: error });
  }
}

/** The same; null: there is none, or this user may not read it. */
export function tryOpenOssecConf(home: string): OssecConf | null {
  try {
    return openOssecConf(home);
  } catch {
    return null;
  }
}
