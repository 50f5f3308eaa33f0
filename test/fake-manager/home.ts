import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDecoderNames } from '../../src/wazuh/decoder-names.ts';
import { allFields, toActiveFields } from '../../src/wazuh/fields.ts';
import { type LaidOutVersion, layOut, layOutRuleset, type ManagerIds } from '../support/layout.ts';

/** What `ossec.conf` says. */
export interface ConfOptions {
  /** False when no list of ours is declared. */
  readonly isDeclared?: boolean;
  readonly cluster?: 'master' | 'worker' | 'disabled' | null;
  /** The text after the root elements. */
  readonly more?: string;
}

/** A user that no machine has a name for; the real one is called `wazuh` and has another number on each. */
export const wazuhId = 42_424;

export const isRoot = process.getuid?.() === 0;

/** Makes the folders of a manager as its packages do; owners as far as the user of the tests may give things away. */
export function makeHome(conf: ConfOptions, version: LaidOutVersion = '4.14.7'): string {
  const home = mkdtempSync(join(tmpdir(), 'wazuh-'));
  const ids = { uid: wazuhId, gid: wazuhId };
  layOut(home, version, ids);
  layOutRuleset(home, ids);
  layOutDecoders(home, ids);
  // The engine refuses an empty file.
  rmSync(join(home, 'etc/rules/local_rules.xml'));
  writeConf(home, conf);
  return home;
}

/** Some of the stock decoders by their files (Wazuh 4.14.7): the rules of a source need that of its logs. */
const stockDecoders = {
  '0115-dovecot_decoders.xml': { name: 'dovecot', program: '^dovecot', srcip: 'rip=(\\S+),' },
  '0155-named_decoders.xml': { name: 'named', program: '^named', srcip: null },
  '0205-pam_decoders.xml': { name: 'pam', program: '(pam_unix)$', srcip: null },
  '0310-ssh_decoders.xml': { name: 'sshd', program: '^sshd', srcip: 'from (\\S+) port' },
} as const;

/** Puts some more of the stock decoders into a home: their names, the programs whose lines they take, and the address. */
export function layOutDecoders(home: string, { gid }: ManagerIds): void {
  for (const [file, { name, program, srcip }] of Object.entries(stockDecoders)) {
    const path = join(home, 'ruleset/decoders', file);
    const fills = srcip === null ? '' : `  <regex type="pcre2">${srcip}</regex>\n  <order>srcip</order>\n`;
    writeFileSync(
      path,
      `<decoder name="${name}">\n  <program_name>${program}</program_name>\n${fills}</decoder>\n`,
    );
    chmodSync(path, 0o640);
    if (isRoot) chownSync(path, 0, gid);
  }
}

export function setOwner(path: string, owner: 'root' | 'wazuh', mode: number): void {
  chmodSync(path, mode);
  if (isRoot) chownSync(path, owner === 'root' ? 0 : wazuhId, wazuhId);
}

const stockLists = ['etc/lists/malicious-ioc/malware-hashes'];

/** The lists that a refresh of this home writes: those of the rows that start by themselves. */
function listsOf(home: string): string[] {
  const decoders = readDecoderNames(join(home, 'ruleset/decoders'));
  return toActiveFields(allFields, { switches: {}, decoders }).flatMap(({ list }) => list ?? []);
}

export function writeConf(home: string, { isDeclared = true, cluster = null, more = '' }: ConfOptions): void {
  const ours = isDeclared ? listsOf(home).map((list) => `etc/lists/${list}`) : [];
  const lists = [...stockLists, ...ours].map((list) => `    <list>${list}</list>\n`).join('');
  const block =
    cluster === null
      ? ''
      : `  <cluster>\n    <node_type>${cluster === 'worker' ? 'worker' : 'master'}</node_type>\n    <disabled>${cluster === 'disabled' ? 'yes' : 'no'}</disabled>\n  </cluster>\n`;
  const text = `<!-- A manager. -->
<ossec_config>
  <global>
    <jsonout_output>yes</jsonout_output>
  </global>
${block}</ossec_config>
<ossec_config>
  <ruleset>
    <decoder_dir>ruleset/decoders</decoder_dir>
    <rule_dir>ruleset/rules</rule_dir>
${lists}
    <decoder_dir>etc/decoders</decoder_dir>
    <rule_dir>etc/rules</rule_dir>
  </ruleset>
</ossec_config>
${more}`;
  writeFileSync(join(home, 'etc/ossec.conf'), text);
  setOwner(join(home, 'etc/ossec.conf'), 'root', 0o660);
}

/** The packages write it since 4.12; before, the version stood in `wazuh-control` alone. */
export function writeVersion(home: string, version: string): void {
  if (/^4\.(?:\d|1[01])\./.test(version)) return;
  const file = join(home, 'VERSION.json');
  writeFileSync(file, `{\n    "version": "${version}",\n    "stage": "rc1"\n}\n`);
  setOwner(file, 'wazuh', 0o440);
}
