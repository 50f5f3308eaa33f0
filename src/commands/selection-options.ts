import type { SelectionOptions } from '../compile/selection.ts';
import type { Config } from '../config/schema.ts';
import type { ObjectFilters } from '../observable/object-filter.ts';
import type { OpenCtiClient } from '../opencti/client.ts';
import { type FindNames, fetchNames } from '../opencti/names.ts';
import { resolveFilters, resolveTrust } from '../opencti/resolve-filters.ts';
import { findOwnHosts } from '../value-lists/own-hosts.ts';
import type { PassedOver } from '../value-lists/parse-warning-list.ts';
import { readValueLists, type ValueLists } from '../value-lists/read-value-lists.ts';
import type { ValueIndex } from '../value-lists/value-index.ts';
import { canaryValues } from '../wazuh/canaries.ts';

/** What decides: the configuration, with names resolved and files read. */
export interface ResolvedSelection extends SelectionOptions {
  readonly filters: ObjectFilters | null;
  readonly lists: ValueIndex;
  /** What of the warning lists is not used. */
  readonly passedOver: readonly PassedOver[];
}

/** @param isOffline asks no resolver. @throws KnownError (exit code 2) for a list that cannot be used */
async function readLists(
  { select, opencti }: Pick<Config, 'select' | 'opencti'>,
  isOffline: boolean,
  note: (text: string) => void,
): Promise<ValueLists> {
  const isAsked = select.warningLists.builtIn.includes('own-hosts');
  const { hosts, problem } = await findOwnHosts(isAsked ? opencti.url : null, isOffline);
  if (problem !== null && !isOffline) note(`warning list own-hosts: ${problem}`);
  return readValueLists(select, { hosts, selftest: canaryValues });
}

/**
 * One way for everything that decides, so that `explain` tells what `refresh` does.
 * @param note told what a person should know, though nothing is wrong.
 * @throws KnownError (exit code 2) for a name that OpenCTI does not have, or a list that cannot be used
 */
export function toSelectionOptions(
  client: OpenCtiClient,
  config: Config,
  now: Date,
  note: (text: string) => void,
): Promise<ResolvedSelection> {
  const findNames: FindNames = (kind, names) => fetchNames(client, kind, names);
  return resolve({ findNames, isOffline: false, now, note }, config);
}

/** The same without asking anybody. */
export function toOfflineOptions(
  findNames: FindNames,
  config: Config,
  now: Date,
  note: (text: string) => void,
): Promise<ResolvedSelection> {
  return resolve({ findNames, isOffline: true, now, note }, config);
}

interface Means {
  readonly findNames: FindNames;
  readonly isOffline: boolean;
  readonly now: Date;
  readonly note: (text: string) => void;
}

async function resolve(
  { findNames, isOffline, now, note }: Means,
  { select, gates, opencti }: Config,
): Promise<ResolvedSelection> {
  const { index: lists, passedOver } = await readLists({ select, opencti }, isOffline, note);
  return {
    minScore: select.minScore,
    minScores: select.minScores,
    kinds: select.kinds,
    networks: gates.cidr ? { maxAddresses: select.cidrMaxAddresses } : null,
    withIndicator: select.observables.when === 'with_indicator',
    detection: select.indicators.detection,
    minConfidence: select.indicators.minConfidence,
    grace: select.indicators.grace,
    now: now.getTime(),
    filters: await resolveFilters(findNames, select.filters, now.getTime(), note),
    trust: await resolveTrust(findNames, select.trust),
    lists,
    passedOver,
  };
}
