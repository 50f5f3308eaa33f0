import { join } from 'node:path';
import * as v from 'valibot';
import type { GateSettings } from '../compile/plan-gates.ts';
import { findEnvironmentProxy } from '../environment-proxy.ts';
import { hashKinds } from '../observable/kinds.ts';
import { readText } from '../read-text.ts';
import { documentedBlocks } from '../wazuh/rule-ids.ts';
import type { Config, GuardsConfig, IntegrationConfig, OpenCtiConfig, RulesConfig } from './config.ts';
import { checkIdBlocks } from './id-blocks.ts';
import { ConfigError } from './problems.ts';
import { readWrittenConfig } from './read-written.ts';
import { toSelect } from './select-config.ts';
import type { WrittenConfig } from './written-config.ts';
import { httpUrlWithoutUser, secret } from './written-types.ts';

export interface ConfigSources {
  /** As given by `--config`; undefined: `etc/opencti-wazuh.yml` under the Wazuh home, where it may be absent. */
  readonly file?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export const defaultHome = '/var/ossec';
/** Milliseconds. */
export const defaultMaxAge = 93_600_000;

/**
 * Reads file and environment into the normal form; the environment wins.
 * @throws ConfigError (exit code 2) with every problem of the file, or of the environment.
 */
export function loadConfig({ file, environment }: ConfigSources): Config {
  const place = file ?? join(environment.WAZUH_HOME || defaultHome, 'etc', 'opencti-wazuh.yml');
  const written = readWrittenConfig(place, file !== undefined);
  const opencti = { ...written.opencti, ...fromEnvironment(environment) };
  const gates = toGates(written.gates ?? {});
  const rules = toRules(written.rules ?? {}, gates.firstId);
  checkIdBlocks(rules.blocks, place);
  return {
    warnings: toWarnings(written, place),
    opencti: { ...toOpenCti(opencti, place), environmentProxy: toProxy(opencti, environment) },
    wazuh: {
      home: (environment.WAZUH_HOME || written.wazuh?.home) ?? defaultHome,
      user: written.wazuh?.user ?? null,
      restart: written.wazuh?.restart ?? false,
    },
    select: toSelect(written.select ?? {}),
    rules,
    gates,
    integration: toIntegration(written.integration ?? {}),
    guards: toGuards(written.guards ?? {}, place),
    metrics: { textfile: written.metrics?.textfile ?? null },
    log: { level: written.log?.level ?? 'info' },
  };
}

type WrittenOpenCti = NonNullable<WrittenConfig['opencti']>;

function fromEnvironment(environment: ConfigSources['environment']): WrittenOpenCti {
  const url = environment.OPENCTI_URL;
  const token = environment.OPENCTI_TOKEN;
  const tokenFile = environment.OPENCTI_TOKEN_FILE;
  const caFile = environment.OPENCTI_CA_FILE;
  checkVariable('OPENCTI_URL', url, httpUrlWithoutUser);
  checkVariable('OPENCTI_TOKEN', token, secret);
  if (token && tokenFile)
    throw new ConfigError('the environment', ['OPENCTI_TOKEN and OPENCTI_TOKEN_FILE are both set; keep one']);
  return {
    ...(url && { url }),
    // A token of the environment takes the place of whatever the file names, and the other way round.
    ...(token && { token, token_file: undefined }),
    ...(tokenFile && { token_file: tokenFile, token: undefined }),
    ...(caFile && { ca_file: caFile }),
  } as WrittenOpenCti;
}

function checkVariable(name: string, value: string | undefined, schema: v.GenericSchema): void {
  if (!value) return;
  const result = v.safeParse(schema, value);
  if (!result.success) throw new ConfigError('the environment', [`${name} ${result.issues[0].message}`]);
}

function toProxy({ url }: WrittenOpenCti, environment: ConfigSources['environment']): string | null {
  return url ? findEnvironmentProxy(url, environment) : null;
}

function toOpenCti(written: WrittenOpenCti, place: string): Omit<OpenCtiConfig, 'environmentProxy'> {
  const { token, token_file: tokenFile, ca_file: caFile } = written;
  if (token && tokenFile)
    throw new ConfigError(place, ['opencti.token and opencti.token_file are both set; keep one']);
  return {
    url: written.url ?? null,
    token: tokenFile ? readToken(tokenFile) : (token ?? null),
    ca: caFile ? readCertificates(caFile) : null,
    caFile: caFile ?? null,
    proxy: written.proxy ?? null,
    timeout: written.timeout ?? 60_000,
    retryFor: written.retry_for ?? 60_000,
    pageSize: written.page_size ?? 1_000,
    maxRequestsPerMinute: written.max_requests_per_minute ?? null,
    // `off` is null.
    maxDuration: written.max_duration === undefined ? 10_800_000 : written.max_duration,
    fullEvery: written.full_every ?? 86_400_000,
    // `off` is null.
    resumeFor: written.resume_for === undefined ? 3_600_000 : written.resume_for,
  };
}

function readToken(file: string): string {
  // What has no slash may be the token itself, in the wrong place.
  const shown = file.includes('/') ? file : 'the file of opencti.token_file';
  const result = v.safeParse(secret, readNamedFile('opencti.token_file', file, shown).trim());
  if (!result.success) throw new ConfigError(shown, [`the token ${result.issues[0].message}`]);
  return result.output;
}

function readCertificates(file: string): string {
  const text = readNamedFile('opencti.ca_file', file);
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new ConfigError(file, [
    'opencti.ca_file holds no PEM certificate (no line "-----BEGIN CERTIFICATE-----")',
  ]);
}

/** @param shown how messages call it. */
function readNamedFile(key: string, file: string, shown = file): string {
  try {
    return readText(file);
  } catch (error) {
    throw new ConfigError(shown, [`${key} cannot be read (${(error as NodeJS.ErrnoException).code})`]);
  }
}

function toRules(written: NonNullable<WrittenConfig['rules']>, firstGateId: number): RulesConfig {
  const { hash = 14, address = 12, name = 12 } = written.level ?? {};
  return {
    blocks: {
      first: written.first_id ?? documentedBlocks.first,
      block: written.block_id ?? documentedBlocks.block,
      gates: firstGateId,
    },
    level: { hash, address, name },
    linuxDecoder: written.linux_decoder ?? 'auto',
  };
}

/** Keys of earlier versions that do nothing any more. */
function toWarnings({ rules }: WrittenConfig, place: string): string[] {
  if (rules?.parents === undefined) return [];
  return [
    `${place}: rules.parents has no effect any more, since the gates are tried before every rule of the site; take it out`,
  ];
}

function toGates(written: NonNullable<WrittenConfig['gates']>): GateSettings {
  return {
    hashes: written.hashes ?? true,
    domains: written.domains ?? true,
    cidr: written.cidr ?? true,
    prefix: written.prefix ?? null,
    algorithms: written.algorithms ?? hashKinds,
    exactNames: written.exact_names ?? [],
    firstId: written.first_id ?? documentedBlocks.gates,
    maxRules: written.max_rules ?? 20_000,
    maxBytes: written.max_bytes ?? 24 * 2 ** 20,
  };
}

function toIntegration(written: NonNullable<WrittenConfig['integration']>): IntegrationConfig {
  return {
    timeout: written.timeout ?? 8_000,
    // `off` is null.
    cache: written.cache === undefined ? 600_000 : written.cache,
    suppress: written.suppress ?? null,
    mail: written.mail ?? 'both',
  };
}

function toGuards(written: NonNullable<WrittenConfig['guards']>, place: string): GuardsConfig {
  const { max_age: maxAge = defaultMaxAge, min_reload_interval: minReloadInterval = 600_000 } = written;
  const [interval, age] = [minReloadInterval, maxAge].map((time) => `${time / 60_000} min`);
  if (minReloadInterval >= maxAge)
    throw new ConfigError(place, [
      `guards.min_reload_interval (${interval}) is not shorter than guards.max_age (${age}): ` +
        'changes would be held back until the lists are stale; shorten the one, or lengthen the other',
    ]);
  return {
    shrinkLimit: written.shrink_limit ?? 50,
    maxEntries: written.max_entries ?? 2_000_000,
    maxAge,
    minReloadInterval,
  };
}
