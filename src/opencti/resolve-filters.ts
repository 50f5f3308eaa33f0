import type { ObjectFilterConfig, SelectConfig } from '../config/schema.ts';
import { KnownError } from '../errors.ts';
import type { ObjectFilter, ObjectFilters } from '../observable/object-filter.ts';
import type { Trust } from '../observable/trust.ts';
import type { FindNames, FoundNames, Kind, NamedObject } from './names.ts';
import { findAboveCeiling } from './tlp.ts';

/** A name that no label, marking or author of the platform has. */
class UnknownNameError extends KnownError {
  constructor(problems: readonly string[]) {
    super(
      ['the filters name what OpenCTI does not have:', ...problems.map((line) => `  ${line}`)].join('\n'),
      {
        exitCode: 2,
      },
    );
  }
}

/** The section of the configuration -> how messages call it. */
const sections = {
  all: 'select',
  observables: 'select.observables',
  indicators: 'select.indicators',
  hash: 'select.hash',
  address: 'select.address',
  name: 'select.name',
} as const satisfies Record<keyof ObjectFilters, string>;

/** A name of a filter that has to be found. */
interface Wanted {
  readonly kind: Kind;
  readonly key: string;
  readonly name: string;
}

/**
 * Names to internal ids, which is all that OpenCTI compares, and ages to times; null: no filter asks for anything.
 * @param now milliseconds since the epoch.
 * @param note told what a person should know, though nothing is wrong.
 * @throws UnknownNameError for all names that are not there, with near ones: a filter that matches nothing without a
 * word would empty the lists
 */
export async function resolveFilters(
  findNames: FindNames,
  configs: SelectConfig['filters'],
  now: number,
  note: (text: string) => void,
): Promise<ObjectFilters | null> {
  if (!Object.values(configs).some(asksForSomething)) return null;
  const wanted = Object.entries(sections).flatMap(([section, path]) =>
    listWanted(configs[section as keyof ObjectFilters], path),
  );
  const found = await findWanted(findNames, wanted);
  const unknown = findUnknownTlp(configs, found);
  if (unknown.length > 0) {
    const names = unknown
      .map(({ name }) => JSON.stringify(name))
      .sort()
      .join(', ');
    note(`no version of TLP has ${names}: objects with it are above every tlp_max`);
  }
  const toFilter = (config: ObjectFilterConfig) => toObjectFilter(config, found, now);
  return {
    all: toFilter(configs.all),
    observables: toFilter(configs.observables),
    indicators: toFilter(configs.indicators),
    hash: toFilter(configs.hash),
    address: toFilter(configs.address),
    name: toFilter(configs.name),
  };
}

/**
 * The ranks of `select.trust` with the internal ids of their authors.
 * @throws UnknownNameError for authors that are not there: a rank that nobody belongs to would protect nothing
 */
export async function resolveTrust(findNames: FindNames, ranks: SelectConfig['trust']): Promise<Trust> {
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
  if (problems.length > 0) throw new UnknownNameError(problems);
  return found;
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
