import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { readOssecConf } from '../../src/wazuh/ossec-conf/read.ts';
import type { FiredRule } from '../engine-model/evaluate.ts';
import { toEventOfMessage } from '../engine-model/message-event.ts';
import type { FakeManager } from './fake-manager.ts';
import { isRoot, setOwner, wazuhId } from './home.ts';

/** An alert of `alerts.json`. */
export interface WrittenAlert {
  readonly id: string;
  readonly rule: { readonly id: string; readonly level: number; readonly groups: readonly string[] };
}

export interface Alerting {
  readonly alerts: readonly WrittenAlert[];
  /** Makes integratord read `ossec.conf` anew. */
  restart(): void;
  /** Resolves when every script that was due has ended. */
  settle(): Promise<void>;
}

/**
 * The rest of a manager: what arrives in the queue becomes alerts in `alerts.json`, and integratord runs the scripts
 * of the blocks that were in `ossec.conf` when it started. It ends with the test.
 * @param hasIntegratord false when no script is run.
 */
export function startAlerting(manager: FakeManager, hasIntegratord = true): Alerting {
  const { home } = manager;
  const alerts: WrittenAlert[] = [];
  const readBlocks = () =>
    !hasIntegratord ? [] : readOssecConf(readFileSync(join(home, 'etc/ossec.conf'), 'latin1')).integrations;
  let integrations = readBlocks();
  mkdirSync(join(home, 'logs/alerts'), { recursive: true });
  let isOpen = true;
  const waiting: { readonly name: string; readonly alert: WrittenAlert }[] = [];
  const engine = until(async () => {
    for (const { message, fired } of manager.takeAlerts()) {
      if (fired === null || fired.level < 3) continue;
      const alert = toAlert(manager, message, fired, alerts.length + 1);
      alerts.push(alert);
      appendFileSync(join(home, 'logs/alerts/alerts.json'), `${JSON.stringify(alert)}\n`);
      const wanted = integrations.filter(({ groups }) => fired.groups.includes(groups ?? ''));
      waiting.push(...wanted.map(({ name }) => ({ name, alert })));
    }
  });
  // One alert and one script at a time, whatever the engine does meanwhile.
  const integratord = until(async () => {
    const [next] = waiting;
    if (!next) return;
    await runScript(manager, next.name, next.alert);
    waiting.shift();
  });
  async function until(work: () => Promise<void>): Promise<void> {
    while (isOpen) {
      await work();
      await delay(10);
    }
  }
  onTestFinished(async () => {
    isOpen = false;
    await Promise.all([engine, integratord]);
  });
  return {
    alerts,
    restart() {
      integrations = readBlocks();
    },
    async settle() {
      while (waiting.length > 0) await delay(20);
    },
  };
}

/** As integratord does (Wazuh 4.14.7): by position, as the manager's user, with all that its own environment holds. */
function runScript({ home, environment }: FakeManager, name: string, alert: WrittenAlert): Promise<void> {
  const file = join(home, `tmp/${name}-${alert.id}.alert`);
  writeFileSync(file, JSON.stringify(alert));
  setOwner(file, 'wazuh', 0o640);
  const script = join(home, 'integrations', name);
  if (!existsSync(script)) return Promise.resolve();
  const args = [file, '', '', '', '', '10', '3', '> /dev/null 2>&1'];
  const user = isRoot ? { uid: wazuhId, gid: wazuhId } : {};
  const child = spawn(script, args, { cwd: home, env: { ...environment }, stdio: 'ignore', ...user });
  return new Promise((resolve) =>
    child.on('close', () => {
      rmSync(file, { force: true });
      resolve();
    }),
  );
}

function toAlert({ engine }: FakeManager, message: string, fired: FiredRule, number: number) {
  const decoded = engine.loaded && toEventOfMessage(engine.loaded.ruleset, message);
  const fields = Object.entries(decoded?.fields ?? {});
  const isFim = message.startsWith('8:');
  const named = fields.map(
    ([name, text]) => [isFim ? (fimNames[name] ?? `${name}_after`) : name, text] as const,
  );
  return {
    timestamp: '2026-11-24T03:00:00.000+0000',
    rule: {
      level: fired.level,
      description: fired.description,
      id: String(fired.id),
      groups: fired.groups,
    },
    agent: { id: '000', name: 'manager' },
    manager: { name: 'manager' },
    id: `1795489491.${number}`,
    decoder: { name: decoded?.decoder ?? '' },
    ...(isFim ? { syscheck: nest(named) } : { data: nest(named) }),
    location: decoded?.location ?? '',
  };
}

const fimNames: Readonly<Record<string, string>> = { file: 'path', event_type: 'event', mode: 'mode' };

/** `win.eventdata.image` becomes an object in an object. */
function nest(fields: readonly (readonly [string, string])[]): object {
  const root: Record<string, unknown> = {};
  for (const [name, text] of fields) {
    const parts = name.split('.');
    const last = parts.pop() ?? '';
    let at = root;
    for (const part of parts) {
      const inner = typeof at[part] === 'object' && at[part] !== null ? at[part] : {};
      at[part] = inner;
      at = inner as Record<string, unknown>;
    }
    at[last] = text;
  }
  return root;
}
