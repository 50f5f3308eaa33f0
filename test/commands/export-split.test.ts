import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../engine-model/evaluate.ts';
import { readListText } from '../engine-model/list-reader.ts';
import { loadRuleset } from '../engine-model/load-ruleset.ts';
import { toEventOfMessage } from '../engine-model/message-event.ts';
import { effectOf } from '../engine-model/problem.ts';
import { demoToken, type OpenCtiServer } from '../platform/server.ts';
import { runCli } from '../support/cli.ts';
import { makeFolder } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';
import { readMessages } from '../support/sample-events.ts';
import { readStandIns } from '../support/stock-ruleset/stand-ins.ts';

const environmentOf = (server: OpenCtiServer) => ({ OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken });
const rulesOf = (folder: string) => readdirSync(join(folder, 'rules')).sort();

/** The rules of an export as the engine would load them beside the stock ones. */
function load(folder: string) {
  const stock = readStandIns();
  const read = (kind: string) =>
    readdirSync(join(folder, kind)).map((name) => ({
      name,
      text: readFileSync(join(folder, kind, name), 'utf8'),
      ours: true,
    }));
  const lists = readdirSync(join(folder, 'lists')).map(
    (name) => [`etc/lists/${name}`, readListText(readFileSync(join(folder, 'lists', name), 'utf8'))] as const,
  );
  return loadRuleset({
    rules: [...stock.rules, ...read('rules')],
    decoders: [...stock.decoders, ...read('decoders')],
    lists: new Map([...stock.lists, ...lists]),
  });
}

/** Which rule fires for each sample. */
function fire({ ruleset }: ReturnType<typeof load>): Record<string, number | undefined> {
  return Object.fromEntries(
    [...readMessages()].map(([name, message]) => {
      const event = toEventOfMessage(ruleset, message);
      return [name, event === null ? undefined : evaluate(ruleset, event).fired?.id];
    }),
  );
}

describe('export --split', () => {
  test('writes gates in files that the server API takes, which load in order and match as one does', async () => {
    const server = await openOpenCti({ observables: 12_000, indicators: 500 });
    const [whole, split] = [makeFolder(), makeFolder()];
    const size = 64 * 1024;
    expect(await runCli(['export', whole], environmentOf(server))).toMatchObject({ code: 0 });
    const result = await runCli(['export', split, '--split', '64K', '--json'], environmentOf(server));
    expect(result).toMatchObject({ code: 0 });
    const names = rulesOf(split);
    expect(rulesOf(whole)).toEqual(['0011-opencti-gates.xml', 'zzzz-opencti-rules.xml']);
    // As many as there are, all of them as long as the longest, so that names and numbers have one order.
    const parts = names.filter((name) => name.startsWith('0011-'));
    expect(parts.length).toBeGreaterThan(9);
    expect(parts).toEqual(
      parts.map((_, index) => `0011-opencti-gates-${String(index + 1).padStart(2, '0')}.xml`),
    );
    expect(names).toEqual([...parts, 'zzzz-opencti-rules.xml']);
    for (const name of parts) {
      expect(name).toMatch(/^[\w-]+\.xml$/);
      expect(statSync(join(split, 'rules', name)).size, name).toBeLessThanOrEqual(size);
    }
    const loaded = load(split);
    expect(loaded.problems.filter((problem) => effectOf(problem) !== 'not-modelled')).toEqual([]);
    const fired = fire(loaded);
    expect(fired).toEqual(fire(load(whole)));
    expect(fired).toMatchObject({
      'sysmon1-composite': 100_640,
      'sysmon22-subdomain-mixed-case': 100_649,
      'sysmon3-ipv4': 100_648,
      'syscheck-added': 100_655,
    });
    const paths = JSON.parse(result.stdout).files.map(({ path }: { path: string }) => path);
    expect(paths.filter((path: string) => path.startsWith('rules/')).sort()).toEqual(
      names.map((name) => `rules/${name}`),
    );
    // A gate of a later part is found as well.
    const found = await runCli(['lookup', 'www.sazoya.com', '--from', split]);
    expect(found.stdout).toMatch(/win\.eventdata\.queryName {2}rule 100649 {2}by gate 8\d{5}/);

    expect(await runCli(['export', split], environmentOf(server))).toMatchObject({ code: 0 });
    expect(rulesOf(split)).toEqual(['0011-opencti-gates.xml', 'zzzz-opencti-rules.xml']);
    expect(await runCli(['export', whole, '--split', '10M'], environmentOf(server))).toMatchObject({
      code: 0,
    });
    expect(rulesOf(whole)).toEqual([
      '0011-opencti-gates-1.xml',
      '0011-opencti-gates-2.xml',
      'zzzz-opencti-rules.xml',
    ]);
  }, 120_000);

  test.each(['0', '-1', '10X', 'ten', '1K'])('refuses %j, which is no size of a file', async (size) => {
    const result = await runCli(['export', makeFolder(), `--split=${size}`]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain(size);
  });

  test('says which list is longer, since a list cannot be split', async () => {
    const server = await openOpenCti({ documented: false, observables: 3_000 });
    const { code, stderr } = await runCli(['export', makeFolder(), '--split', '64K'], environmentOf(server));
    expect(code).toBe(0);
    expect(stderr).toMatch(/lists\/opencti-\S+ has .*, and a list cannot be split: copy it to the manager/);
  });
});
