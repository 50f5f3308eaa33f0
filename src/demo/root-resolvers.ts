import { ApiError } from './api-error.ts';
import { isVisible, type Platform, requireKnowledge, requireToken } from './context.ts';
import type { Collection } from './data/collection.ts';
import { graphqlTypes, type StoredObject } from './data/objects.ts';
import type { Order } from './data/order.ts';
import type { ResolverTable } from './field-resolvers.ts';
import { type FilterGroupInput, findNeededTexts, toPredicate } from './filters.ts';
import { type Connection, type PageRequest, readPage, toConnection } from './paging.ts';

export interface ListArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly orderBy?: string | null;
  readonly orderMode?: 'asc' | 'desc' | null;
  readonly filters?: FilterGroupInput | null;
  readonly search?: string | null;
  readonly types?: readonly (string | null)[] | null;
}

interface IdArgument {
  readonly id: string;
}

/** Rows of a page when `first` is not given. */
const defaultPageSize = 500;

export const rootResolvers: ResolverTable = {
  about: (_source, _args, context) => {
    if (context.platform.traits.guardsAbout) requireToken(context);
    return { version: context.platform.version };
  },
  me: (_source, _args, context) => {
    requireToken(context);
    return toUser(context.platform);
  },
  settings: (_source, _args, context) => {
    requireToken(context);
    if (context.platform.settingsRefused) throw new ApiError('FORBIDDEN_ACCESS');
    return toSettings(context.platform);
  },
  stixCyberObservables: (_source, args: ListArguments, context) => {
    requireKnowledge(context);
    return readTable(context.platform, 'observables', context.platform.data.observables, args);
  },
  stixCyberObservable: (_source, { id }: IdArgument, context) => {
    requireKnowledge(context);
    return readOne(context.platform, context.platform.data.observables, id);
  },
  indicators: (_source, args: ListArguments, context) => {
    requireKnowledge(context);
    return readTable(context.platform, 'indicators', context.platform.data.indicators, args);
  },
  indicator: (_source, { id }: IdArgument, context) => {
    requireKnowledge(context);
    return readOne(context.platform, context.platform.data.indicators, id);
  },
  labels: (_source, args: ListArguments, context) => {
    requireToken(context);
    return readList(context.platform.data.labels.values(), (label) => label.value, args);
  },
  markingDefinitions: (_source, args: ListArguments, context) => {
    requireToken(context);
    const { data, markings } = context.platform;
    const seen = [...data.markings.values()].filter((marking) => markings.has(marking.id));
    return readList(seen, (marking) => marking.definition, args);
  },
  identities: (_source, args: ListArguments, context) => {
    requireKnowledge(context);
    const types = args.types ?? [];
    const all = [...context.platform.data.identities.values()];
    const asked = types.length > 0 ? all.filter((identity) => types.includes(identity.entity_type)) : all;
    return readList(asked, (identity) => identity.name, args);
  },
};

function readTable<T extends StoredObject>(
  platform: Platform,
  name: string,
  table: Collection<T>,
  args: ListArguments,
): Connection<T> {
  const types = toTypes(args.types);
  const accept = (entityType: string, markings: readonly string[]) =>
    (types === null || types.has(entityType)) && isVisible(platform, markings);
  const question = JSON.stringify([name, args.types, args.filters, args.search]);
  const first = args.first ?? defaultPageSize;
  const request: PageRequest = {
    first,
    limit: platform.traits.clampsPages ? platform.maxPageSize : first,
    after: args.after ?? null,
    order: toOrder(args),
    accept,
    matches: toMatch(args),
    texts: args.filters ? findNeededTexts(args.filters) : null,
  };
  const globalCount = platform.counts.get(question, table.revision(), () => countRows(table, request));
  return readPage(table, request, globalCount);
}

/** Names that no observable has are dropped; when none is left, every type is meant. */
function toTypes(types: ListArguments['types']): ReadonlySet<string> | null {
  const known = (types ?? []).flatMap((type) => (type !== null && type in graphqlTypes ? type : []));
  return known.length > 0 ? new Set(known) : null;
}

/** The tables know two orders; any other order that the schema allows reads by creation. */
function toOrder(args: ListArguments): Order {
  const field = args.orderBy === 'updated_at' ? 'updated_at' : 'created_at';
  return { field, descending: args.orderMode === 'desc' };
}

function toMatch(args: ListArguments): ((row: StoredObject) => boolean) | null {
  const filter = args.filters ? toPredicate(args.filters) : null;
  const wanted = args.search?.toLowerCase();
  if (!wanted) return filter;
  return (row) => {
    const texts = 'pattern' in row ? [row.name, row.pattern] : [row.value ?? '', row.name ?? ''];
    return texts.some((text) => text.toLowerCase().includes(wanted)) && (filter?.(row) ?? true);
  };
}

function countRows<T extends StoredObject>(table: Collection<T>, request: PageRequest): number {
  if (!request.matches) return table.count(request.accept);
  let total = 0;
  for (const row of table.rows({ ...request, after: null })) {
    if (request.matches(row)) total += 1;
  }
  return total;
}

function readOne<T extends StoredObject>(platform: Platform, table: Collection<T>, id: string): T | null {
  const object = table.get(id);
  return object && isVisible(platform, object.objectMarking) ? object : null;
}

function readList<T extends { readonly id: string }>(
  objects: Iterable<T>,
  toText: (object: T) => string,
  args: ListArguments,
): Connection<T> {
  const filter = args.filters ? toPredicate(args.filters) : null;
  const wanted = args.search?.toLowerCase() ?? '';
  const found = [...objects]
    .filter((object) => toText(object).toLowerCase().includes(wanted) && (filter?.(object) ?? true))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const first = args.first ?? defaultPageSize;
  const after = args.after ?? '';
  const edges = found.map((node) => ({ node, cursor: Buffer.from(node.id).toString('base64') }));
  const start = after === '' ? 0 : edges.findIndex((edge) => edge.cursor === after) + 1;
  return toConnection(edges.slice(start, start + first), { first, after }, found.length);
}

function toUser(platform: Platform): object {
  return {
    id: '88ec0c6a-13ce-5e39-b486-354fe4a7084f',
    standard_id: 'user--d4b4b3ac-8a86-5d0a-a7c9-3d5a8d4d1a3b',
    entity_type: 'User',
    name: 'wazuh',
    user_email: 'wazuh@opencti.example',
    capabilities: platform.capabilities.map((name, index) => ({
      id: `00000000-0000-5000-8000-${String(index).padStart(12, '0')}`,
      standard_id: `capability--00000000-0000-5000-8000-${String(index).padStart(12, '0')}`,
      entity_type: 'Capability',
      name,
      description: null,
    })),
    allowed_marking: [...platform.data.markings.values()].filter(({ id }) => platform.markings.has(id)),
  };
}

function toSettings(platform: Platform): object {
  return {
    id: platform.id,
    standard_id: `settings--${platform.id}`,
    entity_type: 'Settings',
    platform_title: platform.title,
    platform_url: null,
  };
}
