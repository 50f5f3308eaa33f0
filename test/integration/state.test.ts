import { chmodSync, existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  claimSkipped,
  countSkipped,
  noteAnswer,
  noteFailure,
  readBreaker,
} from '../../src/integration/breaker.ts';
import { flushSpool, spoolMessage } from '../../src/integration/deliver.ts';
import { openCache, prune, toFileName } from '../../src/integration/state.ts';
import { makeFolder } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';
import { readEvent } from './support/engine.ts';
import { createListedManager, nameAlert } from './support/listed.ts';

const minute = 60_000;
const now = 1_795_000_000_000;

/** Files of ten bytes, the first written longest ago. */
function writeFiles(folder: string, names: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  for (const [index, name] of names.entries()) {
    const written = (now - (names.length - index) * minute) / 1000;
    writeFileSync(join(folder, name), '0123456789');
    utimesSync(join(folder, name), written, written);
  }
}

describe('a folder is kept within its bounds, the newest files stay', () => {
  test.each([
    ['number', { files: 2, bytes: 1_000, age: 1_000 * minute }, ['c', 'd']],
    ['size', { files: 100, bytes: 25, age: 1_000 * minute }, ['c', 'd']],
    ['age', { files: 100, bytes: 1_000, age: 3 * minute }, ['b', 'c', 'd']],
    ['nothing', { files: 4, bytes: 40, age: 4 * minute }, ['a', 'b', 'c', 'd']],
  ])('by %s', (_, bounds, left) => {
    const folder = makeFolder();
    writeFiles(folder, ['a', 'b', 'c', 'd']);
    expect(prune(folder, bounds, now)).toBe(4 - left.length);
    expect(readdirSync(folder).sort()).toEqual(left);
  });

  test('a folder that is not there has nothing to take', () => {
    expect(prune(join(makeFolder(), 'nowhere'), { files: 0, bytes: 0, age: 0 }, now)).toBe(0);
  });
});

describe('the spool', () => {
  test('holds 500 messages; the oldest go', () => {
    const folder = makeFolder();
    writeFiles(
      join(folder, 'spool'),
      Array.from({ length: 520 }, (_, index) => `${String(index).padStart(4, '0')}.message`),
    );
    spoolMessage(folder, 'new', now);
    const left = readdirSync(join(folder, 'spool'));
    expect(left).toHaveLength(500);
    expect(left).not.toContain('0020.message');
    expect(left).toContain('0021.message');
  });

  test('is sent in its order, at most 100 at once, and stops where the engine takes no more', () => {
    const folder = makeFolder();
    const names = Array.from({ length: 130 }, (_, index) => `${1_794_000_000_000 + index}-1-1.message`);
    mkdirSync(join(folder, 'spool'));
    for (const name of names) writeFileSync(join(folder, 'spool', name), name);
    const sent: string[] = [];
    const takeThree = (messages: readonly string[]) => {
      sent.push(...messages.slice(0, 3));
      return { sent: 3, problem: 'EAGAIN' };
    };
    expect(flushSpool(folder, Date.now(), takeThree)).toBe(3);
    expect(sent).toEqual(names.slice(0, 3));
    expect(readdirSync(join(folder, 'spool')).sort()).toEqual(names.slice(3));
    expect(flushSpool(folder, Date.now(), ({ length }) => ({ sent: length, problem: null }))).toBe(100);
    expect(readdirSync(join(folder, 'spool')).sort()).toEqual(names.slice(103));
  });

  test('takes away what no engine would take, and sends what stands behind it', () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'spool'));
    writeFileSync(join(folder, 'spool', '1794000000000-1-1.message'), 'x'.repeat(65_536));
    writeFileSync(join(folder, 'spool', '1794000000001-1-1.message'), 'behind');
    const sent: string[] = [];
    const take = (messages: readonly string[]) => {
      sent.push(...messages);
      return { sent: messages.length, problem: null };
    };
    expect(flushSpool(folder, Date.now(), take)).toBe(1);
    expect(sent).toEqual(['behind']);
    expect(readdirSync(join(folder, 'spool'))).toEqual([]);
  });

  test('takes over what a run left behind that ended in the middle', () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'spool'));
    writeFileSync(join(folder, 'spool/1-1-1.sending'), 'left');
    const later = Date.now() + 2 * minute;
    flushSpool(folder, later, () => ({ sent: 0, problem: 'EAGAIN' }));
    expect(readdirSync(join(folder, 'spool'))).toEqual(['1-1-1.message']);
  });
});

describe('the breaker', () => {
  const fail = (folder: string, value: string | null, at = now) =>
    noteFailure(folder, { value, reason: `why ${value}` }, at);

  test('opens for a minute, for the value that failed alone', () => {
    const folder = makeFolder();
    fail(folder, 'a');
    expect(readBreaker(folder, 'a', now + minute - 1)).toMatchObject({ reason: 'why a' });
    expect(readBreaker(folder, 'b', now + 1)).toBeNull();
    expect(readBreaker(folder, 'a', now + minute)).toBeNull();
  });

  test('opens for every value when two different ones failed, however often one did', () => {
    const folder = makeFolder();
    for (const later of [0, 1, 2, 3]) fail(folder, 'a', now + later);
    expect(readBreaker(folder, 'c', now + 4)).toBeNull();
    fail(folder, 'b', now + 5);
    expect(readBreaker(folder, 'c', now + 6)).toMatchObject({ reason: 'why b' });
    // The first of them is forgotten: one is left.
    expect(readBreaker(folder, 'c', now + 4 + minute)).toBeNull();
  });

  test('opens for every value at once when the failure has nothing to do with it', () => {
    const folder = makeFolder();
    fail(folder, null);
    expect(readBreaker(folder, 'c', now + 1)).toMatchObject({ reason: 'why null' });
  });

  test('counts a value no more when another one was answered since', () => {
    const folder = makeFolder();
    fail(folder, 'a');
    noteAnswer(folder, 'b', now + 1);
    expect(readBreaker(folder, 'a', now + 2)).toMatchObject({ reason: 'why a' });
    fail(folder, 'c', now + 3);
    expect(readBreaker(folder, 'd', now + 4)).toBeNull();
    fail(folder, 'd', now + 5);
    expect(readBreaker(folder, 'e', now + 6)).toMatchObject({ reason: 'why d' });
    for (const value of ['a', 'c', 'd']) noteAnswer(folder, value, now + 7);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('does not stay open when the clock is set back', () => {
    const folder = makeFolder();
    noteFailure(folder, { value: 'a', reason: 'why' }, now);
    expect(readBreaker(folder, 'a', now - 1)).toBeNull();
  });

  test('counts what was skipped, once', () => {
    const folder = makeFolder();
    expect(claimSkipped(folder).count).toBe(0);
    for (const _ of [1, 2, 3]) expect(countSkipped(folder)).toBeNull();
    const skipped = claimSkipped(folder);
    expect(skipped.count).toBe(3);
    // It is for one run alone.
    expect(claimSkipped(folder).count).toBe(0);
    skipped.settle();
    expect(claimSkipped(folder).count).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('counts again what could not be told, with what came in the meantime', () => {
    const folder = makeFolder();
    for (const _ of [1, 2, 3]) countSkipped(folder);
    const skipped = claimSkipped(folder);
    countSkipped(folder);
    skipped.giveBack();
    expect(claimSkipped(folder).count).toBe(4);
  });

  test('says why it cannot be opened', () => {
    const folder = join(makeFolder(), 'run');
    writeFileSync(folder, 'no folder');
    expect(noteFailure(folder, { value: 'a', reason: 'why' }, now)).toMatch(/^(?:EEXIST|ENOTDIR)$/);
    expect(countSkipped(folder)).toMatch(/^(?:EEXIST|ENOTDIR)$/);
  });

  test('is not there when its file is damaged', () => {
    const folder = makeFolder();
    for (const text of ['{"until":', '{"failures":[{}]}', '{"until":1,"reason":"of an older version"}']) {
      writeFileSync(join(folder, 'unreachable.json'), text);
      expect(readBreaker(folder, 'a', now)).toBeNull();
    }
  });
});

describe('the cache', () => {
  test('gives an answer until its time, and never the one of another key', () => {
    const folder = makeFolder();
    openCache(folder, 10 * minute, now).write('a', { found: 1 }, 2 * minute);
    expect(openCache(folder, 10 * minute, now + 2 * minute - 1).read('a')).toEqual({ found: 1 });
    expect(openCache(folder, 10 * minute, now + 2 * minute).read('a')).toBeUndefined();
    expect(openCache(folder, minute, now).read('a')).toBeUndefined();
    expect(openCache(folder, 10 * minute, now).read('b')).toBeUndefined();
    expect(openCache(folder, null, now).read('a')).toBeUndefined();
    // Two keys with one file name: what the file holds decides.
    writeFileSync(
      join(folder, 'cache', toFileName('b')),
      JSON.stringify({ key: 'a', until: now + minute, answer: 1 }),
    );
    expect(openCache(folder, 10 * minute, now).read('b')).toBeUndefined();
  });

  test('holds at most 500 answers', () => {
    const folder = makeFolder();
    writeFiles(
      join(folder, 'cache'),
      Array.from({ length: 520 }, (_, index) => `old-${index}`),
    );
    // The cache is cleaned when the time is a multiple of 50 milliseconds, as this one is.
    openCache(folder, 1_000 * minute, now).write('a', 1, minute);
    expect(readdirSync(join(folder, 'cache')).length).toBeLessThanOrEqual(500);
  });

  test('that is off writes nothing', () => {
    const folder = makeFolder();
    openCache(folder, null, now).write('a', 1, minute);
    expect(existsSync(join(folder, 'cache'))).toBe(false);
  });
});

test.runIf(process.getuid?.() === 0)(
  'an integration that can keep nothing says so in its line, and does its work',
  async () => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: server.url });
    const folder = join(manager.home, 'var/opencti-wazuh/run');
    const user = { uid: 42_424, gid: 42_424 };
    for (const path of ['.', 'queue/sockets', 'queue/sockets/queue', 'logs', 'tmp', 'integrations'])
      chmodSync(join(manager.home, path), 0o777);
    const { messages, log } = await manager.run(nameAlert, { user });
    expect(readEvent(messages[0]).data.opencti).toMatchObject({ value: 'sazoya.com' });
    expect(log[0]).toContain(
      `note="${folder} cannot be written (EACCES); it must belong to the user of integratord, mode 0700"`,
    );
    mkdirSync(join(folder, 'cache'));
    chmodSync(folder, 0o777);
    chmodSync(join(folder, 'cache'), 0o755);
    expect((await manager.run(nameAlert, { user })).log[0]).toContain('cannot be written (EACCES)');
  },
);
