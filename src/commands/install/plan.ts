import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { KnownError } from '../../errors.ts';
import { absent, type Entry, findNeeded, readEntry } from '../../files/transaction.ts';
import { type Environment, findEnvironmentProxy } from '../../shell.ts';
import { toOwnLists } from '../../sync/plan-options.ts';
import { readVersion } from '../../wazuh/engine/programs.ts';
import { listNames } from '../../wazuh/fields.ts';
import { findFolderProblem, type ManagerProblem, toNode } from '../../wazuh/ossec-conf/check-manager.ts';
import {
  addOurParts,
  findOldIntegrations,
  findOurParts,
  hasSameBlocks,
} from '../../wazuh/ossec-conf/edit.ts';
import { readOssecConf } from '../../wazuh/ossec-conf/read.ts';
import { readPublishedRules } from '../../wazuh/published-rules.ts';
import {
  findEarlyChild,
  findTakenIds,
  formatTakenIds,
  readSiteRules,
  type SiteRule,
} from '../../wazuh/site-rules.ts';
import { renderTemplate } from '../../wazuh/template.ts';
import {
  type Adoption,
  checkAdoptable,
  findOldScripts,
  type OldInstallation,
  planAdoption,
  readOldAccess,
} from './adopt.ts';
import { findStagedFiles } from './apply.ts';
import { type Decision, installConfig, isUnedited, toAccessPaths, toConfigPath } from './configuration.ts';
import { hasRetiredRules, toDetectionChanges, toIntegrationChanges } from './files.ts';
import {
  emptyJournal,
  formatJournal,
  hashEntry,
  type InstallJournal,
  readJournal,
  toBackupFolder,
  toJournalPath,
  toKeptConfigPath,
} from './journal.ts';
import type { Change, Machine } from './machine.ts';
import { quote, type Schedule, toCommand, toScheduleChanges } from './schedule.ts';
import { leaveToMaster, type SeenSources, type SwitchedConfig, switchOnSeen } from './switch-on.ts';

export interface InstallOptions {
  readonly config: Config;
  /** The file that the configuration was read from, if one was named. */
  readonly configFile: string | undefined;
  /** The environment of the shell, whose access to OpenCTI is compared with the files. */
  readonly environment: Environment;
  readonly adopt: boolean;
  readonly decision: Decision;
  readonly schedule: Schedule;
  readonly seen: SeenSources;
}

/** All changes of an installation, known before the first byte is written. */
export interface InstallPlan {
  /** The changes, in the order in which they are made. */
  readonly changes: readonly Change[];
  /** Whether a restart is needed, since the daemons read `<integration>` and `<localfile>` when they start. */
  readonly needsRestart: boolean;
  /**
   * Whether a reload is needed: the engine loads new `<list>` lines and rules by a hot reload, if it has one (4.13 and
   * later).
   */
  readonly needsReload: boolean;
  /** Whether the manager is a worker of a cluster: its lists come from the master. */
  readonly isWorker: boolean;
  /** Why the engine would not load our rules from where they are. */
  readonly unloaded: ManagerProblem | null;
  /** The configuration, with the settings of an old integration block and with the sources that are switched on. */
  readonly config: Config;
  /** A sentence for each source that was seen and that the configuration did not name. */
  readonly notes: readonly string[];
  /** Lists that are not looked up any more, and that stay declared until a refresh has taken their rules away. */
  readonly offLists: readonly string[];
}

/**
 * Returns the parts of an installation that are missing.
 * @throws KnownError (exit code 2) when something is in the way; it names each file and line.
 */
export function planInstall(machine: Machine, options: InstallOptions): InstallPlan {
  const confPath = join(machine.home, 'etc/ossec.conf');
  const conf = readConf(machine, confPath);
  const text = conf.bytes.toString('latin1');
  const site = readSiteRules(machine.home);
  const old = findOld(machine, text, site, options.config);
  checkAdoptable(old, confPath, options.adopt, (foreign) =>
    formatTakenIds(foreign, site, options.config.rules.blocks),
  );
  const written = installConfig(machine, withOldAccess(options, old), options);
  const isWorker = toNode(readOssecConf(text)) === 'worker';
  const installed = isWorker
    ? leaveToMaster(machine, written, options.seen)
    : switchOnSeen(machine, written, options.seen);
  const { config, notes } = installed;
  const adoption = planAdoption(machine, old);
  const detection = toDetectionChanges(machine, config);
  if (adoption.changes.length > 0) insistOnParents(site, old, options.config);
  const lists = findLists(machine, config, text);
  const edited = editConf(machine, config, text, lists);
  const changes = findNeeded(machine, [
    ...adoption.changes,
    ...detection,
    ...installed.changes,
    ...toIntegrationChanges(machine, config),
    toStateChange(machine),
    ...toLogChanges(machine),
    ...toScheduleChanges(machine, options.schedule),
    ...findStagedFiles(machine),
    {
      path: confPath,
      to: { ...conf, bytes: Buffer.from(edited, 'latin1') },
      from: conf,
      why: 'lists, integration, age of the lists',
    },
  ]);
  return {
    changes: [...toBackupChanges(machine, changes, { adoption, installed }, conf), ...changes],
    ...findNeeds(machine, { text, edited, detection }),
    isWorker,
    unloaded: findFolderProblem(machine.home, readOssecConf(text)),
    config,
    notes,
    offLists: lists.off,
  };
}

interface Lists {
  readonly wanted: readonly string[];
  /**
   * Declared ones that are not looked up any more, and that a rule on the disk still reads: without its list the engine would
   * leave that rule out, and say so. The next refresh takes the rule away.
   */
  readonly off: readonly string[];
}

function findLists({ home }: Machine, config: Config, text: string): Lists {
  const conf = readOssecConf(text);
  const own = toOwnLists(config);
  const others = listNames.filter((list) => !own.includes(list));
  const rules = readPublishedRules(join(home, 'etc/rules'));
  // Those of a worker come from the master, whose configuration may look up more.
  if (toNode(conf) === 'worker')
    return { wanted: [...own, ...others.filter((list) => rules.readsList({ list }))], off: [] };
  const declared = others.filter((list) => conf.lists.includes(`etc/lists/${list}`));
  return { wanted: own, off: declared.filter((list) => rules.readsList({ list })) };
}

function editConf(machine: Machine, config: Config, text: string, { wanted, off }: Lists): string {
  const kept = readJournal(machine)?.keptParts ?? findOurParts(readOssecConf(text));
  const parts = {
    lists: wanted,
    localfile: toLocalfile(text, machine),
    kept: [...kept, ...off.map((list) => `etc/lists/${list}`)],
    withoutKey: config.opencti.token !== null,
    withoutRetired: !hasRetiredRules(machine),
  };
  return addOurParts(text, parts, join(machine.home, 'etc/ossec.conf'));
}

interface Edited {
  readonly text: string;
  readonly edited: string;
  readonly detection: readonly Change[];
}

/** How the engine loads the changes. */
function findNeeds(
  machine: Machine,
  { text, edited, detection }: Edited,
): Pick<InstallPlan, 'needsRestart' | 'needsReload'> {
  const isEdited = edited !== text;
  const hasHotReload = readVersion(machine.home)?.hasHotReload ?? false;
  const needsRestart = isEdited && !(hasHotReload && hasSameBlocks(text, edited));
  const isNew = isEdited || findNeeded(machine, detection).length > 0;
  return { needsRestart, needsReload: hasHotReload && !needsRestart && isNew };
}

/**
 * Checks the rules of the site: a child of one of the documented rules loses its parent when ours replaces it, since
 * ours load last.
 * @throws KnownError (exit code 2) that names the rule.
 */
function insistOnParents(site: readonly SiteRule[], { taken }: OldInstallation, { rules }: Config): void {
  const problem = findEarlyChild(
    site.filter((rule) => !taken.includes(rule)),
    rules.blocks,
  );
  if (problem !== null) throw new KnownError(`nothing was changed: ${problem}`, { exitCode: 2 });
}

/**
 * Returns the folder for the state of the integration, which cannot create it: it runs as the manager's user, and `var`
 * belongs to root (Wazuh 4.2.0 to 4.14.7).
 */
function toStateChange({ home, manager }: Machine): Change {
  const path = join(home, 'var/opencti-wazuh/run');
  return { path, to: { kind: 'folder', mode: 0o700, owner: manager }, why: 'what the integration keeps' };
}

/**
 * Returns the log. A log that the integration cannot write, such as one that root began, is put aside with its owner,
 * so the same users may read it.
 */
function toLogChanges(machine: Machine): Change[] {
  const path = join(machine.home, 'logs/opencti-wazuh.log');
  const log = readEntry(machine, path);
  if (log.kind !== 'file' || log.owner.uid === machine.manager.uid) return [];
  return [
    { path: `${path}.old`, to: log, why: `a log that ${machine.user} cannot write, put aside` },
    { path, to: absent, why: '' },
  ];
}

type FileEntry = Extract<Entry, { kind: 'file' }>;

export function readConf(machine: Machine, path: string): FileEntry {
  const entry = readEntry(machine, path);
  if (entry.kind === 'file') return entry;
  if (entry.kind === 'link')
    throw new KnownError(
      `${path} is a symbolic link to ${entry.target}, and none is followed: put the file itself there`,
      { exitCode: 2 },
    );
  throw new KnownError(`${path} is not there: is ${machine.home} a Wazuh manager?`, { exitCode: 2 });
}

function findOld(
  machine: Machine,
  text: string,
  site: readonly SiteRule[],
  { rules }: Config,
): OldInstallation {
  const conf = readOssecConf(text);
  return {
    blocks: findOldIntegrations(conf).map((block) => ({ block, line: conf.lineOf(block.element) })),
    scripts: findOldScripts(machine),
    taken: findTakenIds(site, rules.blocks),
  };
}

function withOldAccess({ config, environment }: InstallOptions, old: OldInstallation): Config {
  const { opencti } = config;
  const access = readOldAccess(old);
  const url = opencti.url ?? access.url;
  const environmentProxy = url === null ? null : findEnvironmentProxy(url, environment);
  return { ...config, opencti: { ...opencti, url, token: opencti.token ?? access.token, environmentProxy } };
}

/**
 * Returns the block for the age of the lists; none on a worker, where no refresh runs, so the lists would be stale
 * every hour. The home is part of the command: the daemons pass on the environment that they were started with, which
 * may be that of another manager.
 */
function toLocalfile(conf: string, { home }: Machine): string[] {
  if (toNode(readOssecConf(conf)) === 'worker') return [];
  const lines = renderTemplate('ossec.conf.localfile', { home: quote(home), command: toCommand() })
    .trimEnd()
    .split('\n');
  return lines.map((line) => line.slice(2));
}

/** What is done beside writing files, as far as a removal has to know it. */
interface Deeds {
  readonly adoption: Adoption;
  readonly installed: SwitchedConfig;
}

/** Returns the journal of this installation, together with the changes of an earlier one. */
function toJournal(
  machine: Machine,
  changes: readonly Change[],
  { adoption: { aside }, installed }: Deeds,
  conf: string,
): InstallJournal {
  const earlier = readJournal(machine) ?? emptyJournal;
  const created = changes
    .filter(({ path, to }) => to.kind !== 'absent' && readEntry(machine, path).kind === 'absent')
    .map(({ path }) => path);
  const config = changes.find(({ path }) => path === toConfigPath(machine));
  const sha256 = config ? hashEntry(config.to) : null;
  const isOfSite = isConfigOfSite(machine, installed, sha256);
  return {
    created: [...new Set([...earlier.created, ...created])],
    configSha256: (isOfSite ? null : sha256) ?? earlier.configSha256,
    accessSha256: { ...earlier.accessSha256, ...hashAccess(machine, changes) },
    keptParts: readJournal(machine)?.keptParts ?? findOurParts(readOssecConf(conf)),
    aside: [...earlier.aside, ...aside],
    switchedOn: [...new Set([...earlier.switchedOn, ...installed.switchedOn])],
    switchedSha256: (isOfSite ? sha256 : null) ?? earlier.switchedSha256,
  };
}

/**
 * Are sources switched on in a configuration that a person wrote or has changed? An installation that was killed may have
 * noted what it was about to write.
 * @param sha256 of what is written.
 */
function isConfigOfSite(machine: Machine, { edited }: SwitchedConfig, sha256: string | null): boolean {
  if (edited === null || isUnedited(machine, toConfigPath(machine))) return false;
  return readJournal(machine)?.configSha256 !== sha256;
}

/** Returns the hashes of token and CA as they are written now. */
function hashAccess(machine: Machine, changes: readonly Change[]): Record<string, string> {
  const paths = toAccessPaths(machine);
  const hashes = changes
    .filter(({ path }) => paths.includes(path))
    .flatMap(({ path, to }) => {
      const hash = hashEntry(to);
      return hash === null ? [] : [[path, hash] as const];
    });
  return Object.fromEntries(hashes);
}

/** Returns the first changes, which allow a later run to undo an installation that is killed; none when nothing changes. */
function toBackupChanges(
  machine: Machine,
  changes: readonly Change[],
  deeds: Deeds,
  conf: FileEntry,
): Change[] {
  if (changes.length === 0) return [];
  const journal = toJournal(machine, changes, deeds, conf.bytes.toString('latin1'));
  const backup = {
    path: join(toBackupFolder(machine), 'ossec.conf'),
    to: conf,
    why: 'a copy of what was there',
  };
  const isEdited = changes.some(({ from }) => from === conf);
  return [
    ...findNeeded(machine, toJournalChanges(machine, journal, deeds.adoption)),
    ...(isEdited ? [backup] : []),
    ...toKeptConfig(machine, journal, deeds.installed),
  ];
}

/** A configuration of the site, unless it is there as an earlier installation left it: then the copy is of before that. */
function toKeptConfig(
  machine: Machine,
  { switchedSha256 }: InstallJournal,
  { edited, changes }: SwitchedConfig,
): Change[] {
  const earlier = readJournal(machine)?.switchedSha256 ?? null;
  const config = changes.find(({ path }) => path === toConfigPath(machine));
  const isOfSite = config !== undefined && hashEntry(config.to) === switchedSha256;
  if (edited === null || !isOfSite || hashEntry(edited) === earlier) return [];
  return [{ path: toKeptConfigPath(machine), to: edited, why: 'a copy of what was there' }];
}

function toJournalChanges(machine: Machine, journal: InstallJournal, { aside }: Adoption): Change[] {
  const folder = toBackupFolder(machine);
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const isMissing = (path: string) => readEntry(machine, path).kind === 'absent';
  const base = join(machine.home, 'backup');
  // A folder of ours that was created and not yet closed to other users is no folder of the site.
  const paths = [
    ...(isMissing(base) ? [base] : []),
    folder,
    ...(aside.length > 0 ? [join(folder, 'aside')] : []),
  ];
  const folders = paths.map(
    (path): Change => ({ path, to: { kind: 'folder', mode: 0o700, owner }, why: '' }),
  );
  const created = [...paths.filter(isMissing), ...journal.created];
  const bytes = formatJournal({ ...journal, created });
  const to: Entry = { kind: 'file', bytes, mode: 0o600, owner };
  return [...folders, { path: toJournalPath(machine), to, why: 'what uninstall will take out' }];
}
