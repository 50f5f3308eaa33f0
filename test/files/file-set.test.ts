import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { orTakenBack } from '../../src/commands/refresh/way-back.ts';
import { KnownError } from '../../src/errors.ts';
import type { Unfinished } from '../../src/files/file-set.ts';
import { createFolderTarget, recoverFolder } from '../../src/files/folder-set.ts';
import type { PlannedFile } from '../../src/files/write.ts';
import { holdHome } from '../../src/wazuh/home.ts';
import { createLocalTarget, forget, recover } from '../../src/wazuh/own-set.ts';
import { isRoot, setOwner, wazuhId } from '../fake-manager/home.ts';
import { snapshot } from '../install/laid-out-manager.ts';
import { makeFolder } from '../support/folder.ts';
import { onFrozenDisk, withFailingCall } from '../support/frozen-disk.ts';

/** Writes for the engine, also while the calls of the product are replaced. */
const writeAsEngine = writeFileSync;

const shared = ['a:1', 'b:2'];
const planned: readonly PlannedFile[] = [
  { path: 'rules/zzzz-opencti-rules.xml', lines: ['<new rules>'] },
  { path: 'lists/opencti-win-hashes', lines: shared },
  { path: 'lists/opencti-win-hash', lines: shared },
  { path: 'decoders/zzzz-opencti-decoder.xml', lines: ['<new decoder>'] },
  { path: 'rules/0011-opencti-gates.xml', lines: ['<new gates>'] },
];
const earlier = {
  'lists/opencti-win-hashes': 'old:1\n',
  'lists/opencti-linux-hashes': 'old:2\n',
  'lists/opencti-fim-md5': 'stays:1\n',
  'decoders/zz-opencti-decoder.xml': '<old decoder>\n',
  'rules/zz-opencti-1-gates.xml': '<old gates>\n',
  'rules/zzzz-opencti-rules.xml': '<old rules>\n',
  'rules/0011-opencti-gates-1.xml': '<old part>\n',
  'rules/local_rules.xml': '<of the site>\n',
} as const;
const obsolete = [
  'lists/opencti-linux-hashes',
  'decoders/zz-opencti-decoder.xml',
  'rules/zz-opencti-1-gates.xml',
  'rules/0011-opencti-gates-1.xml',
];

/** A place that a set is published to, and what can happen there. */
interface Site {
  /** As before the transaction, whatever is there by now. */
  reset(): void;
  publish(): Promise<unknown>;
  /** The same, and the engine refuses it. */
  publishRefused(): Promise<unknown>;
  /** @returns null: there was nothing to take back. */
  recover(): Unfinished | null;
  hasJournal(): boolean;
  /** All that a reader of the folder finds. */
  look(): Record<string, string>;
  /** Names beside the files of a set. */
  findLeft(): string[];
}

/** In milliseconds, for a machine under full load; alone it takes seconds. */
const timeout = 300_000;

function makeManager(): Site & { readonly etc: string; readonly state: string } {
  const home = makeFolder();
  const etc = join(home, 'etc');
  const state = join(home, 'var/opencti-wazuh');
  const owner = isRoot
    ? { uid: wazuhId, gid: wazuhId }
    : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const names = () =>
    ['lists', 'rules', 'decoders'].flatMap((folder) =>
      readdirSync(join(etc, folder)).map((name) => `${folder}/${name}`),
    );
  const compile = () => {
    for (const path of names())
      if (/^lists\/[^.]+$/.test(path)) writeAsEngine(join(etc, `${path}.cdb`), readFileSync(join(etc, path)));
  };
  async function inHome<T>(work: (home: ReturnType<typeof holdHome>) => T | Promise<T>): Promise<T> {
    const held = holdHome(home, () => owner);
    try {
      return await work(held);
    } finally {
      held.close();
    }
  }
  const run = (isRefused: boolean) =>
    inHome(async (held) => {
      const staged = await createLocalTarget(held).stage(planned);
      staged.commit(obsolete);
      await orTakenBack({ reloadAgain: async () => compile() }, staged, async () => {
        compile();
        if (isRefused) throw new KnownError('the engine refuses it');
        const problems = staged.readBack();
        if (problems.length > 0) throw new KnownError(problems.join('\n'));
        staged.finish();
      });
    });
  return {
    etc,
    state,
    reset() {
      rmSync(etc, { recursive: true, force: true });
      rmSync(state, { recursive: true, force: true });
      for (const folder of ['lists', 'rules', 'decoders']) mkdirSync(join(etc, folder), { recursive: true });
      for (const [path, text] of Object.entries(earlier)) {
        writeFileSync(join(etc, path), text);
        setOwner(join(etc, path), 'wazuh', 0o660);
      }
      compile();
      mkdirSync(state, { recursive: true });
    },
    publish: () => run(false),
    publishRefused: () => run(true),
    recover: () => {
      const held = holdHome(home, () => owner);
      try {
        const unfinished = recover(held);
        // The engine takes what is there again.
        compile();
        if (unfinished !== null) forget(held);
        return unfinished;
      } finally {
        held.close();
      }
    },
    hasJournal: () => ['journal.json', 'undo.json'].some((name) => existsSync(join(state, 'state', name))),
    look: () =>
      Object.fromEntries(Object.entries(snapshot(etc)).filter(([path]) => !/\.cdb$|\/\./.test(path))),
    findLeft: () =>
      names().filter(
        (path) => /\/\./.test(path) || (path.endsWith('.cdb') && !existsSync(join(etc, path.slice(0, -4)))),
      ),
  };
}

function makeExport(): Site & { readonly folder: string } {
  const folder = join(makeFolder(), 'out');
  const stagings = () => readdirSync(folder).filter((name) => name.startsWith('.'));
  async function publish(isRefused: boolean): Promise<void> {
    recoverFolder(folder);
    const staged = await createFolderTarget(folder).stage(planned);
    try {
      await staged.add({ path: 'manifest.json', lines: ['{"new":1}'] });
      staged.commit(obsolete);
      if (isRefused) throw new KnownError('refused');
      staged.finish();
    } catch (error) {
      staged.undo();
      throw error;
    }
  }
  return {
    folder,
    reset() {
      rmSync(folder, { recursive: true, force: true });
      for (const part of ['lists', 'rules', 'decoders']) mkdirSync(join(folder, part), { recursive: true });
      for (const [path, text] of Object.entries(earlier)) writeFileSync(join(folder, path), text);
      writeFileSync(join(folder, 'manifest.json'), '{"old":1}\n');
    },
    publish: () => publish(false),
    publishRefused: () => publish(true),
    recover: () => {
      const hadJournal = hasJournal();
      recoverFolder(folder);
      return hadJournal ? 'killed' : null;
    },
    hasJournal,
    look: () =>
      Object.fromEntries(Object.entries(snapshot(folder)).filter(([path]) => !path.startsWith('.'))),
    findLeft: stagings,
  };
  function hasJournal(): boolean {
    const names = ['journal.json', 'undo.json'];
    return stagings().some((staging) => names.some((name) => existsSync(join(folder, staging, name))));
  }
}

describe.each([
  ['the manager of this machine', makeManager],
  ['a folder', makeExport],
])('%s', (_, make) => {
  async function setUp() {
    const site = make();
    site.reset();
    const before = site.look();
    const published = await onFrozenDisk(Number.POSITIVE_INFINITY, site.publish);
    expect(published.error).toBeNull();
    const after = site.look();
    expect(site.findLeft()).toEqual([]);
    const contents = Object.values(after).join();
    expect(contents).toContain('<new rules>');
    expect(contents).not.toMatch(/<old|old:/);
    expect(contents).toContain('<of the site>');
    expect(published.calls.length).toBeGreaterThan(60);
    return { site, before, after, calls: published.calls };
  }

  test('killed at each call, the next run finds the whole set of before or the whole new one', {
    timeout,
  }, async () => {
    const { site, before, after, calls } = await setUp();
    const found = [];
    for (let count = 0; count < calls.length; count += 1) {
      const where = `killed at ${calls[count]}`;
      site.reset();
      await onFrozenDisk(count, site.publish);
      const hasJournal = site.hasJournal();
      // Without a journal no file may be half way.
      if (!hasJournal) expect([before, after], where).toContainEqual(site.look());
      expect(site.recover(), where).toBe(hasJournal ? 'killed' : null);
      const sets = hasJournal ? [before] : [before, after];
      expect(sets, where).toContainEqual(site.look());
      expect(site.findLeft(), where).toEqual([]);
      found.push(isSame(site.look(), after) ? 'after' : 'before');
    }
    // Once the new set stays, no later fault takes it back.
    expect(found.join(' ')).toMatch(/^(?:before )+(?:after ?)+$/);
  });

  test('killed at each call while a set is taken back, the next run brings the set of before back', {
    timeout,
  }, async () => {
    const { site, before } = await setUp();
    site.reset();
    const { calls, error } = await onFrozenDisk(Number.POSITIVE_INFINITY, site.publishRefused);
    expect(String(error)).toContain('refuse');
    expect(site.look()).toEqual(before);
    expect(site.findLeft()).toEqual([]);
    for (let count = 0; count < calls.length; count += 1) {
      const where = `killed at ${calls[count]}`;
      site.reset();
      await onFrozenDisk(count, site.publishRefused);
      if (!site.hasJournal()) expect(site.look(), where).toEqual(before);
      site.recover();
      expect(site.look(), where).toEqual(before);
      expect(site.findLeft(), where).toEqual([]);
    }
  });

  test('killed at each call while the run before is taken back, the one after that brings it all back', {
    timeout,
  }, async () => {
    const { site, before, calls } = await setUp();
    const renames = calls.flatMap((call, index) => (call.startsWith('renameSync') ? [index] : []));
    const last = calls.findIndex((call) => /unlinkSync .*\/journal\.json$/.test(call));
    for (const at of [renames[2] ?? 0, last]) {
      const killRecovery = async (count: number) => {
        site.reset();
        await onFrozenDisk(at, site.publish);
        expect(site.hasJournal()).toBe(true);
        return await onFrozenDisk(count, site.recover);
      };
      const made = await killRecovery(Number.POSITIVE_INFINITY);
      expect(made.calls.length).toBeGreaterThan(8);
      for (let count = 0; count < made.calls.length; count += 1) {
        await killRecovery(count);
        site.recover();
        expect(site.look(), `killed at ${made.calls[count]}`).toEqual(before);
        expect(site.findLeft(), `killed at ${made.calls[count]}`).toEqual([]);
      }
    }
  });

  test.each([
    [
      'ENOSPC',
      ['openSync', 'writeFileSync', 'fsyncSync', 'mkdirSync'],
      /no space is left on the disk|ENOSPC/,
    ],
    ['EACCES', ['renameSync', 'linkSync', 'fchownSync', 'fchmodSync', 'futimesSync'], /EACCES/],
    ['EIO', ['unlinkSync', 'rmdirSync', 'rmSync'], /EIO/],
  ])(
    'a call that fails by %s leaves the set of before, or the new one',
    { timeout },
    async (code, names, message) => {
      const { site, before, after, calls } = await setUp();
      const made = calls.filter((call) => names.some((name) => call.startsWith(name)));
      for (let at = 1; at <= made.length; at += 1) {
        site.reset();
        const { error } = await withFailingCall(at, code, names, site.publish);
        const where = `${code} at ${made[at - 1]}: ${error}`;
        if (error === null) expect(site.look(), where).toEqual(after);
        else {
          expect(String(error), where).toMatch(message);
          expect(String(error), where).not.toContain('/proc/self/fd/');
          expect(site.look(), where).toEqual(before);
        }
        site.recover();
        expect(site.findLeft(), where).toEqual([]);
        expect(site.look(), where).toEqual(error === null ? after : before);
      }
    },
  );
});

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

test('a journal and second names as the first version wrote them are taken back', () => {
  const site = makeManager();
  site.reset();
  const before = site.look();
  const { etc, state } = site;
  mkdirSync(join(state, 'state'));
  const files = [
    { path: 'lists/opencti-win-hashes', existed: true },
    { path: 'lists/opencti-win-hash', existed: false },
    { path: 'rules/zz-opencti-1-gates.xml', existed: true },
    { path: 'decoders/zz-opencti-decoder.xml', existed: true },
  ];
  writeFileSync(join(state, 'state/journal.json'), `${JSON.stringify({ files })}\n`);
  for (const name of ['lists/X-win-hashes', 'rules/zz-X-1-gates.xml', 'decoders/zz-X-decoder.xml']) {
    const [folder = '', file = ''] = name.replace('X', 'opencti').split('/');
    linkSync(join(etc, folder, file), join(etc, folder, `.${file}.old~`));
  }
  // Replaced, new, gone, and not yet reached.
  rmSync(join(etc, 'lists/opencti-win-hashes'));
  writeFileSync(join(etc, 'lists/opencti-win-hashes'), 'new');
  writeFileSync(join(etc, 'lists/opencti-win-hash'), 'new');
  rmSync(join(etc, 'rules/zz-opencti-1-gates.xml'));
  writeFileSync(join(etc, 'lists/.opencti-fim-md5.new~'), 'staged');
  expect(site.recover()).toBe('killed');
  expect(site.look()).toEqual(before);
  expect(site.findLeft()).toEqual([]);
  expect(site.hasJournal()).toBe(false);
});

test('what an export of a run that is gone keeps is not put over a later one', async () => {
  const site = makeExport();
  site.reset();
  const { calls } = await onFrozenDisk(Number.POSITIVE_INFINITY, site.publish);
  const last = calls.findIndex((call) => /unlinkSync .*\/journal\.json$/.test(call));
  site.reset();
  await onFrozenDisk(last, site.publish);
  const [staging = ''] = site.findLeft();
  // Another process has the id now, and it is alive, so the folder is left for a while.
  const other = join(site.folder, `.opencti-wazuh-staging-${process.ppid}`);
  renameSync(join(site.folder, staging), other);
  await site.publish();
  const after = site.look();
  renameSync(other, join(site.folder, '.opencti-wazuh-staging-999999999'));
  site.recover();
  expect(site.look()).toEqual(after);
  expect(site.findLeft()).toEqual([]);
});
