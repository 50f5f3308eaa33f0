import { distance } from 'fastest-levenshtein';
import * as v from 'valibot';
import { KnownError } from '../errors.ts';
import type { OpenCtiClient } from './client.ts';
import { toNameKey } from './types.ts';

/**
 * The markings of TLP 1.0 and 2.0; a higher number restricts sharing more. The orders of a platform are not used, since they
 * can be edited.
 */
const ranks: ReadonlyMap<string, number> = new Map([
  ['TLP:WHITE', 1],
  ['TLP:CLEAR', 1],
  ['TLP:GREEN', 2],
  ['TLP:AMBER', 3],
  ['TLP:AMBER+STRICT', 4],
  ['TLP:RED', 5],
]);

/** Returns `TLP:AMBER+STRICT` for `tlp: amber + strict`: names are written by people. */
const toPlainName = (name: string) => name.toUpperCase().replace(/\s+/g, '');

const rankOf = ({ name }: { readonly name: string }) => ranks.get(toPlainName(name));

/** Returns whether a marking looks like one of TLP, known or not. */
const isTlp = ({ name, type }: NamedObject) =>
  toPlainName(name).startsWith('TLP') || (type !== undefined && toPlainName(type) === 'TLP');

/** Returns the names of a marking: TLP 2.0 calls CLEAR what 1.0 called WHITE, and a platform has one of them. */
function toTlpNames(name: string): string[] {
  const plain = toPlainName(name);
  if (plain === 'TLP:WHITE') return [name, 'TLP:CLEAR'];
  return plain === 'TLP:CLEAR' ? [name, 'TLP:WHITE'] : [name];
}

/** Returns a text that is the same for all spellings of one marking. */
function toMarkingKey(name: string): string {
  const plain = toPlainName(name);
  if (plain === 'TLP:WHITE') return 'TLP:CLEAR';
  return plain.startsWith('TLP') ? plain : name.trim().toUpperCase();
}

export interface AboveCeiling {
  /** The markings of the platform above the ceiling; those of `unknown` are among them. */
  readonly markings: readonly NamedObject[];
  /** Markings that look like TLP and are in no version of it: how much they restrict sharing is not known. */
  readonly unknown: readonly NamedObject[];
}

/**
 * Returns the markings of the platform that an object below a ceiling must not have.
 * @throws KnownError when the ceiling is not a marking of TLP.
 */
export function findAboveCeiling(all: readonly NamedObject[], name: string): AboveCeiling {
  const highest = rankOf({ name });
  if (highest === undefined) {
    const legal = [...ranks.keys()].join(', ');
    throw new KnownError(
      `markings.tlp_max: ${JSON.stringify(name)} is not a marking of TLP; legal: ${legal}`,
      {
        exitCode: 2,
      },
    );
  }
  const unknown = all.filter((marking) => isTlp(marking) && rankOf(marking) === undefined);
  const above = all.filter((marking) => (rankOf(marking) ?? 0) > highest);
  return { markings: [...above, ...unknown], unknown };
}

export interface NamedObject {
  readonly id: string;
  readonly name: string;
  /** The definition type of a marking, such as `TLP`. */
  readonly type?: string;
}

/** The kinds of object that filters name, each with the root field that lists them and the field that has the name. */
export const namedKinds = {
  label: { root: 'labels', field: 'value', fields: 'value', toKey: toNameKey },
  marking: {
    root: 'markingDefinitions',
    field: 'definition',
    fields: 'definition definition_type',
    toKey: toMarkingKey,
  },
  author: { root: 'identities', field: 'name', fields: 'name', toKey: toNameKey },
} as const;

export type Kind = keyof typeof namedKinds;

export interface FoundNames {
  /**
   * Returns every object of that name, without regard to case and to blanks at the ends: an organization and a person may
   * have the same name.
   */
  byName(name: string): readonly NamedObject[];
  readonly all: readonly NamedObject[];
  /** Returns `; near ones: ...`, or that there are none. It may read further names from the platform. */
  near(name: string): Promise<string>;
}

/** Names in a page; a platform gives no more at once. */
const pageSize = 5_000;
/** Feeds may bring tens of thousands of labels; no more pages than these are read to find a near name. */
const mostPages = 40;
const shownNames = 3;

/** Returns a query with two root fields: the names that are searched, and the first page of all names. */
export function renderNamesQuery(kind: Kind): string {
  const { root, field, fields } = namedKinds[kind];
  return `query Names($filters: FilterGroup, $most: Int) {
  asked: ${root}(first: $most, filters: $filters) { edges { node { id ${fields} } } }
  all: ${root}(first: $most, orderBy: ${field}, orderMode: asc) { ${renderPage(fields)} }
}`;
}

/** Returns the query for the names after a cursor. */
export function renderMoreNamesQuery(kind: Kind): string {
  const { root, field, fields } = namedKinds[kind];
  return `query MoreNames($most: Int, $after: ID) {
  all: ${root}(first: $most, after: $after, orderBy: ${field}, orderMode: asc) { ${renderPage(fields)} }
}`;
}

const renderPage = (fields: string) => `pageInfo { endCursor } edges { node { id ${fields} } }`;

/** Finds names on the platform, or in what is known of it. */
export type FindNames = (kind: Kind, names: readonly string[]) => Promise<FoundNames>;

/** Fetches the objects of some names; without names it sends no request. @throws OpenCtiError */
export async function fetchNames(
  client: OpenCtiClient,
  kind: Kind,
  names: readonly string[],
): Promise<FoundNames> {
  if (names.length === 0) return { byName: () => [], all: [], near: async () => '' };
  const { field, toKey } = namedKinds[kind];
  const spelled = names.flatMap(toTlpNames);
  const filters = {
    mode: 'and',
    filters: [{ key: [field], values: spelled, operator: 'eq', mode: 'or' }],
    filterGroups: [],
  };
  const { data } = await client.request(renderNamesQuery(kind), { filters, most: pageSize }, answerSchema);
  const [asked, all] = [toNamed(data.asked, field), toNamed(data.all, field)];
  let rest: Promise<NamedObject[]> | undefined;
  const byId = new Map([...asked, ...all].map((object) => [object.id, object]));
  return {
    byName: (name) => [...byId.values()].filter((object) => toKey(object.name) === toKey(name)),
    all,
    async near(name) {
      rest ??= fetchMore(client, kind, data.all.pageInfo.endCursor);
      return formatNear(name, [...all, ...(await rest)]);
    },
  };
}

const listSchema = v.object({
  edges: v.array(v.nullish(v.object({ node: v.looseObject({ id: v.string() }) }))),
});
const pageSchema = v.object({
  ...listSchema.entries,
  pageInfo: v.object({ endCursor: v.nullish(v.string(), '') }),
});
const answerSchema = v.object({ asked: listSchema, all: pageSchema });
const moreSchema = v.object({ all: pageSchema });

async function fetchMore(client: OpenCtiClient, kind: Kind, cursor: string): Promise<NamedObject[]> {
  const more: NamedObject[] = [];
  let after = cursor;
  // `after: ""` would begin with the first page again.
  for (let page = 1; page < mostPages && after !== ''; page += 1) {
    const variables = { most: pageSize, after };
    const { data } = await client.request(renderMoreNamesQuery(kind), variables, moreSchema);
    more.push(...toNamed(data.all, namedKinds[kind].field));
    after = data.all.edges.length === 0 ? '' : data.all.pageInfo.endCursor;
  }
  return more;
}

function toNamed({ edges }: v.InferOutput<typeof listSchema>, field: string): NamedObject[] {
  return edges.flatMap((edge) => {
    const name = edge?.node[field];
    if (!edge || typeof name !== 'string') return [];
    const { id, definition_type: type } = edge.node;
    return [{ id, name, ...(typeof type === 'string' && { type }) }];
  });
}

function formatNear(name: string, all: readonly NamedObject[]): string {
  const wanted = name.toLowerCase();
  const near = [...new Set(all.map((object) => object.name))]
    .map((each) => ({ each, away: distance(wanted, each.toLowerCase()) }))
    .sort((a, b) => a.away - b.away || (a.each < b.each ? -1 : 1))
    .slice(0, shownNames);
  if (near.length === 0) return ', and OpenCTI has none at all that the token may see';
  return `; near ones: ${near.map(({ each }) => JSON.stringify(each)).join(', ')}`;
}
