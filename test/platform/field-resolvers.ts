import { isVisible, type ServerContext } from './context.ts';
import type { StoredExternalReference, StoredObservable } from './data/objects.ts';
import { type Connection, toConnection } from './paging.ts';
import type { VersionTraits } from './version.ts';

/** Each resolver knows what it is given; GraphQL checked it against the schema. */
type FieldResolver = (source: never, args: never, context: ServerContext) => unknown;
export type ResolverTable = Readonly<Record<string, FieldResolver>>;

interface FirstArgument {
  readonly first?: number | null;
}

interface References {
  readonly createdBy?: string | null;
  readonly objectMarking?: readonly string[];
  readonly objectLabel?: readonly string[];
  readonly externalReferences?: readonly StoredExternalReference[];
  readonly importFiles?: readonly { readonly id: string }[];
}

/** Of every object that can be marked, labelled and have an author. */
export function coreResolvers(traits: VersionTraits): ResolverTable {
  const shape = traits.connectionLists ? toWhole : (objects: readonly { readonly id: string }[]) => objects;
  return {
    spec_version: () => '2.1',
    createdBy: (source: References, _args, { platform }) =>
      source.createdBy ? platform.data.identities.get(source.createdBy) : null,
    objectMarking: (source: References, _args, { platform }) =>
      shape(resolveIds(source.objectMarking, platform.data.markings)),
    objectLabel: (source: References, _args, { platform }) =>
      shape(resolveIds(source.objectLabel, platform.data.labels)),
    externalReferences: (source: References, { first }: FirstArgument) =>
      toWhole(source.externalReferences ?? [], first),
    importFiles: (source: References, { first }: FirstArgument) => toWhole(source.importFiles ?? [], first),
  };
}

export const observableResolvers: ResolverTable = {
  observable_value: (source: StoredObservable) => source.value ?? toFileValue(source),
  indicators: (source: StoredObservable, { first }: FirstArgument, { platform }) => {
    const seen = source.indicators
      .flatMap((id) => platform.data.indicators.get(id) ?? [])
      .filter((indicator) => isVisible(platform, indicator.objectMarking));
    return toWhole(seen, first);
  },
};

/** A file is called by its strongest hash, else by its name. */
function toFileValue(file: StoredObservable): string {
  for (const algorithm of ['SHA-512', 'SHA-256', 'SHA-1', 'MD5']) {
    const hash = file.hashes?.find((entry) => entry.algorithm === algorithm)?.hash;
    if (hash) return hash;
  }
  return file.name ?? 'Unknown';
}

function resolveIds<T>(ids: readonly string[] = [], objects: ReadonlyMap<string, T>): readonly T[] {
  return ids.flatMap((id) => objects.get(id) ?? []);
}

function toWhole<T extends { readonly id: string }>(
  objects: readonly T[],
  first: number | null = null,
): Connection<T> {
  const edges = objects
    .slice(0, first ?? objects.length)
    .map((node) => ({ node, cursor: Buffer.from(node.id).toString('base64') }));
  return toConnection(edges, { first: first ?? objects.length + 1, after: null }, objects.length);
}
