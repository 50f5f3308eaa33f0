import { basename, dirname, join } from 'node:path';
import type { Config, TrustRankConfig } from '../config/schema.ts';
import { codeOf, KnownError } from '../errors.ts';
import { readText } from '../files/read-text.ts';
import type { CustomField } from '../wazuh/fields.ts';

/** The name of the checked copy of the configuration next to the bundle; root writes it, `wazuh` reads it (0640). */
export const settingsFileName = 'custom-opencti.json';

/** The settings of the integration. Times are in milliseconds. */
export interface IntegrationSettings {
  /** Base URL of the platform; null: not set. */
  readonly url: string | null;
  /** Never printed, never written, never passed as an argument. */
  readonly token: string | null;
  /** PEM text. */
  readonly ca: string | null;
  readonly caFile: string | null;
  readonly proxy: string | null;
  readonly timeout: number;
  /** Null: off. */
  readonly cache: number | null;
  readonly suppress: number | null;
  /** Added to `valid_until`, as for the lists. */
  readonly grace: number;
  /** Indicators are among the sources that the lists are made of. */
  readonly indicators: boolean;
  /** The ranks of trust (`select.trust`), with the names of authors. */
  readonly trust: readonly TrustRankConfig[];
  /** Fields of decoders of the site (`sources.custom`). */
  readonly customFields: readonly CustomField[];
}

export const defaultSettings: IntegrationSettings = {
  url: null,
  token: null,
  ca: null,
  caFile: null,
  proxy: null,
  timeout: 8_000,
  cache: 600_000,
  suppress: null,
  grace: 0,
  indicators: true,
  trust: [],
  customFields: [],
};

/** The text of the settings file for a configuration: what `install` writes. It holds the token. */
export function formatSettings({ opencti, integration, select, customFields }: Config): string {
  const settings: IntegrationSettings = {
    url: opencti.url,
    token: opencti.token,
    ca: opencti.ca,
    caFile: opencti.caFile,
    proxy: opencti.proxy,
    timeout: integration.timeout,
    cache: integration.cache,
    suppress: integration.suppress,
    grace: select.indicators.grace,
    indicators: select.sources.includes('indicators'),
    trust: select.trust,
    customFields,
  };
  return `${JSON.stringify(settings, null, 2)}\n`;
}

interface Kind {
  readonly is: (value: unknown) => boolean;
  readonly called: string;
}

const text: Kind = { is: (value) => typeof value === 'string' && value !== '', called: 'a text' };
const time: Kind = {
  is: (value) => Number.isInteger(value) && Number(value) > 0,
  called: 'a number of milliseconds',
};
const timeOrNone: Kind = {
  is: (value) => value === 0 || time.is(value),
  called: 'a number of milliseconds, or 0',
};
const flag: Kind = { is: (value) => typeof value === 'boolean', called: 'true or false' };
const ranks: Kind = {
  is: (value) => Array.isArray(value) && value.every(isRank),
  called: 'a list of { "authors": [...] } and { "confidence": 1-100 }',
};
const fields: Kind = {
  is: (value) => Array.isArray(value) && value.every(isField),
  called: 'a list of fields of the site, as install writes it',
};
const orNull = ({ is, called }: Kind): Kind => ({
  is: (value) => value === null || is(value),
  called: `${called} or null`,
});

const kinds = {
  url: orNull(text),
  token: orNull(text),
  ca: orNull(text),
  caFile: orNull(text),
  proxy: orNull(text),
  timeout: time,
  cache: orNull(time),
  suppress: orNull(time),
  grace: timeOrNone,
  indicators: flag,
  trust: ranks,
  customFields: fields,
} as const satisfies Record<keyof IntegrationSettings, Kind>;

function isField(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { field, kinds, categories }: { field?: unknown; kinds?: unknown; categories?: unknown } = value;
  return typeof field === 'string' && Array.isArray(kinds) && Array.isArray(categories);
}

function isRank(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { authors, confidence }: { authors?: unknown; confidence?: unknown } = value;
  if (authors === undefined) return Number.isInteger(confidence);
  return Array.isArray(authors) && authors.every((name) => typeof name === 'string');
}

/**
 * Parses the settings file. A missing key has its default value, so that the file can be written by hand.
 * @throws KnownError that names the first wrong key, and never its value.
 */
export function parseSettings(json: string, place: string): IntegrationSettings {
  const written = parseObject(json, place);
  for (const [key, value] of Object.entries(written)) {
    const kind: Kind | undefined = Object.hasOwn(kinds, key) ? kinds[key as keyof typeof kinds] : undefined;
    if (!kind)
      throw new KnownError(
        `${place} has a key that is not known (it is not shown: a token may be in its place); ` +
          `known: ${Object.keys(kinds).join(', ')}`,
      );
    if (!kind.is(value))
      throw new KnownError(`${place}: "${key}" is not ${kind.called}; run "opencti-wazuh install" again`);
  }
  return { ...defaultSettings, ...written };
}

/** Parses an object. The parser's own message is left out, since it quotes the text, which has the token. */
function parseObject(json: string, place: string): object {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // The error is thrown below.
  }
  throw new KnownError(`${place} is not an object in JSON; run "opencti-wazuh install" again`);
}

export interface SettingsSources {
  /** The folder of the bundle. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `<hook_url>` and `<api_key>` of the integration block; null: not given. */
  readonly hookUrl: string | null;
  readonly apiKey: string | null;
  /** It is a trial by hand. */
  readonly isTrial: boolean;
}

/**
 * Returns the settings of the file next to the bundle, which root wrote and checked. integratord passes on the
 * environment of the shell that started the manager, so the environment provides URL and token only when the file lacks
 * one of them; the arguments, which every local user can read, come last. In a trial by hand the environment has
 * priority over the file.
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
 * Returns the Wazuh home: the bundle is installed into its folder `integrations`. `WAZUH_HOME` counts only for a bundle
 * in another folder, since integratord may have the variable of another manager in its environment.
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

/** The arguments of a run. */
export interface Call {
  readonly alertFile: string;
  /** `<api_key>` and `<hook_url>`; null: not given. */
  readonly apiKey: string | null;
  readonly hookUrl: string | null;
  readonly debug: boolean;
  /** Print the messages instead of sending them. */
  readonly isTrial: boolean;
}

export const usage =
  'usage: custom-opencti <alert file> [api_key] [hook_url] [debug] | custom-opencti --test <alert file>';

/**
 * Parses the arguments by position, as integratord passes them: alert file, api_key, hook_url, `debug`, and then
 * options file, timeout, retries and the text `> /dev/null 2>&1`, which are not used. Versions before 4.8 pass fewer.
 * @returns null when there is no alert file.
 */
export function parseArguments(args: readonly string[]): Call | null {
  const [first = '', second = '', third = '', fourth = ''] = args;
  if (first === '--test') {
    return second === ''
      ? null
      : { alertFile: second, apiKey: null, hookUrl: null, debug: false, isTrial: true };
  }
  if (first === '' || first.startsWith('--')) return null;
  return {
    alertFile: first,
    apiKey: second || null,
    hookUrl: third || null,
    debug: fourth === 'debug',
    isTrial: false,
  };
}
