import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeAlone } from '../../src/commands/install/apply.ts';
import { findWhatIsLeft } from '../../src/commands/install/machine.ts';
import { planUninstall } from '../../src/commands/install/uninstall.ts';
import { applyChanges } from '../../src/files/transaction.ts';
import { startFakeManager } from '../fake-manager/fake-manager.ts';
import { demoToken } from '../platform/server.ts';
import { createStartCheck } from '../refresh/support/starts.ts';
import { runCli } from '../support/cli.ts';
import { putFirstVersion } from '../support/first-version/put.ts';
import { makeFolder } from '../support/folder.ts';
import { onEachCall } from '../support/frozen-disk.ts';
import { openOpenCti } from '../support/opencti.ts';

/** What is ours below `etc`, hidden files and databases as well. */
const ownFiles = (home: string) =>
  ['lists', 'rules', 'decoders'].flatMap((folder) =>
    readdirSync(join(home, 'etc', folder))
      .filter((name) => name.includes('opencti'))
      .map((name) => `${folder}/${name}`),
  );

function makeEtc(): string {
  const etc = makeFolder();
  for (const name of ['cron.d', 'logrotate.d']) mkdirSync(join(etc, name));
  return etc;
}

/** What the engine reads before each change of a removal and after the last one: rules and decoders of ours, refusals. */
async function findStates(home: string, etc: string) {
  const refusalsOf = createStartCheck(home);
  const machine = findWhatIsLeft(home, etc);
  const states: { readonly files: readonly string[]; readonly refusals: readonly string[] }[] = [];
  const look = () => {
    const files = ownFiles(home).filter((path) => /\/[^.][^/]*\.xml$/.test(path) && !/gates-x/.test(path));
    states.push({ files: files.map((path) => path.split('/')[1] ?? '').sort(), refusals: refusalsOf() });
  };
  await removeAlone(machine, async () => {
    const { error } = await onEachCall(
      look,
      () => void applyChanges(machine, planUninstall(machine, false).changes),
    );
    expect(error).toBeNull();
  });
  look();
  return states;
}

test('uninstall takes the files of the first version, and the engine starts from every state on the way', async () => {
  const { home, engine } = await startFakeManager({ isDeclared: true });
  putFirstVersion(home);
  expect(engine.load().isTaken).toBe(true);
  const states = await findStates(home, makeEtc());
  for (const { files, refusals } of states) expect(refusals, files.join()).toEqual([]);
  expect([...new Set(states.map(({ files }) => files.join(' ')))]).toEqual([
    'zz-opencti-1-gates.xml zz-opencti-2-rules.xml zz-opencti-decoder.xml',
    'zz-opencti-1-gates.xml zz-opencti-decoder.xml',
    'zz-opencti-decoder.xml',
    '',
  ]);
  expect(ownFiles(home)).toEqual([]);
  expect(readFileSync(join(home, 'etc/ossec.conf'), 'utf8')).not.toContain('opencti');
  expect(engine.load().isTaken).toBe(true);
});

test('uninstall takes both versions, parts of the gates, and what a killed refresh has left of one', async () => {
  const { home } = await startFakeManager({ isDeclared: false });
  const etc = makeEtc();
  const { url } = await openOpenCti({ observables: 40 });
  const access = { WAZUH_HOME: home, OPENCTI_URL: url, OPENCTI_TOKEN: demoToken };
  expect(await runCli(['install', '--etc', etc], access)).toMatchObject({ code: 0 });
  expect(await runCli(['refresh'], access)).toMatchObject({ code: 0 });
  for (const name of ['zz-opencti-1-gates.xml', 'zz-opencti-2-rules.xml', 'zz-opencti-decoder.xml']) {
    const folder = name.includes('decoder') ? 'decoders' : 'rules';
    writeFileSync(
      join(home, 'etc', folder, name),
      readFileSync(join(import.meta.dirname, '../support/first-version', folder, name)),
    );
  }
  for (const name of [
    '0011-opencti-gates-1.xml',
    '0011-opencti-gates-12.xml',
    '.0011-opencti-gates-2.xml.old~',
  ])
    writeFileSync(join(home, 'etc/rules', name), '');
  const ofTheSite = ['0011-opencti-gates-x.xml', '0011-opencti-gates-1.xml.save'];
  for (const name of ofTheSite) writeFileSync(join(home, 'etc/rules', name), '');
  const states = (await findStates(home, etc)).map(({ files }) => files);
  expect(ownFiles(home)).toEqual(ofTheSite.map((name) => `rules/${name}`).sort());
  const isRule = (name: string) =>
    /^(?:zz-opencti-[12]|0011-opencti-gates(?:-\d+)?\.|zzzz-opencti-rules)/.test(name);
  const withDecoders = states.filter((files) => !files.some(isRule));
  // No decoder goes before the last rule.
  expect(withDecoders[0]).toEqual(
    expect.arrayContaining(['zz-opencti-decoder.xml', 'zzzz-opencti-decoder.xml']),
  );
});
