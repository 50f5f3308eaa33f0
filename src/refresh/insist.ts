import type { Config } from '../config/schema.ts';
import { KnownError } from '../errors.ts';
import { isRoot } from '../files/held.ts';
import { readVersion } from '../wazuh/manager/version.ts';
import { findSiteProblem, readSiteRules } from '../wazuh/site-rules.ts';
import type { Prepared } from './prepare.ts';

/** A refresh that lost rows, or most of a list, is more often a mistake than the truth. */
export function insistOnGuards({ objection }: Pick<Prepared, 'objection'>): void {
  if (objection !== null) throw new KnownError(objection);
}

/** What an engine without hot reload needs is root's alone: better told before a file is moved than behind it. */
export function insistOnRights(home: string): void {
  const version = readVersion(home);
  if (version === null || version.hasHotReload || isRoot()) return;
  throw new KnownError(
    `Wazuh ${version.text} has no hot reload, and root alone may check and restart it: nothing was changed; run it as root`,
    { exitCode: 2 },
  );
}

/** A rule of the site would be lost: nobody may force that. */
export function insistOnSite(home: string, config: Config): void {
  const problem = findSiteProblem(readSiteRules(home), config.rules.blocks);
  if (problem !== null) throw new KnownError(`nothing was changed: ${problem}`, { exitCode: 2 });
}
