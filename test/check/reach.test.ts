import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findBarrier, type Want } from '../../src/commands/check/site.ts';
import { isRoot, wazuhId } from '../fake-manager/home.ts';
import { makeFolder } from '../support/folder.ts';

const user = { uid: wazuhId, gid: wazuhId, groups: [] };

function lay(): string {
  const folder = makeFolder();
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'closed'), { mode: 0o700 });
  mkdirSync(join(folder, 'open'));
  for (const name of ['closed/file', 'open/file', 'open/private', 'open/program'])
    writeFileSync(join(folder, name), '#!/bin/sh\n');
  chmodSync(join(folder, 'open/private'), 0o640);
  chmodSync(join(folder, 'open/program'), 0o755);
  symlinkSync('../closed/file', join(folder, 'open/link'));
  symlinkSync('private', join(folder, 'open/other'));
  symlinkSync('round', join(folder, 'round'));
  return folder;
}

test('the first thing in the way is named', () => {
  const folder = lay();
  const at = (path: string, want: Want = 'read') => findBarrier(join(folder, path), user, want);
  expect(at('open/file')).toBeNull();
  expect(at('open/program', 'run')).toBeNull();
  expect(at('closed/file')).toBe(`${folder}/closed is closed to it (mode 700)`);
  expect(at('open/link')).toBe(`${folder}/closed is closed to it (mode 700)`);
  expect(at('open/private')).toBe('its mode is 640');
  expect(at('open/other')).toBe(`the mode of ${folder}/open/private is 640`);
  expect(at('open/file', 'run')).toBe('its mode is 644');
  expect(at('open', 'write')).toBe('its mode is 755');
  expect(at('open/none/at/all')).toBe(`${folder}/open/none is not there`);
  expect(at('open/file/below')).toBe(`${folder}/open/file is no folder`);
  expect(at('round')).toMatch(/round is a circle of links/);
});

test.runIf(isRoot)(
  'it agrees with the kernel, for the owner, the group, a further group and the others',
  () => {
    const folder = lay();
    const file = join(folder, 'open/file');
    const owners = [
      [wazuhId, 0],
      [0, wazuhId],
      [0, wazuhId + 1],
    ] as const;
    for (const [uid, gid] of owners)
      for (const mode of [0o000, 0o004, 0o040, 0o400, 0o044, 0o404, 0o440, 0o070, 0o700]) {
        chownSync(file, uid, gid);
        chmodSync(file, mode);
        const script = `exec 0<${file}`;
        const { status } = spawnSync('/bin/sh', ['-c', script], { uid: wazuhId, gid: wazuhId });
        const isOpen = findBarrier(file, user, 'read') === null;
        expect(isOpen, `${uid}:${gid} ${mode.toString(8)}`).toBe(status === 0);
      }
    chownSync(file, 0, wazuhId + 1);
    chmodSync(file, 0o640);
    expect(findBarrier(file, { ...user, groups: [wazuhId + 1] }, 'read')).toBeNull();
  },
);

test('root gets everywhere, to what is there', () => {
  const folder = lay();
  const root = { uid: 0, gid: 0, groups: [] };
  expect(findBarrier(join(folder, 'closed/file'), root, 'read')).toBeNull();
  expect(findBarrier(join(folder, 'closed/none'), root, 'read')).toBe(`${folder}/closed/none is not there`);
});
