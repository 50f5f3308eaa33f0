import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createDemoData } from '../platform/data/demo-data.ts';
import type { ObservableEntityType } from '../platform/data/objects.ts';
import { writeIndicator, writeObservable } from '../platform/data/written.ts';
import { demoToken, startOpenCti } from '../platform/server.ts';
import { runCli } from '../support/cli.ts';
import { makeLastingFolder } from '../support/lasting-folder.ts';

/** Public reports as small inputs, each with the right result (its README names the source). */
const cases = [
  'dead-by-sha512',
  'dead-joined-by-sha512',
  'explain-unread-indicator',
  'hash-under-other-name',
  'lookup-dashboard',
  'lookup-says-in',
  'pattern-issubset',
  'pattern-name-and-hash',
  'pattern-network-traffic',
  'wildcard-name',
] as const;

interface CaseData {
  readonly observables: readonly {
    readonly type: ObservableEntityType;
    readonly value?: string;
    readonly hashes?: Readonly<Record<string, string>>;
    readonly score?: number;
  }[];
  readonly indicators: readonly {
    readonly pattern: string;
    readonly revoked?: boolean;
    readonly score?: number;
  }[];
}

interface Expected {
  readonly in?: readonly string[];
  readonly out?: readonly string[];
  /** By file: the rule. */
  readonly fires?: Readonly<Record<string, number>>;
  readonly lookup?: Readonly<Record<string, { readonly rc: number }>>;
  readonly explain?: Readonly<Record<string, { readonly says_not: readonly string[] }>>;
}

function readJson<T>(name: string, file: string): T {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'data', name, file), 'utf8')) as T;
}

function toWritten({ observables, indicators }: CaseData) {
  return {
    observables: observables.map(({ type, value, hashes, score = 70 }) =>
      writeObservable({
        entity_type: type,
        x_opencti_score: score,
        ...(value !== undefined && { value }),
        ...(hashes && { hashes: Object.entries(hashes).map(([algorithm, hash]) => ({ algorithm, hash })) }),
      }),
    ),
    indicators: indicators.map(({ pattern, revoked = false, score = 70 }) =>
      writeIndicator({ pattern, revoked, x_opencti_score: score }),
    ),
  };
}

test('every case that lies here is run', () => {
  const folders = readdirSync(join(import.meta.dirname, 'data'), { withFileTypes: true });
  expect(folders.map(({ name }) => name)).toEqual(expect.arrayContaining([...cases]));
});

describe.each(cases)('%s', (name) => {
  const folder = makeLastingFolder();
  const expected = readJson<Expected>(name, 'expected.json');
  let environment: Record<string, string>;

  beforeAll(async () => {
    const written = toWritten(readJson<CaseData>(name, 'data.json'));
    const server = await startOpenCti({ data: createDemoData({ documented: false, written }) });
    environment = { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken };
    const result = await runCli(['export', folder], environment);
    expect(result.code, result.stderr).toBe(0);
    return () => server.close();
  });

  const lookup = (subject: string, ...more: string[]) =>
    runCli(['lookup', subject, '--from', folder, ...more]);
  const inCase = (file: string) => join(import.meta.dirname, 'data', name, file);

  test.each(expected.in ?? [])('%s is in', async (value) => {
    const { stdout, code } = await lookup(value);
    expect(stdout).toMatch(/is listed|a gate matches it/);
    expect(code).toBe(0);
    const explained = await runCli(['explain', value, '--from', folder], environment);
    expect(explained.stdout).toContain(': IN\n');
  });

  test.each(expected.out ?? [])('%s is out', async (value) => {
    const { stdout, code } = await lookup(value);
    expect(stdout).toContain('neither in a list nor matched by a gate');
    expect(code).toBe(1);
    const explained = await runCli(['explain', value, '--from', folder], environment);
    expect(explained.stdout).toContain(': OUT (revoked)\n');
  });

  test.each(Object.entries(expected.fires ?? {}))('%s fires %i', async (file, rule) => {
    const { stdout, code } = await lookup(inCase(file), '--json');
    expect(JSON.parse(stdout)).toMatchObject({ fired: { id: rule } });
    expect(code).toBe(0);
  });

  test.each(Object.entries(expected.lookup ?? {}))('lookup of %s ends as it should', async (file, { rc }) => {
    const { stdout, code } = await lookup(inCase(file));
    expect(code).toBe(rc);
    expect(stdout).toContain('spells it in another way than the list');
  });

  test.each(Object.entries(expected.explain ?? {}))('explain of %s', async (value, { says_not }) => {
    const { stdout, code } = await runCli(['explain', value, '--from', folder], environment);
    for (const text of says_not) expect(stdout).not.toContain(text);
    expect(stdout).toMatch(/: OUT \(pattern-and\)\n/);
    expect(stdout).toMatch(
      /indicator [0-9a-f-]{36} names it, but its pattern cannot bring it in \(pattern-and\)/,
    );
    expect(code).toBe(1);
  });
});
