import { describe, expect, it } from 'vitest';
import { createDemoData, type DemoDataOptions } from '../data/demo-data.ts';
import type { StoredIndicator, StoredObservable } from '../data/objects.ts';

const inOrder = {
  order: { field: 'created_at', descending: false },
  after: null,
  accept: () => true,
} as const;

function observablesOf(options: DemoDataOptions): readonly StoredObservable[] {
  return [...createDemoData({ documented: false, ...options }).observables.rows(inOrder)];
}

function indicatorsOf(options: DemoDataOptions): readonly StoredIndicator[] {
  return [...createDemoData({ documented: false, ...options }).indicators.rows(inOrder)];
}

describe('generated rows', () => {
  it('are the same for the same seed, whatever the size', () => {
    const thousand = observablesOf({ seed: 5, observables: 1000, indicators: 300 });
    expect(thousand).toHaveLength(1000);
    expect(observablesOf({ seed: 5, observables: 100, indicators: 300 })).toEqual(thousand.slice(0, 100));
    expect(observablesOf({ seed: 6, observables: 100, indicators: 300 })).not.toEqual(thousand.slice(0, 100));
  });

  it('have unique ids that are UUIDs, and lead back to their rows', () => {
    const data = createDemoData({ observables: 3000, indicators: 1000 });
    for (const table of [data.observables, data.indicators]) {
      const rows = [...table.rows(inOrder)];
      expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
      for (const row of rows) {
        expect(row.id).toMatch(/^[\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
        expect(table.get(row.id)).toEqual(row);
      }
    }
    expect(data.observables.get('00000000-0000-4000-8000-000000000001')).toBeUndefined();
    expect(data.observables.get('nonsense')).toBeUndefined();
  });

  it.each(['created_at', 'updated_at'] as const)('grow strictly by %s', (field) => {
    const times = observablesOf({ observables: 5000 }).map((row) => Date.parse(row[field]));
    expect(times.every((time, index) => index === 0 || time > (times[index - 1] ?? time))).toBe(true);
  });

  it('start anywhere at the cost of one page', () => {
    const { observables } = createDemoData({ observables: 200_000_000, documented: false });
    const late = { time: Date.UTC(2100, 0, 1), id: '' };
    const found = observables
      .rows({ ...inOrder, after: late })
      [Symbol.iterator]()
      .next();
    expect(found.done).toBe(false);
  });

  it('are dirty one time in twenty, as in real data', () => {
    const rows = observablesOf({ observables: 40_000 });
    const names = rows.flatMap((row) => (row.entity_type === 'Domain-Name' ? (row.value ?? '') : []));
    const dirty = names.filter(
      (name) => !/^[a-z]+-[\da-z]+\.(?:com|net|org|info|top|xyz|ru|cn|co\.uk|com\.br)$/.test(name),
    );
    expect(dirty.length / names.length).toBeGreaterThan(0.04);
    expect(dirty.length / names.length).toBeLessThan(0.06);
    for (const form of [
      /^ .* $/,
      /\[\.\]/,
      /\(\.\)/,
      /\.$/,
      /:8443$/,
      /^\*\./,
      /\u200b/,
      /ü/,
      /^xn--/,
      /^localhost$/,
    ]) {
      expect(dirty.some((name) => form.test(name))).toBe(true);
    }
  });

  it('have every type, missing scores, and one value as several objects', () => {
    const rows = observablesOf({ observables: 20_000 });
    const count = (type: string) => rows.filter((row) => row.entity_type === type).length;
    expect(count('StixFile')).toBe(6000);
    expect(count('Artifact')).toBe(1000);
    expect(count('IPv4-Addr')).toBe(4000);
    expect(count('IPv6-Addr')).toBe(1000);
    expect(count('Domain-Name')).toBe(4000);
    expect(count('Hostname')).toBe(2000);
    expect(count('Url')).toBe(1000);
    expect(count('Email-Addr')).toBe(1000);
    expect(rows.some((row) => row.x_opencti_score === null)).toBe(true);
    const valuesOf = (type: string) =>
      rows.flatMap((row) => (row.entity_type === type ? (row.value ?? []) : []));
    const domains = new Set(valuesOf('Domain-Name'));
    expect(valuesOf('Hostname').filter((name) => domains.has(name)).length).toBeGreaterThan(100);
    const hashesOf = (type: string) =>
      rows.flatMap((row) =>
        row.entity_type === type ? (row.hashes ?? []).flatMap(({ hash }) => hash ?? []) : [],
      );
    const files = new Set(hashesOf('StixFile'));
    expect(hashesOf('Artifact').filter((hash) => files.has(hash)).length).toBeGreaterThan(100);
  });
});

describe('generated indicators', () => {
  const options = { observables: 2000, indicators: 1000 };
  const data = createDemoData({ ...options, documented: false });
  const observables = observablesOf(options);
  const indicators = indicatorsOf(options);

  it('carry the values of the observables that they are based on', () => {
    const based = observables.filter((row) => row.indicators.length > 0);
    expect(based.length).toBeGreaterThan(500);
    const plain = based.flatMap((row) =>
      row.indicators.flatMap((id) => {
        const indicator = data.indicators.get(id);
        const text = row.value ?? row.hashes?.[0]?.hash ?? '';
        const isPlain = indicator?.pattern_type === 'stix' && /^[\da-z.:-]+$/.test(text);
        return isPlain ? { pattern: indicator.pattern, text } : [];
      }),
    );
    const telling = plain.filter(({ pattern, text }) => pattern.includes(`'${text}'`));
    expect(telling.length / plain.length).toBeGreaterThan(0.95);
    expect(based.some((row) => row.indicators.length === 2)).toBe(true);
  });

  it('are alive, revoked, expired, not yet valid, without a score, of several types', () => {
    const now = Date.UTC(2026, 0, 1);
    const until = (row: StoredIndicator) =>
      row.valid_until ? Date.parse(row.valid_until) : Number.POSITIVE_INFINITY;
    const from = (row: StoredIndicator) => Date.parse(row.valid_from ?? '');
    const shares = {
      alive: indicators.filter((row) => !row.revoked && until(row) > now && from(row) <= now),
      revoked: indicators.filter((row) => row.revoked),
      expired: indicators.filter((row) => !row.revoked && until(row) <= now),
      future: indicators.filter((row) => from(row) > now),
      endless: indicators.filter((row) => row.valid_until === null),
      unscored: indicators.filter((row) => row.x_opencti_score === null),
      foreign: indicators.filter((row) => row.pattern_type !== 'stix'),
    };
    expect(shares.alive.length).toBeGreaterThan(600);
    for (const rows of Object.values(shares)) expect(rows.length).toBeGreaterThan(5);
  });
});
