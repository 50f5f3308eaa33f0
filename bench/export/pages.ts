import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toHashKind } from '../../src/opencti/hashes.ts';
import { allObservableTypes } from '../../src/opencti/types.ts';
import { createDemoData } from '../../test/platform/data/demo-data.ts';
import type { StoredHash, StoredIndicator, StoredObservable } from '../../test/platform/data/objects.ts';
import {
  referenceIdentities,
  referenceLabels,
  referenceMarkings,
} from '../../test/platform/data/references.ts';

export interface PagesOptions {
  readonly observables: number;
  readonly indicators: number;
  readonly pageSize: number;
}

export type Root = 'stixCyberObservables' | 'indicators';

/** The file of a page; the cursor of each answer is the number of the next page. */
export const pageFile = (folder: string, root: Root, page: number | string) =>
  join(folder, `${root}-${page}.json`);

/**
 * Renders every answer that an export reads: half of the observables are files with three hashes, the rest names
 * and addresses, one value in twenty dirty. The last page of each kind is empty.
 * @returns bytes of all pages together.
 */
export async function renderPages(folder: string, options: PagesOptions): Promise<number> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'about.json'), JSON.stringify({ data: platform }));
  const { observables, indicators, pageSize } = options;
  const data = createDemoData({ observables: observables * 2, indicators, documented: false });
  const reading = { order: { field: 'created_at', descending: false }, after: null } as const;
  const balanced = takeBalanced(data.observables.rows({ ...reading, accept: isAsked }), observables);
  const rows = data.indicators.rows({ ...reading, accept: () => true });
  const kinds = [
    { root: 'stixCyberObservables', count: observables, nodes: mapped(balanced, toObservableNode) },
    { root: 'indicators', count: indicators, nodes: mapped(rows, toIndicatorNode) },
  ] as const;
  let bytes = 0;
  for (const { root, count, nodes } of kinds) bytes += await renderKind(folder, root, pageSize, count, nodes);
  return bytes;
}

const asked = new Set<string>(allObservableTypes);
const isAsked = (type: string) => asked.has(type);

/** The first rows of each sort, as many files as others. */
function* takeBalanced(rows: Iterable<StoredObservable>, count: number): Generator<StoredObservable> {
  const left = { file: Math.ceil(count / 2), other: Math.floor(count / 2) };
  for (const row of rows) {
    const sort = row.hashes ? 'file' : 'other';
    if (left[sort] === 0) continue;
    left[sort] -= 1;
    yield row;
    if (left.file + left.other === 0) return;
  }
  throw new Error('the embedded server has too few rows for the bench');
}

const platform = {
  about: { version: '7.260318.0' },
  me: {
    name: 'bench',
    user_email: 'bench@example.org',
    capabilities: [{ name: 'BYPASS' }],
    allowed_marking: [],
  },
  settings: { id: '2f6b7f0e-9a5d-4c1e-8b3f-6d2a1c0e9f77' },
};

function toObservableNode(row: StoredObservable): object {
  const { id, entity_type, x_opencti_score, value, hashes } = row;
  const own = hashes ? { hashes: toThree(id, hashes) } : { value };
  return { id, entity_type, x_opencti_score, ...own, ...toDetails(row) };
}

const labels = new Map(referenceLabels.map(({ id, value }) => [id, { id, value }]));
const markings = new Map(referenceMarkings.map(({ id, definition }) => [id, { id, definition }]));
const identities = new Map(referenceIdentities.map(({ id, name }) => [id, { id, name }]));

/** What a report and the filters ask of each object. */
function toDetails({
  created_at,
  updated_at,
  objectLabel,
  objectMarking,
  createdBy,
}: StoredIndicator | StoredObservable) {
  return {
    created_at,
    updated_at,
    objectLabel: objectLabel.map((id) => labels.get(id)),
    objectMarking: objectMarking.map((id) => markings.get(id)),
    createdBy: createdBy === null ? null : (identities.get(createdBy) ?? null),
  };
}

const algorithms = { MD5: 'md5', 'SHA-1': 'sha1', 'SHA-256': 'sha256' } as const;

/** The embedded server's files may lack a hash; here each has all. */
function toThree(id: string, hashes: readonly StoredHash[]): readonly StoredHash[] {
  const known = new Set(hashes.map(({ algorithm }) => toHashKind(algorithm)));
  const missing = Object.entries(algorithms).filter(([, kind]) => !known.has(kind));
  return [
    ...hashes,
    ...missing.map(([algorithm, kind]) => ({ algorithm, hash: createHash(kind).update(id).digest('hex') })),
  ];
}

function toIndicatorNode(row: StoredIndicator): object {
  const { id, pattern_type, pattern, revoked, valid_from, valid_until, x_opencti_score } = row;
  const { confidence, x_opencti_detection } = row;
  const own = { id, pattern_type, pattern, revoked, valid_from, valid_until, x_opencti_score };
  return { ...own, confidence, x_opencti_detection, ...toDetails(row) };
}

function* mapped<T>(rows: Iterable<T>, toNode: (row: T) => object): Generator<object> {
  for (const row of rows) yield toNode(row);
}

async function renderKind(
  folder: string,
  root: Root,
  pageSize: number,
  globalCount: number,
  rows: Iterable<object>,
): Promise<number> {
  let page = 0;
  let bytes = 0;
  let nodes: string[] = [];
  const flush = async () => {
    const endCursor = nodes.length > 0 ? String(page + 1) : '';
    const file = createWriteStream(pageFile(folder, root, page));
    const pageInfo = JSON.stringify({ endCursor, globalCount });
    file.end(`{"data":{"${root}":{"pageInfo":${pageInfo},"edges":[${nodes.join(',')}]}}}`);
    await once(file, 'finish');
    bytes += file.bytesWritten;
    page += 1;
    nodes = [];
  };
  for (const node of rows) {
    nodes.push(`{"node":${JSON.stringify(node)}}`);
    if (nodes.length === pageSize) await flush();
  }
  if (nodes.length > 0) await flush();
  await flush();
  return bytes;
}
