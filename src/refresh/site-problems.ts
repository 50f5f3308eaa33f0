import type { Config } from '../config/config.ts';
import { findTakenIds, formatTakenIds, readSiteFiles } from '../install/site-rules.ts';

/** Why the engine would drop a rule of the site: it has an id of ours, and ours load first. Null: it would drop none. */
export function findSiteProblem(home: string, { rules }: Config): string | null {
  const site = readSiteFiles(home);
  const taken = findTakenIds(site, rules.blocks);
  return taken.length === 0 ? null : formatTakenIds(taken, site, rules.blocks);
}
