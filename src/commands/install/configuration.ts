import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { isMap, isScalar, parseDocument, stringify } from 'yaml';
import { readConfigFile } from '../../config/load.ts';
import { findOverrides, type Override } from '../../config/overrides.ts';
import type { Config, OpenCtiConfig } from '../../config/schema.ts';
import { ConfigError, KnownError } from '../../errors.ts';
import { type Entry, readEntry } from '../../files/transaction.ts';
import type { Environment } from '../../shell.ts';
import { toPage } from '../../text.ts';
import { applyEdits, type TextEdit } from '../../wazuh/ossec-conf/edit.ts';
import { renderTemplate } from '../../wazuh/template.ts';
import { hashEntry, readJournal } from './journal.ts';
import type { Change, Machine } from './machine.ts';
import { findVersionWithoutReload } from './schedule.ts';

export function toConfigPath({ home }: Pick<Machine, 'home'>): string {
  return join(home, 'etc/opencti-wazuh.yml');
}

export function toTokenPath({ home }: Pick<Machine, 'home'>): string {
  return join(home, 'etc/opencti-token');
}

/** The files that a configuration of ours names. */
export function toAccessPaths(machine: Pick<Machine, 'home'>): string[] {
  return [toTokenPath(machine), toCaPath(machine)];
}

function toCaPath({ home }: Pick<Machine, 'home'>): string {
  return join(home, 'etc/opencti-ca.pem');
}

export interface InstalledConfig {
  readonly changes: readonly Change[];
  /** The configuration as each later run reads it. */
  readonly config: Config;
}

/** Which one counts when environment and configuration differ; null: the operator has not decided. */
export type Decision = 'keep' | 'replace' | null;

interface ConfigSource {
  /** The file of `--config`. */
  readonly configFile: string | undefined;
  readonly environment: Environment;
  readonly decision: Decision;
}

/**
 * Returns the configuration, with comments, when there is none yet, or the one that `--config` names. The token and the
 * CA get their own files next to it, and the proxy a line: cron has no environment, and `wazuh` may not have access to
 * the files that root names.
 * @throws KnownError (exit code 2) when there is another file already.
 */
export function installConfig(
  machine: Machine,
  config: Config,
  { configFile: given, environment, decision }: ConfigSource,
): InstalledConfig {
  const path = toConfigPath(machine);
  const isGiven = given !== undefined && resolve(given) !== path;
  const before = readEntry(machine, path);
  if (before.kind !== 'absent' && !isGiven) {
    const overrides = findOverrides({ file: path, environment: decision === 'keep' ? {} : environment });
    return overrides.length === 0
      ? { changes: [], config }
      : replaceAccess(machine, config, overrides, decision);
  }
  const opencti = { ...config.opencti, proxy: config.opencti.proxy ?? findProxyToKeep(config.opencti) };
  const files = toAccessFiles(machine, opencti, isGiven ? given : null, decision);
  const access: InstalledAccess = { ...opencti, ...files.access };
  const text = isGiven ? carryConfig(given, access) : renderConfig(machine, access);
  const change = toChange(
    machine,
    path,
    text,
    isGiven ? `the configuration, from ${given}` : 'the configuration',
  );
  if (decision !== 'replace') checkStanding(machine, before, change, given);
  return {
    changes: [...files.changes, change],
    config: { ...config, opencti: { ...opencti, caFile: access.caFile } },
  };
}

/**
 * Returns the existing configuration, with the settings of the environment that differ: so the second installation
 * corrects a typo of the first. A file that this tool wrote and that was not edited since is replaced; for the rest the
 * operator decides.
 * @throws KnownError (exit code 2) that names both values, never a token.
 */
function replaceAccess(
  machine: Machine,
  config: Config,
  overrides: readonly Override[],
  decision: Decision,
): InstalledConfig {
  const path = toConfigPath(machine);
  const isOurs = [path, ...toAccessPaths(machine)].every((file) => isUnedited(machine, file));
  if (!isOurs && decision !== 'replace')
    throw new KnownError(
      [
        'the environment and the configuration differ, and the schedule has the configuration alone: nothing was changed',
        ...overrides.map(({ text }) => `  ${text}`),
        'decide: --keep takes the configuration, --replace writes into it what the environment has',
      ].join('\n'),
      { exitCode: 2 },
    );
  const has = (key: Override['key']) => overrides.some((override) => override.key === key);
  const { opencti } = config;
  const changed = {
    ...opencti,
    token: has('token') ? opencti.token : null,
    ca: has('ca') ? opencti.ca : null,
  };
  const files = toAccessFiles(machine, changed, path, 'replace');
  const url = has('url') ? opencti.url : null;
  const tokenFile = has('token') ? files.access.tokenFile : null;
  const text = carryConfig(path, { url, tokenFile, caFile: files.access.caFile, proxy: null });
  const why = overrides.map((override) => override.text).join('; ');
  const caFile = files.access.caFile ?? opencti.caFile;
  return {
    changes: [...files.changes, toChange(machine, path, text, why)],
    config: { ...config, opencti: { ...opencti, caFile } },
  };
}

/** Returns whether a file is as an installation left it, or does not exist. */
export function isUnedited(machine: Machine, path: string): boolean {
  const entry = readEntry(machine, path);
  if (entry.kind === 'absent') return true;
  const journal = readJournal(machine);
  const known = path === toConfigPath(machine) ? journal?.configSha256 : journal?.accessSha256[path];
  return entry.kind === 'file' && hashEntry(entry) === known;
}

/**
 * Returns the proxy for this URL: the environment may name another one for each address, or none for this one
 * (NO_PROXY).
 */
function findProxyToKeep({ environmentProxy: proxy }: OpenCtiConfig): string | null {
  if (proxy === null) return null;
  if (!/^https?:/i.test(proxy))
    throw new KnownError(
      'the proxy of the environment (HTTPS_PROXY) is not an http:// or https:// URL: nothing was changed; set opencti.proxy',
      { exitCode: 2 },
    );
  // A template accepts no `&`; a URL can be written without it.
  return proxy.replaceAll('&', '%26');
}

function renderConfig(machine: Machine, access: InstalledAccess): string {
  const versionWithoutReload = findVersionWithoutReload(machine.home);
  const written = Object.entries(access).map(([key, value]) => [
    key,
    value && stringify(value, { lineWidth: 0 }).trim(),
  ]);
  const { url, tokenFile, caFile, proxy } = Object.fromEntries(written);
  return renderTemplate('opencti-wazuh.yml', {
    home: machine.home,
    page: toPage('configuration.md'),
    url,
    tokenFile,
    caFile,
    proxy,
    versionWithoutReload,
  });
}

function toAccessFiles(
  machine: Machine,
  { token, ca }: OpenCtiConfig,
  given: string | null,
  decision: Decision,
): { changes: Change[]; access: Pick<InstalledAccess, 'tokenFile' | 'caFile'> } {
  const [tokenPath, caPath] = [toTokenPath(machine), toCaPath(machine)];
  const ownToken = token !== null && !(given !== null && holdsToken(given, token)) ? token : null;
  const changes = [
    ...(ownToken === null ? [] : [toChange(machine, tokenPath, `${ownToken}\n`, 'the API token')]),
    ...(ca === null ? [] : [toChange(machine, caPath, ca, 'the CA of the platform')]),
  ].filter((change) => isToBeWritten(machine, change, decision));
  const isThere = given === null && readEntry(machine, tokenPath).kind !== 'absent';
  return {
    changes,
    access: {
      tokenFile: ownToken !== null || isThere ? tokenPath : null,
      caFile: ca === null ? null : caPath,
    },
  };
}

/** Checks an existing file. @throws KnownError when it is not from this tool and has another content. */
function isToBeWritten(machine: Machine, { path, to }: Change, decision: Decision): boolean {
  const before = readEntry(machine, path);
  if (before.kind === 'absent' || readJournal(machine)?.created.includes(path)) return true;
  if (textOf(before).trim() === textOf(to).trim()) return false;
  if (decision === 'replace') return true;
  throw new KnownError(
    `${path} exists and has other content than this run was given: nothing was changed; take it away, or give --replace`,
    { exitCode: 2 },
  );
}

function textOf(entry: Entry): string {
  return entry.kind === 'file' ? entry.bytes.toString() : '';
}

/** Returns whether a configuration may be replaced: it was not edited since it was written here. */
function checkStanding(
  machine: Machine,
  before: Entry,
  { path, to }: Change,
  given: string | undefined,
): void {
  if (before.kind === 'absent' || hashEntry(before) === hashEntry(to)) return;
  if (before.kind === 'file' && hashEntry(before) === readJournal(machine)?.configSha256) return;
  throw new KnownError(
    `${path} is there and differs from ${given}: every later run reads it, so nothing was changed; change it, take it away, or give --replace`,
    { exitCode: 2 },
  );
}

function toChange({ readable }: Machine, path: string, text: string, why: string): Change {
  return { path, to: { kind: 'file', bytes: Buffer.from(text), mode: 0o640, owner: readable }, why };
}

/**
 * The settings of a configuration that have another value, or another place, once it is installed; null: the setting is
 * removed.
 */
export interface InstalledAccess {
  readonly url: string | null;
  readonly tokenFile: string | null;
  readonly caFile: string | null;
  readonly proxy: string | null;
}

/**
 * Returns the text of the configuration that `--config` names, for the place where every later run reads it. It is the
 * same to the byte, except for the settings of the environment that differ and the files that were put next to it.
 * @throws ConfigError (exit code 2) for a path that means another file in another folder.
 */
function carryConfig(file: string, { url, tokenFile, caFile, proxy }: InstalledAccess): string {
  const { opencti, select } = readConfigFile(file, true).written;
  const relative = [...select.allowFiles, ...select.warningLists.files].find((path) => !isAbsolute(path));
  if (relative !== undefined)
    throw new ConfigError(file, [
      `${JSON.stringify(relative)} is looked for where a run is started, and cron starts it elsewhere; give the whole path`,
    ]);
  const text = readFileSync(file, 'utf8');
  const changed = (
    [
      ['url', url, opencti.url],
      ['token_file', tokenFile, opencti.tokenFile],
      ['ca_file', caFile, opencti.caFile],
      ['proxy', proxy, opencti.proxy],
    ] as const
  ).flatMap(([key, value, written]) => (value === null || value === written ? [] : [[key, value] as const]));
  if (changed.length === 0) return text;
  const document = parseDocument(text);
  const edited = editInPlace(text, document.get('opencti'), changed, tokenFile !== null);
  if (edited !== null) return edited;
  // A section whose keys are all comments counts as missing.
  if (!isMap(document.get('opencti'))) document.set('opencti', document.createNode({}));
  for (const [key, value] of changed) document.setIn(['opencti', key], value);
  if (tokenFile !== null) document.deleteIn(['opencti', 'token']);
  return document.toString({ lineWidth: 0 });
}

/**
 * Returns the text with other values, each in its place: when the YAML library writes a text, it moves comments into
 * the section before them. @returns null: the section has another form.
 */
function editInPlace(
  text: string,
  section: unknown,
  changed: readonly (readonly [string, string])[],
  withoutToken: boolean,
): string | null {
  if (!isMap(section) || section.flow || (withoutToken && section.has('token'))) return null;
  const first = section.items[0]?.key;
  const last = section.items.at(-1)?.value;
  if (!isScalar(first) || !first.range || !isScalar(last) || !last.range) return null;
  const start = first.range[0];
  const indent = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  const lineEnd = text.indexOf('\n', last.range[1]);
  const end = lineEnd < 0 ? text.length : lineEnd;
  const edits = changed.map(([key, value]): TextEdit => {
    const node: unknown = section.get(key, true);
    const written = stringify(value, { lineWidth: 0 }).trim();
    if (isScalar(node) && node.range) return { start: node.range[0], end: node.range[1], text: written };
    return { start: end, end, text: `\n${indent}${key}: ${written}` };
  });
  return applyEdits(text, edits);
}

/** Returns whether a configuration contains the token itself; then it needs no file for it. */
function holdsToken(file: string, token: string): boolean {
  return readConfigFile(file, true).written.opencti.token === token;
}
