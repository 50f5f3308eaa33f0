import type { Config, TrustRankConfig } from '../config/schema.ts';
import { KnownError } from '../errors.ts';

/** The checked copy of the configuration, beside the bundle; root writes it, `wazuh` reads it (0640). */
export const settingsFileName = 'custom-opencti.json';

/** What the integration runs with. Times are milliseconds. */
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
  /** Behind `valid_until`, as the lists are made. */
  readonly grace: number;
  /** Indicators are among the sources that the lists are made of. */
  readonly indicators: boolean;
  /** Whose word counts (`select.trust`), with the names of authors. */
  readonly trust: readonly TrustRankConfig[];
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
};

/** The text of the settings file for a configuration: what `install` writes. It holds the token. */
export function formatSettings({ opencti, integration, select }: Config): string {
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
} as const satisfies Record<keyof IntegrationSettings, Kind>;

function isRank(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { authors, confidence }: { authors?: unknown; confidence?: unknown } = value;
  if (authors === undefined) return Number.isInteger(confidence);
  return Array.isArray(authors) && authors.every((name) => typeof name === 'string');
}

/**
 * A key that is left out has its default, so that the file can be written by hand.
 * @throws KnownError that names the first key that is wrong; never its value.
 */
export function parseSettings(json: string, place: string): IntegrationSettings {
  const written = parseObject(json, place);
  for (const [key, value] of Object.entries(written)) {
    const kind: Kind | undefined = Object.hasOwn(kinds, key) ? kinds[key as keyof typeof kinds] : undefined;
    if (!kind)
      throw new KnownError(
        `${place} has a key that is not known (it is not shown: a token may stand in its place); ` +
          `known: ${Object.keys(kinds).join(', ')}`,
      );
    if (!kind.is(value))
      throw new KnownError(`${place}: "${key}" is not ${kind.called}; run "opencti-wazuh install" again`);
  }
  return { ...defaultSettings, ...written };
}

/** The parser's own message is left out: it quotes the text, and the token stands in it. */
function parseObject(json: string, place: string): object {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw new KnownError(`${place} is not an object in JSON; run "opencti-wazuh install" again`);
}
