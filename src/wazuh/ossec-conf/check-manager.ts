import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KnownError } from '../../errors.ts';
import { packageRoot } from '../../text.ts';
import { listNames } from '../fields.ts';
import { ownFolders } from '../ours.ts';
import { effectiveRuleset, type OssecConf, openOssecConf, toConfPath } from './read.ts';
import { findLeftOut, isFolder } from './ruleset-files.ts';

/** The role of a manager: alone, or a node of a cluster. */
export type ManagerNode = 'single' | 'master' | 'worker';

/** The reason why a refresh would have no effect. */
export interface ManagerProblem {
  /** The sentence continues after the path of `ossec.conf`. */
  readonly problem: string;
  readonly next: string;
}

/**
 * Checks that a refresh of this manager can have an effect: its `ossec.conf` has to declare the lists and to name the
 * folders.
 * @returns the role of the manager.
 * @throws KnownError, exit code 2.
 */
export function checkManager(home: string): ManagerNode {
  const conf = openOssecConf(home);
  const node = toNode(conf);
  const isWorker = conf.fault === null && node === 'worker';
  const found = isWorker ? onWorker : (findManagerProblem(home, conf) ?? findUnloaded(home, conf));
  if (found !== null) throw toManagerError(home, found);
  return node;
}

function toManagerError(home: string, { problem, next }: ManagerProblem): KnownError {
  return new KnownError(`${toConfPath(home)}${problem}; ${next}: nothing was changed`, { exitCode: 2 });
}

const onWorker: ManagerProblem = {
  problem: ' makes this manager a worker of a cluster, which takes its lists from the master',
  next: 'run it on the master',
};

function findFault({ fault }: OssecConf): ManagerProblem | null {
  if (fault === null) return null;
  return { problem: `:${fault.line}: the engine cannot read it: ${fault.message}`, next: 'correct it first' };
}

/**
 * Returns the role of a manager. A `<cluster>` block without `disabled` is in force, and its node is then a master
 * (Wazuh 4.14.7).
 */
export function toNode({ roots, optionOf }: OssecConf): ManagerNode {
  const hasCluster = roots.some(({ children }) => children.some(({ name }) => name === 'cluster'));
  if (!hasCluster || optionOf('cluster', 'disabled')?.trim() === 'yes') return 'single';
  return optionOf('cluster', 'node_type')?.trim() === 'worker' ? 'worker' : 'master';
}

/** Returns the first problem: a file that the engine cannot read, no declared list, or a folder that is not named. */
export function findManagerProblem(home: string, conf: OssecConf): ManagerProblem | null {
  return findFault(conf) ?? findListProblem(conf) ?? findFolderProblem(home, conf);
}

/** Returns the first file of ours that the engine does not load: it would take every change, and match nothing. */
function findUnloaded(home: string, conf: OssecConf): ManagerProblem | null {
  const [left] = findLeftOut(home, conf);
  return left ? { problem: ` leaves out ${left.path}: ${left.why}`, next: left.next } : null;
}

/**
 * When no list is declared, nothing is installed. When only some are missing, a refresh leaves out the rules that read
 * them (`findUndeclared`).
 */
function findListProblem(conf: OssecConf): ManagerProblem | null {
  const missing = findUndeclared(conf, listNames);
  if (missing.length < listNames.length) return null;
  const of =
    conf.rulesets.length > 1
      ? `the last of its ${conf.rulesets.length} <ruleset> blocks, the one that counts,`
      : 'its <ruleset> block';
  return {
    problem: ` declares none of our lists, such as <list>etc/lists/${missing[0]}</list>: ${of} has to`,
    next: toDeclareStep(),
  };
}

/** Returns what to do about a list that is not declared. */
export function toDeclareStep(): string {
  return `run "opencti-wazuh install", or put the lines of ${join(packageRoot(), 'rules/ossec.conf.snippet')} there`;
}

/** Of the wanted lists those that `ossec.conf` lacks, by their names: the engine drops each rule that reads one of them. */
export function findUndeclared({ lists }: Pick<OssecConf, 'lists'>, wanted: readonly string[]): string[] {
  return wanted.filter((list) => !lists.includes(`etc/lists/${list}`));
}

/**
 * Returns the folder of rules or decoders that is not named. `install` adds no folder: with it the engine would also
 * load other files of the site.
 */
export function findFolderProblem(home: string, { rulesets, lineOf }: OssecConf): ManagerProblem | null {
  const elements = effectiveRuleset(rulesets)?.children ?? [];
  const [, rules, decoders] = ownFolders;
  const wanted = [
    ['rule_dir', `etc/${rules}`],
    ['decoder_dir', `etc/${decoders}`],
  ] as const;
  const missing = wanted.find(
    ([option, folder]) => !elements.some((element) => element.name === option && isFolder(element, folder)),
  );
  if (missing === undefined) return null;
  const [option, folder] = missing;
  const line = `<${option}>${folder}</${option}>`;
  const block = rulesets.length > 1 ? 'its last <ruleset> block' : 'its <ruleset> block';
  const next = `write ${line} into ${block}, then restart the manager`;
  const lost = elements.find(({ name, text }) => name === option && !existsSync(join(home, text)));
  if (lost === undefined) return { problem: ` has no ${line}`, next };
  const names = `line ${lineOf(lost)} names ${lost.text}, a folder that is not there`;
  return { problem: ` has no ${line}, and ${names}`, next };
}
