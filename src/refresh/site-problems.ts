import type { Config } from '../config/schema.ts';
import { findEarlyChildren, findTakenIds, formatTakenIds, readSiteFiles } from '../install/site-rules.ts';
import { rulesFile } from '../wazuh/rule-files.ts';

/**
 * Why the engine would drop a rule of the site: it has an id of ours, and ours load first; or it hangs below one of ours by
 * its id and loads before it. Null: it would drop none.
 */
export function findSiteProblem(home: string, { rules }: Config): string | null {
  const site = readSiteFiles(home);
  const taken = findTakenIds(site, rules.blocks);
  if (taken.length > 0) return formatTakenIds(taken, site, rules.blocks);
  const [early, ...more] = findEarlyChildren(site, rules.blocks);
  if (early === undefined) return null;
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  return (
    `rule ${early.id} (${early.file}:${early.line})${others} of this site hangs below rule ${early.parent} of ours and would ` +
    `load before it: move it into a file whose name sorts after ${rulesFile}, such as zzzzz-site.xml`
  );
}
