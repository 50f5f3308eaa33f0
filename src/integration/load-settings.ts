import { basename, dirname, join } from 'node:path';
import { KnownError } from '../errors.ts';
import { readText } from '../read-text.ts';
import { defaultSettings, type IntegrationSettings, parseSettings, settingsFileName } from './settings.ts';

export interface SettingsSources {
  /** The folder of the bundle. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `<hook_url>` and `<api_key>` of the integration block; null: not given. */
  readonly hookUrl: string | null;
  readonly apiKey: string | null;
}

/**
 * The environment wins over the file beside the bundle, and that over the arguments, which every local user can
 * read.
 * @throws KnownError when a file cannot be read or is wrong.
 */
export function loadSettings({ folder, environment, hookUrl, apiKey }: SettingsSources): IntegrationSettings {
  const file = readSettings(folder);
  const tokenFile = environment.OPENCTI_TOKEN_FILE;
  const caFile = environment.OPENCTI_CA_FILE;
  const token =
    environment.OPENCTI_TOKEN || (tokenFile ? readNamed('OPENCTI_TOKEN_FILE', tokenFile).trim() : null);
  return {
    ...file,
    url: environment.OPENCTI_URL || file.url || hookUrl,
    token: token || file.token || apiKey,
    ...(caFile && { caFile, ca: readNamed('OPENCTI_CA_FILE', caFile) }),
  };
}

const defaultHome = '/var/ossec';

/** The Wazuh home: the bundle is installed into its folder `integrations`. */
export function findHome({ folder, environment }: Pick<SettingsSources, 'folder' | 'environment'>): string {
  const installed = basename(folder) === 'integrations' ? dirname(folder) : null;
  return environment.WAZUH_HOME || installed || defaultHome;
}

function readSettings(folder: string): IntegrationSettings {
  const file = join(folder, settingsFileName);
  try {
    return parseSettings(readText(file), file);
  } catch (error) {
    if (error instanceof KnownError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return defaultSettings;
    throw new KnownError(`${file} cannot be read (${code}); it must be root:wazuh with mode 0640`);
  }
}

function readNamed(variable: string, file: string): string {
  try {
    return readText(file);
  } catch (error) {
    throw new KnownError(`${variable}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
