import type { SelectionOptions } from '../compile/select.ts';
import type { Config, ObjectFilterConfig, SelectConfig } from '../config/schema.ts';
import { ConfigError, codeOf, KnownError } from '../errors.ts';
import { readText } from '../files/read-text.ts';
import type { OpenCtiClient } from '../opencti/client.ts';
import {
  type FindNames,
  type FoundNames,
  fetchNames,
  findAboveCeiling,
  type Kind,
  type NamedObject,
} from '../opencti/names.ts';
import { bySubject, type ObjectFilter, type ObjectFilters, type Trust } from '../values/kinds.ts';
import { type BuiltInEntry, toBuiltIn } from '../values/list-names.ts';
import {
  createValueIndex,
  type ListedLine,
  type PassedOver,
  parseAllowFile,
  parseListedValue,
  parseWarningList,
  type ValueIndex,
} from '../values/value-lists.ts';
import { canaryValues } from '../wazuh/canaries.ts';
import { findOwnHosts } from './own-hosts.ts';

/** The options that decide about values: the configuration, with names resolved and files read. */
export interface ResolvedSelection extends SelectionOptions {
  readonly filters: ObjectFilters | null;
  readonly lists: ValueIndex;
  /** The entries of the warning lists that are not used. */
  readonly passedOver: readonly PassedOver[];
}

/**
 * Returns the options for all commands that decide about values, so that `explain` reports what `refresh` does.
 * @param note is called with a text that a person should know, though nothing is wrong.
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

/** Returns the same options, and asks neither OpenCTI nor a resolver. */
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

async function resolve(means: Means, { select, gates, opencti }: Config): Promise<ResolvedSelection> {
  const { findNames, note } = means;
  const now = means.now.getTime();
  const { index: lists, passedOver } = await readLists({ select, opencti }, means);
  return {
    minScore: select.minScore,
    minScores: select.minScores,
    kinds: select.kinds,
    networks: gates.cidr ? { maxAddresses: select.cidrMaxAddresses } : null,
    withIndicator: select.observables.when === 'with_indicator',
    detection: select.indicators.detection,
    minConfidence: select.indicators.minConfidence,
    grace: select.indicators.grace,
    now,
    filters: await resolveFilters(findNames, select.filters, now, note),
    trust: await resolveTrust(findNames, select.trust),
    lists,
    passedOver,
  };
}

/** Reads the lists. @throws ConfigError for a list that cannot be used */
async function readLists(
  { select, opencti }: Pick<Config, 'select' | 'opencti'>,
  { isOffline, note }: Means,
): Promise<ValueLists> {
  const isAsked = select.warningLists.builtIn.includes('own-hosts');
  const { hosts, problem } = await findOwnHosts(isAsked ? opencti.url : null, isOffline);
  if (problem !== null && !isOffline) note(`warning list own-hosts: ${problem}`);
  return readValueLists(select, { hosts, selftest: canaryValues });
}

export interface ValueLists {
  readonly index: ValueIndex;
  /** The unused entries of each warning list that has such entries. */
  readonly passedOver: readonly PassedOver[];
}

export interface OwnValues {
  /** The names and addresses of the site's OpenCTI and of this machine. */
  readonly hosts: readonly BuiltInEntry[];
  /**
   * The values that the selftest sends: they are skipped with any configuration, since a list has each of its keys
   * once.
   */
  readonly selftest: readonly string[];
}

/**
 * Reads the allow files and warning lists as they are now. Allow files are first, so that the entry of the site is the
 * one that explains.
 * @throws ConfigError naming the file that cannot be read or used
 */
export function readValueLists(
  { allowFiles, warningLists }: Pick<SelectConfig, 'allowFiles' | 'warningLists'>,
  own: OwnValues,
): ValueLists {
  const allowed = allowFiles.flatMap((file) => parseAllowFile(readList(file, 'select.allow_files'), file));
  const warnings = warningLists.files.map((file) =>
    parseWarningList(readList(file, 'select.warning_lists.files'), file),
  );
  const builtIn = warningLists.builtIn.flatMap((list) => toBuiltIn(list, own.hosts).flatMap(toLine(list)));
  const selftest = own.selftest.map((text) => ({ text })).flatMap(toLine('selftest'));
  return {
    index: createValueIndex([...allowed, ...warnings.flatMap(({ lines }) => lines), ...builtIn, ...selftest]),
    passedOver: warnings
      .map(({ passedOver }) => passedOver)
      .filter(({ noValue, tooWide }) => noValue > 0 || tooWide.length > 0),
  };
}

function toLine(list: string): (entry: BuiltInEntry) => ListedLine[] {
  return ({ text, note }) => {
    const meaning = parseListedValue(text);
    return meaning === null
      ? []
      : [{ list, isAllowFile: false, line: null, ...(note !== undefined && { note }), meaning }];
  };
}

function readList(file: string, key: string): string {
  try {
    return readText(file);
  } catch (error) {
    const cause = codeOf(error);
    throw new ConfigError(file, [`the file of ${key} cannot be read (${cause})`]);
  }
}

/** The sections of the configuration, as messages name them. */
const sections = {
  all: 'select',
  observables: 'select.observables',
  indicators: 'select.indicators',
  ...bySubject((subject) => `select.${subject}`),
} satisfies Record<keyof ObjectFilters, string>;
const sectionNames = Object.keys(sections) as (keyof ObjectFilters)[];

/** A name of a filter that has to be found. */
interface Wanted {
  readonly kind: Kind;
  readonly key: string;
  readonly name: string;
}

/**
 * Resolves names to internal ids, since OpenCTI compares nothing else, and ages to times; null: no filter is set.
 * @param now milliseconds since the epoch.
 * @param note is called with a text that a person should know, though nothing is wrong.
 * @throws KnownError for all names that do not exist, with similar ones: a filter that silently matches nothing would
 * empty the lists
 */
async function resolveFilters(
  findNames: FindNames,
  configs: SelectConfig['filters'],
  now: number,
  note: (text: string) => void,
): Promise<ObjectFilters | null> {
  if (!Object.values(configs).some(asksForSomething)) return null;
  const wanted = sectionNames.flatMap((section) => listWanted(configs[section], sections[section]));
  const found = await findWanted(findNames, wanted);
  const unknown = findUnknownTlp(configs, found);
  if (unknown.length > 0) {
    const names = unknown
      .map(({ name }) => JSON.stringify(name))
      .sort()
      .join(', ');
    note(`no version of TLP has ${names}: objects with it are above every tlp_max`);
  }
  return Object.fromEntries(
    sectionNames.map((section) => [section, toObjectFilter(configs[section], found, now)] as const),
  ) as Record<keyof ObjectFilters, ObjectFilter>;
}

/**
 * Returns the ranks of `select.trust` with the internal ids of their authors.
 * @throws KnownError for authors that do not exist: a rank without any author would protect nothing
 */
async function resolveTrust(findNames: FindNames, ranks: SelectConfig['trust']): Promise<Trust> {
  const wanted = ranks.flatMap((rank, index) =>
    'authors' in rank
      ? rank.authors.map((name): Wanted => ({ kind: 'author', key: `select.trust.${index}.authors`, name }))
      : [],
  );
  if (wanted.length === 0) return ranks.filter((rank) => 'confidence' in rank);
  const { author } = await findWanted(findNames, wanted);
  return ranks.map((rank) =>
    'authors' in rank
      ? { authors: new Set(rank.authors.flatMap((name) => author.byName(name)).map(({ id }) => id)) }
      : rank,
  );
}

async function findWanted(findNames: FindNames, wanted: readonly Wanted[]): Promise<Found> {
  const found = {
    label: await findNames('label', namesOf(wanted, 'label')),
    marking: await findNames('marking', namesOf(wanted, 'marking')),
    author: await findNames('author', namesOf(wanted, 'author')),
  };
  const missing = wanted.filter(({ kind, name }) => found[kind].byName(name).length === 0);
  const problems = await Promise.all(
    missing.map(
      async ({ kind, key, name }) =>
        `${key}: no ${kind} is called ${JSON.stringify(name)}${await found[kind].near(name)}`,
    ),
  );
  if (problems.length > 0) throw toUnknownNameError(problems);
  return found;
}

/** Returns the error for names that no label, marking or author of the platform has. */
function toUnknownNameError(problems: readonly string[]): KnownError {
  const lines = ['the filters name what OpenCTI does not have:', ...problems.map((line) => `  ${line}`)];
  return new KnownError(lines.join('\n'), { exitCode: 2 });
}

function findUnknownTlp(configs: SelectConfig['filters'], { marking }: Found): readonly NamedObject[] {
  const ceiling = Object.values(configs).find(({ tlpMax }) => tlpMax !== null)?.tlpMax ?? null;
  return ceiling === null ? [] : findAboveCeiling(marking.all, ceiling).unknown;
}

function asksForSomething(config: ObjectFilterConfig): boolean {
  return Object.values(config).some((demand) =>
    Array.isArray(demand) ? demand.length > 0 : demand !== null,
  );
}

type Found = Record<Kind, FoundNames>;

function listWanted(config: ObjectFilterConfig, path: string): Wanted[] {
  const of = (kind: Kind, key: string, names: readonly string[]) =>
    names.map((name) => ({ kind, key: `${path}.${key}`, name }));
  return [
    ...of('label', 'labels.any', config.labelsAny),
    ...of('label', 'labels.none', config.labelsNone),
    ...of('author', 'authors.in', config.authorsIn),
    ...of('author', 'authors.out', config.authorsOut),
    ...of('marking', 'markings.any', config.markingsAny),
    ...of('marking', 'markings.none', config.markingsNone),
    ...of('marking', 'markings.tlp_max', config.tlpMax === null ? [] : [config.tlpMax]),
  ];
}

function namesOf(wanted: readonly Wanted[], kind: Kind): string[] {
  return [...new Set(wanted.filter((each) => each.kind === kind).map(({ name }) => name))];
}

function toObjectFilter(config: ObjectFilterConfig, found: Found, now: number): ObjectFilter {
  const ids = (kind: Kind, names: readonly string[], more: readonly NamedObject[] = []) => {
    const objects = [...names.flatMap((name) => found[kind].byName(name)), ...more];
    return objects.length === 0 ? null : new Set(objects.map(({ id }) => id));
  };
  const tooHigh = config.tlpMax === null ? [] : findAboveCeiling(found.marking.all, config.tlpMax).markings;
  return {
    labelsAny: ids('label', config.labelsAny),
    labelsNone: ids('label', config.labelsNone),
    authorsIn: ids('author', config.authorsIn),
    authorsOut: ids('author', config.authorsOut),
    markingsAny: ids('marking', config.markingsAny),
    markingsNone: ids('marking', config.markingsNone, tooHigh),
    createdAfter: config.createdWithin === null ? null : now - config.createdWithin,
    updatedAfter: config.updatedWithin === null ? null : now - config.updatedWithin,
  };
}
