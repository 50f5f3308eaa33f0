import { basename, dirname, join } from 'node:path';
import { codeOf, KnownError } from '../errors.ts';
import { readText } from '../read-text.ts';
import { defaultSettings, type IntegrationSettings, parseSettings, settingsFileName } from './settings.ts';

export interface SettingsSources {
  /** The folder of the bundle. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `<hook_url>` and `<api_key>` of the integration block; null: not given. */
  readonly hookUrl: string | null;
  readonly apiKey: string | null;
  /** A person tries it by hand. */
  readonly isTrial: boolean;
}

/**
 * The file beside the bundle, which root wrote and checked. integratord hands on what the shell had that started the
 * manager, so the environment fills in URL and token only where the file has none of one; the arguments, which every
 * local user can read, come last. In a trial by hand the environment wins over the file.
 * @throws KnownError when a file cannot be read or is wrong.
 */
export function loadSettings(sources: SettingsSources): IntegrationSettings {
  const file = readSettings(sources.folder);
  const { hookUrl, apiKey, isTrial } = sources;
  if (!isTrial && file.url !== null && file.token !== null) return file;
  const { url, token, ...trust } = readEnvironment(sources.environment);
  return {
    ...file,
    url: (isTrial ? url || file.url : file.url || url) || hookUrl,
    token: (isTrial ? token || file.token : file.token || token) || apiKey,
    ...((isTrial || file.ca === null) && trust),
  };
}

function readEnvironment(environment: SettingsSources['environment']): Partial<IntegrationSettings> {
  const { OPENCTI_URL, OPENCTI_TOKEN, OPENCTI_TOKEN_FILE: tokenFile, OPENCTI_CA_FILE: caFile } = environment;
  const token = OPENCTI_TOKEN || (tokenFile ? readNamed('OPENCTI_TOKEN_FILE', tokenFile).trim() : null);
  return {
    url: OPENCTI_URL || null,
    token,
    ...(caFile && { caFile, ca: readNamed('OPENCTI_CA_FILE', caFile) }),
  };
}

const defaultHome = '/var/ossec';

/**
 * The Wazuh home: the bundle is installed into its folder `integrations`. `WAZUH_HOME` counts for a bundle elsewhere,
 * since integratord may have one of another manager in its environment.
 */
export function findHome({ folder, environment }: Pick<SettingsSources, 'folder' | 'environment'>): string {
  if (basename(folder) === 'integrations') return dirname(folder);
  return environment.WAZUH_HOME || defaultHome;
}

function readSettings(folder: string): IntegrationSettings {
  const file = join(folder, settingsFileName);
  try {
    return parseSettings(readText(file), file);
  } catch (error) {
    if (error instanceof KnownError) throw error;
    const code = codeOf(error);
    if (code === 'ENOENT') return defaultSettings;
    throw new KnownError(`${file} cannot be read (${code}); it must be root:wazuh with mode 0640`);
  }
}

function readNamed(variable: string, file: string): string {
  try {
    return readText(file);
  } catch (error) {
    throw new KnownError(`${variable}: ${file} cannot be read (${codeOf(error)})`);
  }
}
