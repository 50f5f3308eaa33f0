import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import type { Fault } from '../platform/faults.ts';
import { demoToken } from '../platform/server.ts';
import { runCli } from '../support/cli.ts';
import { makeFolder } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';
import { clock, normalise, openRecordings } from './recording.ts';

const { expectKept, expectAllCompared } = openRecordings('faults');

type Environment = Readonly<Record<string, string>>;

const calls: readonly string[][] = [
  ['frobnicate'],
  ['refesh'],
  ['export'],
  ['export', '<folder>/out', '--split', '3'],
  ['refresh', '--frce'],
  ['install', '--schedule', 'weekly'],
  ['selftest', '--timeout', 'long'],
  ['demo', '--rows', 'many'],
  ['lookup', '<folder>/none.json'],
  ['lookup', '<folder>/broken.json', '--from', '<folder>/export'],
  ['lookup', 'evil.com', '--from', '<folder>/empty'],
  ['explain', 'evil.com', '--from', '<folder>/empty'],
  ['explain', 'evil.com', '--offline'],
  ['report', '--from', '<folder>/empty'],
  ['status'],
  ['refresh'],
  ['install'],
  ['uninstall'],
  ['check'],
  ['export', '<folder>/out'],
  ['export', '<folder>/out', '--config', '<folder>/none.yml'],
];

/** YAML by what is wrong with it. */
const configs: Readonly<Record<string, string>> = {
  'keys that are not known': 'slect: { min_score: 60 }\nopencti: { pagesize: 10 }\ngates: { hashs: on }\n',
  'several wrong values':
    'select: { min_score: 101, kinds: [sha512], sources: [] }\nrules: { level: { hash: 2 } }\nopencti: { page_size: 5001, timeout: soon }\nguards: { shrink_limit: 101, max_age: -1h }\n',
  'no YAML': 'select: [\n  a: b\n',
  'no mapping': '- select\n',
  'a key twice': 'select: { min_score: 60 }\nselect: { min_score: 70 }\n',
  'a URL that is none': 'opencti: { url: "cti.example" }\n',
  'a token without a file': 'opencti: { url: "https://cti.example", token_file: <folder>/no-token }\n',
  'a CA that is none': 'opencti: { ca_file: <folder>/broken.json }\n',
  'an allow file that is not there': 'select: { allow_files: [<folder>/no-allow.txt] }\n',
  'blocks of ids that overlap': 'rules: { first_id: 118000 }\n',
  'pattern types, which have no effect any more': 'select: { indicators: { pattern_types: [yara] } }\n',
  'a prefix that is too short': 'gates: { prefix: 11 }\n',
  'a warning list that is not known': 'select: { warning_lists: { built_in: [everything] } }\n',
  'what has no effect any more': 'rules: { parents: {} }\n',
};

const faults: readonly Fault[] = [
  { kind: 'status', status: 401 },
  { kind: 'status', status: 404 },
  { kind: 'status', status: 503 },
  { kind: 'html' },
  { kind: 'redirect', location: 'https://sso.example/' },
  { kind: 'error', code: 'AUTH_REQUIRED' },
  { kind: 'broken-json' },
  { kind: 'hang-up', when: 'in-body' },
];

test('wrong calls, wrong configurations, and an OpenCTI that does not answer', {
  timeout: 180_000,
}, async () => {
  const folder = makeFolder();
  for (const name of ['empty', 'export/lists', 'home']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'broken.json'), '{"win":');
  const home = { WAZUH_HOME: join(folder, 'home') };
  const { url } = await openOpenCti();
  const access = { OPENCTI_URL: url, OPENCTI_TOKEN: demoToken };
  const there = (text: string) => text.replaceAll('<folder>', folder);
  /** How often it is tried again depends on the load of the machine. */
  const withoutTries = (text: string) => text.replaceAll(/^.*; trying again\n/gm, '');
  const run = async (args: readonly string[], environment: Environment = {}) => {
    const { code, stdout, stderr } = await runCli(args.map(there), { ...home, ...clock, ...environment });
    const said = `$ opencti-wazuh ${args.join(' ')}\nexit code ${code}\n${stdout}${withoutTries(stderr)}`;
    return normalise(said, { [folder]: '<folder>' });
  };

  async function runConfig(name: string, text: string, index: number): Promise<string> {
    const file = join(folder, `${index}.yml`);
    writeFileSync(file, there(text));
    const config = ['--config', `<folder>/${index}.yml`];
    const environment = /url|token/.test(text) ? {} : access;
    const said = await run(['export', `<folder>/out-${index}`, ...config], environment);
    // The output of an export that succeeds is kept elsewhere.
    return `${name}\n${said.replace(/^Exported to [\s\S]*?wazuh-control restart\n/m, '')}`;
  }

  async function runFault(fault: Fault): Promise<string> {
    const server = await openOpenCti();
    server.faults.add(fault);
    return `${JSON.stringify(fault)}\n${await runQuick(server.url, demoToken)}`;
  }

  // One try: whether a second one comes within a few tenths of a second is for the timers of the machine.
  const quick = join(folder, 'quick.yml');
  writeFileSync(quick, 'opencti: { timeout: 5s, retry_for: 0s }\n');
  const runQuick = (OPENCTI_URL: string, OPENCTI_TOKEN: string) =>
    run(['export', '<folder>/out', '--config', '<folder>/quick.yml'], { OPENCTI_URL, OPENCTI_TOKEN });

  const [called, configured, faulty] = await Promise.all([
    inOrder(calls.map((args) => () => run(args))),
    inOrder(
      Object.entries(configs).map(
        ([name, text], index) =>
          () =>
            runConfig(name, text, index),
      ),
    ),
    inOrder([
      ...faults.map((fault) => () => runFault(fault)),
      () => runQuick(url, 'another-token'),
      () => runQuick('http://127.0.0.1:1', demoToken),
      async () => runQuick((await openOpenCti({}, { version: '5.11.0' })).url, demoToken),
      async () => runQuick((await openOpenCti({}, { capabilities: [] })).url, demoToken),
    ]),
  ]);
  expectKept('calls.txt', called);
  expectKept('configurations.txt', configured);
  expectKept('opencti.txt', faulty);
});

async function inOrder(work: readonly (() => Promise<string>)[]): Promise<string> {
  const texts: string[] = [];
  for (const each of work) texts.push(await each());
  return texts.join('\n');
}

expectAllCompared();
