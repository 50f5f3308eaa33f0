import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { layOutDecoders } from '../fake-manager/home.ts';
import { makeFolder } from '../support/folder.ts';
import { layOut, layOutRuleset } from '../support/layout.ts';

/** The manager's ids: not those of whoever runs the tests, where that is possible. */
const wazuh = process.getuid?.() === 0 ? { uid: 4242, gid: 4243 } : null;

export interface LaidOutManager {
  readonly home: string;
  readonly etc: string;
  readonly conf: string;
}

/** The folders of a manager as its packages make them, with a stock ruleset, and no engine. */
export function layOutManager(ossecConf: string): LaidOutManager {
  const root = makeFolder();
  // The manager's user has to come to its home, as to /var.
  chmodSync(root, 0o755);
  const home = join(root, 'ossec');
  const etc = join(root, 'etc');
  mkdirSync(home);
  const ids = wazuh ?? { uid: 0, gid: 0 };
  layOut(home, '4.14.7', ids);
  layOutRuleset(home, ids);
  layOutDecoders(home, ids);
  for (const path of ['cron.d', 'logrotate.d', 'systemd/system/timers.target.wants'])
    mkdirSync(join(etc, path), { recursive: true });
  writeFileSync(join(home, 'etc/rules/local_rules.xml'), localRules, 'latin1');
  const conf = join(home, 'etc/ossec.conf');
  writeFileSync(conf, ossecConf, 'latin1');
  return { home, etc, conf };
}

export const localRules = `<!-- R\xe8gles -->
<group name="local,">
  <rule id="100001" level="5">
    <if_group>syscheck_file</if_group>
    <field name="file">^/tmp/x</field>
    <description>of this site</description>
  </rule>
</group>
`;

/** Everything below a folder: what it is, its mode, its owner, its bytes. */
export function snapshot(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(names.map((name) => [name, describe(join(folder, name))]));
}

function describe(path: string): string {
  const stats = lstatSync(path);
  const access = `${(stats.mode & 0o7777).toString(8)} ${stats.uid}:${stats.gid}`;
  if (stats.isSymbolicLink()) return `link ${readlinkSync(path)}`;
  if (stats.isDirectory()) return `folder ${access}`;
  if (!stats.isFile()) return `socket ${access}`;
  return `file ${access} ${readFileSync(path, 'latin1')}`;
}
