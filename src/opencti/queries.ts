import { type ObservableType, observableTypes } from './observable-types.ts';
import type { Shape } from './version.ts';

export interface QueryOptions {
  readonly shape: Shape;
  /** Labels, markings and author too. Without need they cost the server and the line. */
  readonly details: boolean;
}

/**
 * One page of observables. `externalReferences`, `indicators` and `importFiles` would cost the server a query a
 * node. `created_at asc`: new rows come last, and an edit moves none.
 */
export function renderObservablesQuery(types: readonly ObservableType[], options: QueryOptions): string {
  return `query Observables($first: Int, $after: ID, $types: [String], $filters: FilterGroup) {
  stixCyberObservables(
    first: $first, after: $after, types: $types, filters: $filters, orderBy: created_at, orderMode: asc
  ) {
    pageInfo { endCursor globalCount }
    edges { node { ${renderObservableFields(types, options)} } }
  }
}`;
}

/** One page of indicators, dead ones too: what is dead must be known. */
export function renderIndicatorsQuery(options: QueryOptions): string {
  return `query Indicators($first: Int, $after: ID, $filters: FilterGroup) {
  indicators(first: $first, after: $after, filters: $filters, orderBy: created_at, orderMode: asc) {
    pageInfo { endCursor globalCount }
    edges { node { ${renderIndicatorFields(options)} } }
  }
}`;
}

/** Of one observable, what `toObservableRecord` and `toDetails` take. */
export function renderObservableFields(types: readonly ObservableType[], options: QueryOptions): string {
  const fragments = types.map((type) => {
    const { typename, valueKind } = observableTypes[type];
    return `... on ${typename} { ${valueKind ? 'value' : 'hashes { algorithm hash }'} }`;
  });
  return `id entity_type x_opencti_score ${fragments.join(' ')} ${renderDetails(options)}`;
}

/** Of one indicator, what `toIndicatorRecord` and `toDetails` take. */
export function renderIndicatorFields(options: QueryOptions): string {
  const own = options.details ? 'confidence x_opencti_detection' : '';
  return `id pattern_type pattern revoked valid_from valid_until x_opencti_score ${own} ${renderDetails(options)}`;
}

function renderDetails({ shape, details }: QueryOptions): string {
  if (!details) return '';
  const list = (fields: string) => (shape === 'edges' ? `{ edges { node { ${fields} } } }` : `{ ${fields} }`);
  return `created_at updated_at objectLabel ${list('id value')} objectMarking ${list('id definition')} createdBy { id name }`;
}
