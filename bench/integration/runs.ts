import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';
import { demoToken } from '../../test/platform/server.ts';

/** Debian's own, so that the figure is what a manager has. */
export const python = '/usr/bin/python3';

export type Scheme = 'http' | 'https';

/** Milliseconds of one whole run. */
export interface Cost {
  readonly wall: number;
  /** Of the processor, with all children: other work on the machine hardly changes it. */
  readonly cpu: number;
}

export interface Runs {
  ours(scheme: Scheme): Promise<Cost>;
  theirs(scheme: Scheme): Promise<Cost>;
}

export interface Place {
  readonly root: string;
  readonly home: string;
  readonly ca: string;
  readonly urls: Readonly<Record<Scheme, string>>;
  /** How many messages have come since the last call. */
  countArrived(): number;
}

export function toRuns({ root, home, ca, urls, countArrived }: Place): Runs {
  const alert = join(home, 'alert.json');
  const caFile = join(home, 'ca.pem');
  writeFileSync(caFile, ca);
  const script = join(root, 'bench/integration/lookup.py');
  const time = async (command: string, args: readonly string[]) => {
    const before = readChildren().cpu;
    const started = performance.now();
    const status = await runCommand(command, args, home);
    const cost = { wall: performance.now() - started, cpu: readChildren().cpu - before };
    if (status === 0 && countArrived() === 1) return cost;
    throw new Error(`${command} failed (${status}), or sent nothing`);
  };
  return {
    ours(scheme) {
      // Every run asks; none uses what the one before left.
      rmSync(join(home, 'var/opencti-wazuh/run/cache'), { recursive: true, force: true });
      const settings = { url: urls[scheme], token: demoToken, ...(scheme === 'https' && { ca }) };
      writeFileSync(join(home, 'integrations/custom-opencti.json'), JSON.stringify(settings));
      return time('integrations/custom-opencti', [alert, '', '', '', '', '10', '3', '> /dev/null 2>&1']);
    },
    theirs(scheme) {
      const queue = join(home, 'queue/sockets/queue');
      return time(python, [script, alert, demoToken, urls[scheme], queue, scheme === 'https' ? caFile : '']);
    },
  };
}

/** With the nearly empty environment of integratord. */
function runCommand(command: string, args: readonly string[], cwd: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', resolve);
  });
}

const getrusage = koffi.load(null).func('int getrusage(int, _Out_ uint8_t *)');
const childrenOfThis = -1;

/** Milliseconds of all children so far, and the megabytes of the largest: `struct rusage` of 64-bit Linux. */
export function readChildren(): { readonly cpu: number; readonly megabytes: number } {
  const usage = Buffer.alloc(144);
  getrusage(childrenOfThis, usage);
  const toMilliseconds = (offset: number) =>
    usage.readInt32LE(offset) * 1000 + usage.readInt32LE(offset + 8) / 1000;
  return { cpu: toMilliseconds(0) + toMilliseconds(16), megabytes: usage.readInt32LE(32) / 1024 };
}
