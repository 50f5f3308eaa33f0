import { once } from 'node:events';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDemoData } from '../../src/demo/data/demo-data.ts';
import type { StoredIndicator, StoredObservable } from '../../src/demo/data/objects.ts';
import { allObservableTypes } from '../../src/opencti/observable-types.ts';

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
  const data = createDemoData({ observables, indicators, documented: false });
  const asked = new Set<string>(allObservableTypes);
  const order = { field: 'created_at', descending: false } as const;
  const rows = { order, after: null };
  const accept = (type: string) => asked.has(type);
  return (
    (await renderKind(folder, 'stixCyberObservables', pageSize, data.observables.count(accept), () =>
      mapped(data.observables.rows({ ...rows, accept }), toObservableNode),
    )) +
    (await renderKind(folder, 'indicators', pageSize, indicators, () =>
      mapped(data.indicators.rows({ ...rows, accept: () => true }), toIndicatorNode),
    ))
  );
}

const platform = {
  about: { version: '7.260318.0' },
  me: { name: 'bench', user_email: 'bench@example.org', capabilities: [{ name: 'BYPASS' }], allowed_marking: [] },
  settings: { id: '2f6b7f0e-9a5d-4c1e-8b3f-6d2a1c0e9f77' },
};

function toObservableNode(row: StoredObservable): object {
  const { id, entity_type, x_opencti_score } = row;
  const own = 'hashes' in row && row.hashes ? { hashes: row.hashes } : { value: (row as { value?: unknown }).value };
  return { id, entity_type, x_opencti_score, ...own };
}

function toIndicatorNode(row: StoredIndicator): object {
  const { id, pattern_type, pattern, revoked, valid_from, valid_until, x_opencti_score } = row;
  return { id, pattern_type, pattern, revoked, valid_from, valid_until, x_opencti_score };
}

function* mapped<T>(rows: Iterable<T>, toNode: (row: T) => object): Generator<object> {
  for (const row of rows) yield toNode(row);
}

async function renderKind(
  folder: string,
  root: Root,
  pageSize: number,
  globalCount: number,
  rows: () => Iterable<object>,
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
  for (const node of rows()) {
    nodes.push(`{"node":${JSON.stringify(node)}}`);
    if (nodes.length === pageSize) await flush();
  }
  if (nodes.length > 0) await flush();
  await flush();
  return bytes;
}
