import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'events');

/** Returns the samples' datagrams by name, as they arrive in the engine's queue. */
export function readMessages(): Map<string, string> {
  const lines = readFileSync(join(folder, 'engine-messages.jsonl'), 'utf8').trim().split('\n');
  return new Map(
    lines.map((line) => {
      const { name, message } = JSON.parse(line) as { name: string; message: string };
      return [name, message];
    }),
  );
}

/** Returns the samples' alerts by name, as `alerts.json` has them. */
export function readAlerts(): Map<string, unknown> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return new Map(
    names.map((name) => [name.replace(/\.json$/, ''), JSON.parse(readFileSync(join(folder, name), 'utf8'))]),
  );
}
