import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GatePlan } from '../../../src/compile/gates/compile-gates.ts';
import { type Gate, type GateTree, ruleBytes } from '../../../src/compile/gates/gate.ts';
import { runs } from '../../support/runs.ts';
import { allFields, compile, makeHashes, makeNames, scored, toRandom, treeOf } from './values.ts';
import { toWalker } from './walk.ts';

const gatesOf = (plan: GatePlan): Gate[] => plan.trees.flatMap(({ gates }) => gates);

function makeNetworks(count: number, seed = 3): string[] {
  const random = toRandom(seed);
  const networks = new Set<string>();
  while (networks.size < count)
    networks.add(`${20 + random(150)}.${random(256)}.${random(256)}.${random(16) * 16}/28`);
  return [...networks];
}

/** As a dual-stack socket shows it: a network is one of mapped addresses, too. */
function toMapped(ipv4: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number);
  return `0:0:0:0:0:ffff:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

const everything = {
  sha256: scored(makeHashes('sha256', 30_000)),
  sha1: scored(makeHashes('sha1', 30_000)),
  md5: scored(makeHashes('md5', 30_000)),
  name: scored(makeNames(30_000)),
  ipv4: scored(makeNetworks(5_000, 4).map((network) => network.replace(/\/.*/, ''))),
  'ipv4-network': scored(makeNetworks(5_000)),
  'ipv6-network': scored(Array.from({ length: 3_000 }, (_, at) => `2001:db8:${(2 * at).toString(16)}::/48`)),
};

describe('a plan with all fields', () => {
  const plan = compile(everything);
  const gates = gatesOf(plan);

  it('has a tree for each field', () => {
    expect(plan.trees.map(({ field }) => field)).toEqual(allFields);
    expect(gates.length).toBeGreaterThan(500);
  });

  it('has no id twice and none outside of the range', () => {
    expect(new Set(gates.map(({ id }) => id)).size).toBe(gates.length);
    for (const { id } of gates) {
      expect(Number.isInteger(id) && id >= 810_000 && id <= 899_999, String(id)).toBe(true);
    }
  });

  it('has every parent before its children, in the same tree', () => {
    for (const { gates: own } of plan.trees) {
      const seen = new Set<number | null>([null]);
      for (const { id, parent } of own) {
        expect(seen.has(parent)).toBe(true);
        seen.add(id);
      }
    }
  });

  it('has only patterns that the XML reader takes as they are', () => {
    for (const { pattern } of gates) {
      expect(pattern.length).toBeLessThan(20_300);
      expect(pattern).toMatch(/^[!-%'-;=?-~]+$/);
      expect(pattern.slice(0, -1)).not.toContain('$');
      expect(pattern).not.toMatch(/\\$/);
    }
  });

  it('keeps what only leads to the leaves short', () => {
    for (const { leaf, pattern } of gates) if (!leaf) expect(pattern.length).toBeLessThan(400);
  });

  it('has a leaf below every other gate', () => {
    const parents = new Set(gates.map(({ parent }) => parent));
    for (const { id, leaf } of gates) expect(parents.has(id)).toBe(!leaf);
  });

  it('counts its rules and bytes', () => {
    expect(plan.rules).toBe(gates.length);
    const patterns = gates.reduce((sum, { pattern }) => sum + Buffer.byteLength(pattern), 0);
    expect(plan.bytes).toBe(patterns + ruleBytes * gates.length);
  });

  it('is the same again', () => {
    expect(compile(everything)).toEqual(plan);
  });

  it('has the ids of a field whatever other fields are compiled', () => {
    const alone = compile({ name: everything.name }, { fields: ['win_query'] });
    expect(treeOf(alone, 'win_query')).toEqual(treeOf(plan, 'win_query'));
    const stream = compile(everything, { fields: ['win_stream'] });
    expect(treeOf(stream, 'win_stream')).toEqual(treeOf(plan, 'win_stream'));
  });

  it('takes its ids from another range', () => {
    const ids = { from: 300_000, to: 349_999 };
    const moved = gatesOf(compile(everything, { ids }));
    expect(moved).toHaveLength(gates.length);
    expect(new Set(moved.map(({ id }) => id)).size).toBe(moved.length);
    for (const { id } of moved) expect(id >= ids.from && id <= ids.to).toBe(true);
  });
});

/** Returns the gates on the way to each of these texts: a leaf and its ancestors. */
function pathsTo(tree: GateTree, texts: readonly string[]): Set<number> {
  const byId = new Map(tree.gates.map((gate) => [gate.id, gate]));
  const walk = toWalker(tree);
  const ids = new Set<number>();
  for (const text of texts) {
    let gate = walk(text).leaf;
    expect(gate, text).toBeDefined();
    for (; gate; gate = byId.get(gate.parent ?? -1)) ids.add(gate.id);
  }
  return ids;
}

function expectOnlyTouchedDiffer(before: GateTree, after: GateTree, touched: ReadonlySet<number>): number {
  const old = new Map(before.gates.map((gate) => [gate.id, gate]));
  let changed = 0;
  for (const gate of after.gates) {
    const was = old.get(gate.id);
    old.delete(gate.id);
    if (was && was.pattern === gate.pattern && was.parent === gate.parent && was.leaf === gate.leaf) continue;
    changed++;
    const madeBySplit = !was && touched.has(gate.parent ?? -1);
    expect(touched.has(gate.id) || madeBySplit, `${gate.id} ${gate.pattern.slice(0, 60)}`).toBe(true);
  }
  for (const gone of old.values()) expect(touched.has(gone.parent ?? -1), `gone: ${gone.id}`).toBe(true);
  return changed;
}

const size = runs(20_000, 100_000);

describe(`adding 100 values to ${size}`, () => {
  it('leaves every hash gate as it is that holds no new value', () => {
    const old = makeHashes('sha256', size);
    const added = makeHashes('sha256', 100, 5);
    const [before, after] = [old, [...old, ...added]].map((values) => compile({ sha256: scored(values) }));
    if (!before || !after) throw new Error('two plans');
    for (const field of ['win_hashes', 'win_stream'] as const) {
      const texts = added.map((hash) => `SHA256=${hash.toUpperCase()}`);
      const touched = pathsTo(treeOf(after, field), texts);
      const changed = expectOnlyTouchedDiffer(treeOf(before, field), treeOf(after, field), touched);
      expect(changed).toBeGreaterThan(20);
      expect(changed).toBeLessThanOrEqual(100);
    }
  });

  it.each([1, 2])('leaves every name gate as it is that holds no new value, set %i', (seed) => {
    const all = makeNames(size + 100, seed);
    const old = all.slice(0, size);
    const [before, after] = [old, all].map((values) =>
      compile({ name: scored(values) }, { fields: ['win_query'] }),
    );
    if (!before || !after) throw new Error('two plans');
    const touched = pathsTo(treeOf(after, 'win_query'), all.slice(size));
    const changed = expectOnlyTouchedDiffer(treeOf(before, 'win_query'), treeOf(after, 'win_query'), touched);
    expect(changed).toBeGreaterThan(20);
    expect(changed).toBeLessThanOrEqual(150);
  });

  it('leaves every network gate as it is that holds no new value', () => {
    const all = makeNetworks(size + 100);
    const old = all.slice(0, size);
    const added = all.slice(size);
    const options = { fields: ['win_address'] } as const;
    const [before, after] = [old, all].map((values) => compile({ 'ipv4-network': scored(values) }, options));
    if (!before || !after) throw new Error('two plans');
    const touched = pathsTo(
      treeOf(after, 'win_address'),
      added.map((network) => network.replace(/\/.*/, '')).flatMap((ipv4) => [ipv4, toMapped(ipv4)]),
    );
    const changed = expectOnlyTouchedDiffer(
      treeOf(before, 'win_address'),
      treeOf(after, 'win_address'),
      touched,
    );
    expect(changed).toBeGreaterThan(20);
    expect(changed).toBeLessThanOrEqual(150);
  });
});

describe('adding any values to any values', () => {
  const pool = makeHashes('md5', 20_000);
  const options = { fields: ['win_stream'] } as const;

  it('changes the hash gates that hold a new one only', () => {
    fc.assert(
      fc.property(fc.nat(15_000), fc.integer({ min: 1, max: 3_000 }), (from, count) => {
        const old = pool.slice(0, from);
        const added = pool.slice(from, from + count);
        const before = compile({ md5: scored([...old, pool[19_999] ?? '']) }, options);
        const after = compile({ md5: scored([...old, ...added, pool[19_999] ?? '']) }, options);
        const texts = added.map((hash) => `MD5=${hash.toUpperCase()}`);
        const touched = pathsTo(treeOf(after, 'win_stream'), texts);
        expectOnlyTouchedDiffer(treeOf(before, 'win_stream'), treeOf(after, 'win_stream'), touched);
      }),
      { numRuns: runs(4) },
    );
  });
});

describe('a leaf that overflows', () => {
  it('changes itself and its ancestors only', () => {
    const crowd = (count: number): string[] =>
      Array.from({ length: count }, (_, at) => `n${at.toString(36).padStart(4, '0')}-crowd.example.com`);
    const others = makeNames(20_000);
    const [before, after] = [400, 1_600].map((count) =>
      compile({ name: scored([...others, ...crowd(count)]) }, { fields: ['win_query'] }),
    );
    if (!before || !after) throw new Error('two plans');
    const touched = pathsTo(treeOf(after, 'win_query'), crowd(1_600));
    const grown = treeOf(after, 'win_query').gates.length - treeOf(before, 'win_query').gates.length;
    expect(grown).toBeGreaterThan(0);
    expectOnlyTouchedDiffer(treeOf(before, 'win_query'), treeOf(after, 'win_query'), touched);
  });
});
