import { readFileSync } from 'node:fs';
import { type ConfigSources, findConfigPlace, readConfigFile } from './load.ts';
import type { WrittenConfig } from './schema.ts';

/** A value that differs between the environment and a configuration. */
export interface Override {
  readonly key: 'url' | 'token' | 'ca';
  /** `opencti.url: <file> has https://a, and OPENCTI_URL is https://b`; never a token. */
  readonly text: string;
  /** False: the file has no value. */
  readonly isWritten: boolean;
}

/**
 * Returns the settings of the environment that differ from the configuration. The environment has priority, and a
 * schedule has no environment, so a command that is run by hand has another result than the schedule.
 * @throws ConfigError when the file is wrong.
 */
export function findOverrides({ file, environment }: ConfigSources): Override[] {
  const place = findConfigPlace({ file, environment });
  const { opencti } = readConfigFile(place, false).written;
  const found = [
    compareUrl(opencti, environment),
    compareToken(opencti, environment),
    compareCa(opencti, environment),
  ];
  return found
    .filter((each) => each !== null)
    .map(({ key, name, has, given }) => ({
      key,
      text: `opencti.${name}: ${place} has ${has ?? 'none'}, and ${given}`,
      isWritten: has !== null,
    }));
}

type Written = WrittenConfig['opencti'];
type Environment = ConfigSources['environment'];

interface Difference {
  readonly key: Override['key'];
  readonly name: string;
  /** The value of the file, in words; null: it has none. */
  readonly has: string | null;
  readonly given: string;
}

function compareUrl({ url }: Written, { OPENCTI_URL: given }: Environment): Difference | null {
  if (!given || withoutSlash(given) === withoutSlash(url ?? '')) return null;
  return { key: 'url', name: 'url', has: url, given: `OPENCTI_URL is ${given}` };
}

function compareToken(
  { token, tokenFile: file }: Written,
  { OPENCTI_TOKEN, OPENCTI_TOKEN_FILE }: Environment,
): Difference | null {
  const given = OPENCTI_TOKEN || readTrimmed(OPENCTI_TOKEN_FILE);
  if (!given || given === (token ?? readTrimmed(file))) return null;
  const has = file ? `that of ${file}` : token && 'one of its own';
  const one = has ? 'another one' : 'one';
  const of = OPENCTI_TOKEN
    ? `OPENCTI_TOKEN is ${one}`
    : `OPENCTI_TOKEN_FILE, ${OPENCTI_TOKEN_FILE}, has ${one}`;
  return { key: 'token', name: 'token', has, given: of };
}

function compareCa({ caFile: has }: Written, { OPENCTI_CA_FILE }: Environment): Difference | null {
  if (!OPENCTI_CA_FILE || readTrimmed(OPENCTI_CA_FILE) === readTrimmed(has)) return null;
  const given = `OPENCTI_CA_FILE, ${OPENCTI_CA_FILE}, has ${has ? 'other certificates' : 'one'}`;
  return { key: 'ca', name: 'ca_file', has, given };
}

/** Returns the environment without the variables of OpenCTI. */
export function withoutAccess(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('OPENCTI_')));
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/** Returns the text of a file; undefined: the file is not named, or cannot be read. */
function readTrimmed(file: string | null | undefined): string | undefined {
  try {
    return file ? readFileSync(file, 'utf8').trim() : undefined;
  } catch {
    return undefined;
  }
}
