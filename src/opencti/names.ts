import { distance } from 'fastest-levenshtein';
import * as v from 'valibot';
import type { OpenCtiClient } from './client.ts';
import { toMarkingKey, toTlpNames } from './tlp.ts';

export interface NamedObject {
  readonly id: string;
  readonly name: string;
  /** Of a marking: its definition type, such as `TLP`. */
  readonly type?: string;
}

/** What filters name, where OpenCTI lists it, and which field has the name. */
export const namedKinds = {
  label: { root: 'labels', field: 'value', fields: 'value', toKey: toPlainKey },
  marking: {
    root: 'markingDefinitions',
    field: 'definition',
    fields: 'definition definition_type',
    toKey: toMarkingKey,
  },
  author: { root: 'identities', field: 'name', fields: 'name', toKey: toPlainKey },
} as const;

function toPlainKey(name: string): string {
  return name.trim().toLowerCase();
}

export type Kind = keyof typeof namedKinds;

export interface FoundNames {
  /** Every object of that name, the case of letters and blanks at the ends aside: an organization and a person may share one. */
  byName(name: string): readonly NamedObject[];
  readonly all: readonly NamedObject[];
  /** `; did you mean ...?`, or nothing. */
  near(name: string): string;
}

/** Of the platform's own names, how many are read to find a near one; a platform has as many in a page. */
const mostNames = 5_000;
const shownNames = 3;

/** Two root fields: what was asked for, and what there is. */
export function renderNamesQuery(kind: Kind): string {
  const { root, field, fields } = namedKinds[kind];
  return `query Names($filters: FilterGroup, $most: Int) {
  asked: ${root}(first: $most, filters: $filters) { edges { node { id ${fields} } } }
  all: ${root}(first: $most, orderBy: ${field}, orderMode: asc) { edges { node { id ${fields} } } }
}`;
}

/** Where names are looked for: the platform, or what is known of it. */
export type FindNames = (kind: Kind, names: readonly string[]) => Promise<FoundNames>;

/** Nothing is asked where nothing is wanted. @throws OpenCtiError */
export async function fetchNames(
  client: OpenCtiClient,
  kind: Kind,
  names: readonly string[],
): Promise<FoundNames> {
  if (names.length === 0) return { byName: () => [], all: [], near: () => '' };
  const { field, toKey } = namedKinds[kind];
  const spelled = names.flatMap(toTlpNames);
  const filters = {
    mode: 'and',
    filters: [{ key: [field], values: spelled, operator: 'eq', mode: 'or' }],
    filterGroups: [],
  };
  const { data } = await client.request(renderNamesQuery(kind), { filters, most: mostNames }, answerSchema);
  const [asked, all] = [toNamed(data.asked, field), toNamed(data.all, field)];
  const byId = new Map([...asked, ...all].map((object) => [object.id, object]));
  return {
    byName: (name) => [...byId.values()].filter((object) => toKey(object.name) === toKey(name)),
    all,
    near: (name) => formatNear(name, all),
  };
}

const listSchema = v.object({
  edges: v.array(v.nullish(v.object({ node: v.looseObject({ id: v.string() }) }))),
});
const answerSchema = v.object({ asked: listSchema, all: listSchema });

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
