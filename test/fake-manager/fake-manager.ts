import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { FiredRule } from '../engine-model/evaluate.ts';
import { receiveDatagrams } from '../support/datagram-receiver.ts';
import type { DatagramReceiver } from '../support/datagram-socket.ts';
import { readTree } from '../support/folder.ts';
import type { LaidOutVersion } from '../support/layout.ts';
import { createEngine, type Engine, type Judgement } from './engine.ts';
import { createManagerFaults, findFault, type ManagerFault, type ManagerFaults } from './faults.ts';
import { type Answer, serveFrames, toFrame } from './frames.ts';
import { type ConfOptions, isRoot, makeHome, wazuhId, writeVersion } from './home.ts';
import type { Listening } from './listen.ts';
import { type Environment, installPrograms, type ProgramAnswer } from './programs.ts';

export interface FakeManagerOptions extends ConfOptions {
  /** False: an engine before 4.13, which is 4.12.0. Default: true, and 4.14.7. */
  readonly hasHotReload?: boolean;
  /** Of an engine without hot reload. Default: 4.12.0. */
  readonly version?: string;
  /** A home that is there already, as one that was installed; of the newest version. Default: one is laid out. */
  readonly there?: StandingHome;
  /** False: `<rule_test>` is off, and the engine has no socket for logtest sessions. Default: true. */
  readonly hasLogtest?: boolean;
}

/** A home, and what is known of how it was made. */
export interface StandingHome {
  readonly home: string;
  /** The files that the packages have put below `etc`. */
  readonly laidOut: Readonly<Record<string, string>>;
  readonly environment: Environment;
}

/** What the engine was asked to do: `reload`, `check` (`-t`), `restart`, or another command. */
export interface FakeManager extends StandingHome {
  readonly engine: Engine;
  readonly queue: DatagramReceiver;
  readonly faults: ManagerFaults;
  readonly asked: string[];
  /** Every request as it arrived, in order, of whichever socket: `analysis {...}`; a call of a program as `run wazuh-control restart`. */
  readonly received: string[];
  /** The verdicts of its logtest sessions, in the order in which they were opened. */
  readonly judged: readonly Judgement[];
  /** The tokens of the sessions that were not closed. */
  readonly openSessions: ReadonlySet<string>;
  /** What the daemons were started with, by the machine or by the last restart: each script has it too. */
  readonly environment: Environment;
  /**
   * Texts of lists, rules and decoders by their paths below `etc`; not what the engine compiles of them, and not what the
   * packages have laid there.
   */
  readFiles(): Record<string, string>;
  /** Returns our lists, rules and decoders that the engine has in memory, in a form to compare. */
  readLoaded(): unknown;
  /** Takes the messages that have arrived in the queue, with the rule that fires for each. */
  takeAlerts(): { readonly message: string; readonly fired: FiredRule | null }[];
  /** Removes the socket, as when the engine stops. */
  stopEngine(): Promise<void>;
  startEngine(): Promise<void>;
}

/** Starts a manager with an engine that runs; it ends with the test. */
export async function startFakeManager(options: FakeManagerOptions = {}): Promise<FakeManager> {
  const { hasHotReload = true, version = hasHotReload ? '4.14.7' : '4.12.0', hasLogtest = true } = options;
  const { there } = options;
  const home = there?.home ?? makeHome(options, toLaidOut(version));
  if (!there) writeVersion(home, version);
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const laidOut = there?.laidOut ?? readFiles(home);
  const engine = createEngine(home);
  engine.load();
  const faults = createManagerFaults();
  const asked: string[] = [];
  const received: string[] = [];
  const queue = receiveDatagrams(join(home, 'queue/sockets/queue'));
  chmodSync(queue.path, 0o777);
  const judged: Judgement[] = [];
  const openSessions = new Set<string>();
  const asking: Asking = { engine, asked, faults, hasHotReload, version, judged, openSessions };
  const sockets = [
    { name: 'analysis', answer: answerRequest },
    ...(hasLogtest ? [{ name: 'logtest', answer: answerLogtest }] : []),
  ];
  let servers: Listening[] = [];
  async function startEngine(): Promise<void> {
    for (const { name, answer } of sockets) {
      const path = join(home, 'queue/sockets', name);
      rmSync(path, { force: true });
      const serve = (text: string) => {
        received.push(`${name} ${text}`);
        return answer(text, asking);
      };
      servers.push(await serveFrames(path, serve));
      chmodSync(path, 0o777);
    }
    writeFileSync(join(home, `var/run/wazuh-analysisd-${process.pid}.pid`), `${process.pid}\n`);
  }
  async function stopEngine(): Promise<void> {
    await Promise.all(servers.map((server) => server.close()));
    servers = [];
  }
  await startEngine();
  const names = ['wazuh-analysisd', 'wazuh-control'];
  let environment: Environment = there?.environment ?? { PATH: '/usr/bin:/bin' };
  const programs = await installPrograms(home, names, version, (name, args, given) => {
    const call = `${name} ${args.join(' ')}`;
    received.push(`run ${call}`);
    const answer = runProgram(call, engine, asked, faults.take('load'));
    if (call === 'wazuh-control restart' && answer?.code === 0) environment = given;
    return answer;
  });
  onTestFinished(async () => {
    await stopEngine();
    await programs.close();
  });
  return {
    home,
    laidOut,
    engine,
    queue,
    faults,
    asked,
    received,
    judged,
    openSessions,
    get environment() {
      return environment;
    },
    readFiles: () => {
      const files = Object.entries(readFiles(home)).filter(([path, text]) => laidOut[path] !== text);
      return Object.fromEntries(files);
    },
    readLoaded: () => toComparable(engine),
    takeAlerts: () => queue.drain().map((message) => ({ message, fired: engine.fire(message) })),
    stopEngine,
    startEngine,
  };
}

/** The packages of these versions differ in their layout (`test/support/layout.tsv`). */
function toLaidOut(version: string): LaidOutVersion {
  const [, minor = '14'] = /^4\.(\d+)/.exec(version) ?? [];
  if (Number(minor) < 3) return '4.2.7';
  if (Number(minor) < 12) return '4.4.0';
  return minor === '12' ? '4.12.0' : '4.14.7';
}

interface Asking {
  readonly engine: Engine;
  readonly asked: string[];
  readonly faults: ManagerFaults;
  readonly hasHotReload: boolean;
  readonly version: string;
  readonly judged: Judgement[];
  readonly openSessions: Set<string>;
}

/** As `analysisd/asyscom.c` does (Wazuh 4.14.7); before 4.4 in plain words (read in the sources of 4.3). */
function answerRequest(text: string, asking: Asking): Answer {
  const { asked, hasHotReload } = asking;
  if (isInPlainWords(asking)) return answerPlainWords(text, asking);
  if (!text.startsWith('{')) return { error: 2, message: 'Invalid JSON message', data: {} };
  const { command, parameters } = toRequest(text);
  if (command === 'getconfig') return answerConfig(parameters.section, asking);
  if (command !== 'reload-ruleset' || !hasHotReload) {
    asked.push(command === 'reload-ruleset' ? 'unknown reload' : command);
    return { error: 4, message: 'Unrecognized command', data: {} };
  }
  asked.push('reload');
  return answerReload(asking);
}

interface Request {
  readonly command: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

function toRequest(text: string): Request {
  return { parameters: {}, ...(JSON.parse(text) as Pick<Request, 'command'>) };
}

const isInPlainWords = ({ version }: Asking) => /^4\.[23]\./.test(version);

function answerPlainWords(text: string, asking: Asking): Answer {
  if (text !== 'getconfig decoders') {
    if (text.includes('reload-ruleset')) asking.asked.push('unknown reload');
    return toFrame('err Unrecognized command');
  }
  const faults = asking.faults.take('decoders');
  if (findFault(faults, 'decoders-hang-up')) return 'hang-up';
  if (findFault(faults, 'decoders-unknown')) return toFrame('err Could not get requested section');
  return toFrame(`ok ${JSON.stringify(toDecoders(asking))}`);
}

function answerConfig(section: unknown, asking: Asking): Answer {
  const faults = asking.faults.take('decoders');
  if (findFault(faults, 'decoders-hang-up')) return 'hang-up';
  if (section !== 'decoders' || findFault(faults, 'decoders-unknown'))
    return { error: 7, message: 'Could not get requested section', data: {} };
  return { error: 0, message: 'ok', data: toDecoders(asking) };
}

/** Returns the decoders that the engine has loaded, whatever is on the disk now. */
function toDecoders({ engine }: Asking) {
  return { decoders: engine.decoderNames().map((name, index) => ({ id: index + 1, name })) };
}

function answerReload({ engine, faults: planned }: Asking): Answer {
  const faults = planned.take('load');
  findFault(faults, 'run')?.work();
  if (findFault(faults, 'no-answer')) return null;
  if (findFault(faults, 'hang-up')) return 'hang-up';
  if (findFault(faults, 'broken-answer')) return Buffer.from([9, 0, 0, 0, ...Buffer.from('not json!')]);
  if (findFault(faults, 'reload-refused')) {
    engine.check(toCompileFaults(faults));
    return { error: 1, message: 'due', data: ["(1226): Error reading XML file 'etc/rules/site.xml'"] };
  }
  if (findFault(faults, 'loads-nothing')) {
    engine.check(toCompileFaults(faults));
    return { error: 0, message: 'ok', data: [] };
  }
  const { isTaken, messages } = engine.load(toCompileFaults(faults));
  const data = [...messages, ...(findFault(faults, 'reload-warns')?.texts ?? [])].slice(-keptMessages);
  return isTaken ? { error: 0, message: 'ok', data } : { error: 1, message: 'due', data };
}

/** An answer has only the last messages (Wazuh 4.14.7). */
const keptMessages = 50;

/** Answers as `analysisd/logtest.c` does, in the form recorded from 4.14.7: a session loads what is on the disk. */
function answerLogtest(text: string, { engine, faults: planned, judged, openSessions }: Asking): Answer {
  const { command, parameters } = toRequest(text);
  if (command === 'remove_session') {
    const isThere = openSessions.delete(String(parameters.token));
    const messages = isThere
      ? [`INFO: (7206): The session '${parameters.token}' was closed successfully`]
      : [`ERROR: (7004): No such session: '${parameters.token}'`];
    return { error: 0, data: { messages, codemsg: isThere ? 0 : -1 } };
  }
  const event = String(parameters.event);
  const outputOf = () => ({ full_log: event, ...engine.tryLog(event, String(parameters.location)) });
  const open = String(parameters.token);
  if (command === 'log_processing' && openSessions.has(open))
    return { error: 0, data: { messages: [], token: open, output: outputOf(), alert: false, codemsg: 0 } };
  const faults = planned.take('session');
  findFault(faults, 'session-run')?.work();
  if (findFault(faults, 'session-hang-up')) return 'hang-up';
  if (findFault(faults, 'session-no-answer')) return null;
  if (command !== 'log_processing' || findFault(faults, 'sessions-used-up'))
    return { error: 5, message: 'Unable to initialize a session', data: {} };
  const says = findFault(faults, 'session-says');
  if (says) return { error: 0, data: { messages: says.messages, codemsg: says.codemsg } };
  const judgement = engine.judge(toCompileFaults(planned.peek('load')));
  judged.push(judgement);
  const token = (judged.length + 0x10_00_00_00).toString(16);
  const { codemsg, isOpen } = judgement;
  const messages = judgement.messages.map((message) => message.replace('{token}', token));
  if (!isOpen) return { error: 0, data: { messages, codemsg } };
  openSessions.add(token);
  return {
    error: 0,
    data: { messages, token, output: outputOf(), alert: false, codemsg },
  };
}

function toCompileFaults(faults: readonly ManagerFault[]) {
  return {
    noCompile: findFault(faults, 'lists-not-compiled') !== undefined,
    dropEntries: findFault(faults, 'entries-lost')?.count ?? 0,
  };
}

function runProgram(
  call: string,
  engine: Engine,
  asked: string[],
  faults: readonly ManagerFault[],
): ProgramAnswer | null {
  findFault(faults, 'run')?.work();
  const time = '2026/11/24 03:00:00';
  if (call === 'wazuh-analysisd -t') {
    asked.push('check');
    if (findFault(faults, 'check-hangs')) return null;
    const { isTaken, messages } = engine.check(toCompileFaults(faults));
    const more = findFault(faults, 'reload-warns')?.texts ?? [];
    const failure = findFault(faults, 'check-fails');
    if (failure) return { code: 1, lines: failure.lines };
    return {
      code: isTaken ? 0 : 1,
      lines: [...messages, ...more].map((text) => `${time} wazuh-analysisd: WARNING: ${text}`),
    };
  }
  if (call !== 'wazuh-control restart') return { code: 1, lines: [`usage: ${call}`] };
  asked.push('restart');
  if (findFault(faults, 'restart-fails'))
    return { code: 1, lines: ['wazuh-analysisd did not start correctly.'] };
  const { isTaken } = engine.load();
  return { code: isTaken ? 0 : 1, lines: ['Completed.'] };
}

function readFiles(home: string): Record<string, string> {
  const folders = ['lists', 'rules', 'decoders'].filter((name) => existsSync(join(home, 'etc', name)));
  const files = folders.flatMap((folder) =>
    Object.entries(readTree(join(home, 'etc', folder))).map(([name, text]) => [`${folder}/${name}`, text]),
  );
  return Object.fromEntries(files.filter(([path]) => !path?.endsWith('.cdb')));
}

function toComparable({ loaded }: Engine): unknown {
  if (loaded === null) return null;
  return {
    lists: Object.fromEntries([...loaded.lists].map(([path, entries]) => [path, [...entries]])),
    files: loaded.files,
  };
}

/** Ids of the owner of what the engine reads; null where the user of the tests may not give things away. */
export const expectedOwner = isRoot ? { uid: wazuhId, gid: wazuhId } : null;
