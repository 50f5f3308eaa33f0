import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openOssecConf } from '../../../src/wazuh/ossec-conf/read.ts';
import { readEffectiveRuleset } from '../../../src/wazuh/ossec-conf/ruleset-files.ts';
import { loadRuleset } from '../../engine-model/load-ruleset.ts';
import { effectOf, formatProblem } from '../../engine-model/problem.ts';

/** What keeps the engine from starting with files as they lie in a home. */
export function findRefusals(home: string): string[] {
  const { rules, decoders, lists } = readEffectiveRuleset(home, openOssecConf(home));
  const there = lists.filter((path) => existsSync(join(home, path)));
  const { problems } = loadRuleset({ rules, decoders, lists: new Map(there.map((path) => [path, null])) });
  return problems.filter((problem) => effectOf(problem) === 'refused').map(formatProblem);
}

/**
 * The same for many states of one home: a state that the engine has been asked about is not loaded again. The engine reads
 * no more of a list than that it is there.
 * @returns a function whose argument tells the states apart; without it all that the engine reads does.
 */
export function createStartCheck(home: string): (key?: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (key = toKey(home)) => {
    const refusals = known.get(key) ?? findRefusals(home);
    known.set(key, refusals);
    return refusals;
  };
}

function toKey(home: string): string {
  const etc = join(home, 'etc');
  const read = (folder: string) =>
    readdirSync(join(etc, folder))
      .filter((name) => name.endsWith('.xml'))
      .map((name) => [folder, name, readFileSync(join(etc, folder, name), 'latin1')]);
  const conf = readFileSync(join(etc, 'ossec.conf'), 'latin1');
  return JSON.stringify([conf, readdirSync(join(etc, 'lists')), read('rules'), read('decoders')]);
}
