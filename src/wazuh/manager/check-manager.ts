import { KnownError } from '../../errors.ts';
import { findLeftOut } from '../effective-ruleset.ts';
import { eventFields } from '../event-fields.ts';
import { openOssecConf, toConfPath } from '../ossec-conf/open-ossec-conf.ts';
import { effectiveRuleset, type OssecConf } from '../ossec-conf/read-ossec-conf.ts';
import { ownFolders } from '../own-files.ts';

/** A manager alone, or the part that it has in a cluster. */
export type ManagerNode = 'single' | 'master' | 'worker';

/**
 * Can a refresh of this manager have an effect? Its `ossec.conf` has to declare each list and name the folders.
 * @throws KnownError, exit code 2.
 */
export function checkManager(home: string): ManagerNode {
  const file = toConfPath(home);
  const conf = openOssecConf(home);
  const fail = (problem: string) => {
    throw new KnownError(`${file}${problem}: nothing was changed`, { exitCode: 2 });
  };
  if (conf.fault) fail(`:${conf.fault.line}: the engine cannot read it: ${conf.fault.message}`);
  const node = toNode(conf);
  if (node === 'worker')
    fail(
      ' makes this manager a worker of a cluster, which takes its lists from the master: run it on the master',
    );
  const problem = findProblem(conf);
  if (problem !== null)
    fail(` ${problem}; run "opencti-wazuh install", or put the lines of rules/ossec.conf.snippet there`);
  // The engine would take every change, and match nothing.
  const [left] = findLeftOut(home, conf);
  if (left) fail(` leaves out ${left.path}: ${left.why}; ${left.next}`);
  return node;
}

/** A `<cluster>` block that does not say `disabled` is in force, and its node a master (Wazuh 4.14.7). */
export function toNode({ roots, optionOf }: OssecConf): ManagerNode {
  const hasCluster = roots.some(({ children }) => children.some(({ name }) => name === 'cluster'));
  if (!hasCluster || optionOf('cluster', 'disabled')?.trim() === 'yes') return 'single';
  return optionOf('cluster', 'node_type')?.trim() === 'worker' ? 'worker' : 'master';
}

function findProblem({ lists, rulesets }: OssecConf): string | null {
  const missing = eventFields.map(({ list }) => `etc/lists/${list}`).filter((list) => !lists.includes(list));
  if (missing.length > 0) {
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
    const of =
      rulesets.length > 1
        ? `the last of its ${rulesets.length} <ruleset> blocks, the one that counts,`
        : 'its <ruleset> block';
    return `does not declare <list>${missing[0]}</list>${more}: ${of} has to`;
  }
  const folders = effectiveRuleset(rulesets)?.children ?? [];
  const isNamed = (option: string, folder: string) =>
    folders.some(({ name, text }) => name === option && text === `etc/${folder}`);
  const [, rules, decoders] = ownFolders;
  if (!isNamed('rule_dir', rules)) return 'has no <rule_dir>etc/rules</rule_dir>';
  return isNamed('decoder_dir', decoders) ? null : 'has no <decoder_dir>etc/decoders</decoder_dir>';
}
