import { join } from 'node:path';
import * as v from 'valibot';
import { LineCounter, parseDocument } from 'yaml';
import { ConfigError, codeOf, isForbidden } from '../errors.ts';
import { readText } from '../files/read-text.ts';
import { findEnvironmentProxy } from '../shell.ts';
import { blockKeys, blockSizes, type IdBlocks, stockIds } from '../wazuh/rule-ids.ts';
import { findYamlProblems, formatIssue } from './problems.ts';
import { type Config, defaultHome, retiredKeys, schema, toConfig, type WrittenConfig } from './schema.ts';
import { factsOf, type SchemaNode, secret, unwrap } from './types.ts';

export interface ConfigSources {
  /** The path from `--config`; undefined: `etc/opencti-wazuh.yml` under the Wazuh home, which may be absent. */
  readonly file?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the file and the environment into the normal form; the environment has priority.
 * @throws ConfigError (exit code 2) with every problem of the file, or of the environment.
 */
export function loadConfig(sources: ConfigSources): Config {
  const place = findConfigPlace(sources);
  const { written, warnings } = readConfigFile(place, sources.file !== undefined);
  const set = addEnvironment(written, sources.environment);
  const problems = findClashes(set);
  if (problems.length > 0) throw new ConfigError(place, problems);
  const { url, token, tokenFile, caFile } = set.opencti;
  return toConfig(set, {
    warnings,
    token: tokenFile === null ? token : readToken(tokenFile),
    ca: caFile === null ? null : readCertificates(caFile),
    environmentProxy: url === null ? null : findEnvironmentProxy(url, sources.environment),
  });
}

/** Returns the path of the configuration file, which may be absent. */
export function findConfigPlace({ file, environment }: ConfigSources): string {
  return file ?? join(environment.WAZUH_HOME || defaultHome, 'etc', 'opencti-wazuh.yml');
}

/** The advice for a user without the rights that a command of this tool needs. */
export const asManager = 'run it as root, or as the user of the manager (wazuh)';

/** The content of a file, without the environment. */
export interface ConfigFile {
  readonly written: WrittenConfig;
  /** Settings of the file that have no effect: a sentence for each. */
  readonly warnings: readonly string[];
}

/**
 * Reads a configuration file, without the environment and without the files that it names.
 * @param required false: a file that does not exist is an empty configuration.
 * @throws ConfigError with every problem and its line.
 */
export function readConfigFile(file: string, required: boolean): ConfigFile {
  const text = readIfThere(file, required);
  return text === null
    ? { written: toCamel(v.parse(schema, {})) as WrittenConfig, warnings: [] }
    : parseConfig(text, file);
}

function parseConfig(text: string, file: string): ConfigFile {
  const lines = new LineCounter();
  // A warning of the parser quotes keys that are lists or sections, and the token may be one.
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'error' });
  const problems = findYamlProblems(document, lines);
  if (problems.length > 0) throw new ConfigError(file, problems);
  const tree = withoutNulls(document.toJS() ?? {});
  const warnings = takeRetired(tree).map((warning) => `${file}: ${warning}`);
  const result = v.safeParse(schema, tree);
  if (result.success) return { written: toCamel(result.output) as WrittenConfig, warnings };
  throw new ConfigError(
    file,
    result.issues.map((issue) => formatIssue(issue, schema, document, lines)),
  );
}

function readIfThere(file: string, required: boolean): string | null {
  try {
    return readText(file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && !required) return null;
    throw new ConfigError(file, [formatUnread(error)], { cause: error });
  }
}

/**
 * Returns the problem with a file that cannot be read. The home of a manager is closed to other users, so a plain user
 * cannot see its content.
 */
function formatUnread(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'there is no such file; give the path of the configuration with --config';
  const next = isForbidden(error) ? asManager : 'give the path of the configuration with --config';
  return `it cannot be read (${code}); ${next}`;
}

type Tree = Record<string, unknown>;

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Returns a copy without nulls. A section whose keys are all commented out reads as null, and sets nothing. The key
 * remains, so that a misspelt one is reported.
 */
function withoutNulls(value: unknown): unknown {
  if (value === null) return undefined;
  if (!isTree(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutNulls(inner)]));
}

/** Removes the keys that have no effect any more. @returns a sentence for each that has a value. */
function takeRetired(tree: unknown): string[] {
  return Object.entries(retiredKeys).flatMap(([path, why]) => {
    const sections = path.split('.');
    const key = sections.pop() as string;
    const section = sections.reduce<unknown>((node, name) => (isTree(node) ? node[name] : undefined), tree);
    if (!isTree(section)) return [];
    const { [key]: value } = section;
    delete section[key];
    return value === undefined ? [] : [`${path} has no effect any more, since ${why}; take it out`];
  });
}

/** Returns a copy with each key as code spells it: `min_score` -> `minScore`. */
function toCamel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCamel);
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/_(.)/g, (_, first: string) => first.toUpperCase()),
      toCamel(inner),
    ]),
  );
}

const variables = Object.entries<SchemaNode>(schema.entries).flatMap(([section, node]) =>
  Object.entries(unwrap(node).entries ?? {}).map(([key, inner]) => {
    return { section, key, schema: inner as v.GenericSchema, variable: factsOf(inner).variable };
  }),
);

/**
 * Returns the configuration with the settings of the environment in place of those of the file; an empty variable sets
 * nothing.
 */
function addEnvironment(written: WrittenConfig, environment: ConfigSources['environment']): WrittenConfig {
  const problems: string[] = [];
  const set: Record<string, Tree> = { opencti: {}, wazuh: {} };
  for (const { section, key, schema, variable } of variables) {
    const value = variable && environment[variable];
    if (!value) continue;
    const { success, output, issues } = v.safeParse(schema, value);
    if (success) set[section] = { ...set[section], [key]: output };
    else problems.push(`${variable} ${issues[0].message}`);
  }
  if (environment.OPENCTI_TOKEN && environment.OPENCTI_TOKEN_FILE)
    problems.push('OPENCTI_TOKEN and OPENCTI_TOKEN_FILE are both set; keep one');
  if (problems.length > 0) throw new ConfigError('the environment', problems);
  const given = toCamel(set) as { opencti: Partial<WrittenConfig['opencti']>; wazuh: object };
  // A token of the environment replaces `token` and `token_file` of the file, and so does a token file of the
  // environment.
  const hasToken = given.opencti.token || given.opencti.tokenFile;
  return {
    ...written,
    opencti: { ...written.opencti, ...(hasToken && { token: null, tokenFile: null }), ...given.opencti },
    wazuh: { ...written.wazuh, ...given.wazuh },
  };
}

/** Returns the problems of keys that are valid by themselves and invalid together. */
function findClashes({ opencti, rules, gates, guards }: WrittenConfig): string[] {
  const problems = findIdClashes({ first: rules.firstId, block: rules.blockId, gates: gates.firstId });
  if (opencti.token !== null && opencti.tokenFile !== null)
    problems.push('opencti.token and opencti.token_file are both set; keep one');
  const [interval, age] = [guards.minReloadInterval, guards.maxAge].map((time) => `${time / 60_000} min`);
  if (guards.minReloadInterval >= guards.maxAge)
    problems.push(
      `guards.min_reload_interval (${interval}) is not shorter than guards.max_age (${age}): ` +
        'changes would be held back until the lists are stale; shorten the one, or lengthen the other',
    );
  return problems;
}

interface Block {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

/**
 * Returns the blocks that overlap. Where two rules have one id, the engine drops the second, so an overlap would appear
 * as a value that is never matched.
 */
function findIdClashes(blocks: IdBlocks): string[] {
  const own = (Object.keys(blockKeys) as (keyof IdBlocks)[]).map(
    (name): Block => ({
      name: blockKeys[name],
      first: blocks[name],
      last: blocks[name] + blockSizes[name] - 1,
    }),
  );
  const pairs = own.flatMap((block, at) =>
    [...own.slice(at + 1), stockIds].map((other) => [block, other] as const),
  );
  return pairs
    .filter(([a, b]) => a.first <= b.last && b.first <= a.last)
    .map(([a, b]) => `${formatBlock(a)} takes ids of ${formatBlock(b)}; choose another one`);
}

function formatBlock({ name, first, last }: Block): string {
  return `${name} (${first}-${last})`;
}

function readToken(file: string): string {
  // A text without a slash may be the token itself, in the wrong key.
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

/** Reads a file that a key names. @param shown the name of the file in messages. */
function readNamedFile(key: string, file: string, shown = file): string {
  try {
    return readText(file);
  } catch (error) {
    throw new ConfigError(shown, [`${key} cannot be read (${codeOf(error)})`]);
  }
}
