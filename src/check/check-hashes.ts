import type { HashKind } from '../observable/kinds.ts';
import { toHashKind } from '../opencti/hash-algorithm.ts';
import { type EventLog, eventLogs, readLastEvents } from '../wazuh/log-end.ts';
import { type CheckLine, fail, ok, warn } from './line.ts';
import type { Site } from './site.ts';

const subject = 'hashes';

/** How Sysmon writes hashes here: `HashAlgorithms` of its configuration decides, and with it which gates are needed. */
export function checkHashes({ home, config }: Site): readonly CheckLine[] {
  const logs = Object.keys(eventLogs) as EventLog[];
  const texts = logs.flatMap((log) => readHashes(home, log));
  if (texts.length === 0)
    return [ok(subject, 'no recent event of Sysmon has hashes: which gates are needed is not known')];
  const composite = texts.filter((text) => text.includes(',')).length;
  const kinds = new Set(texts.flatMap(toKinds));
  const named = [...kinds].join(', ') || 'no known algorithm';
  const how = `${texts.length} recent events have ${named}, ${composite} of them several in one string`;
  const { hashes, algorithms } = config.gates;
  if (composite > 0 && !hashes)
    return [
      fail(
        subject,
        `${how}; a list alone never matches those, and gates.hashes is off`,
        'set gates.hashes: on',
      ),
    ];
  const missing = [...kinds].filter((kind) => !algorithms.includes(kind));
  if (composite > 0 && missing.length === kinds.size)
    return [
      fail(
        subject,
        `${how}; gates.algorithms has none of them`,
        `set gates.algorithms: [${[...kinds].join(', ')}]`,
      ),
    ];
  if (kinds.size === 0) return [warn(subject, how, 'have Sysmon write SHA256: OpenCTI knows no IMPHASH')];
  const spare = algorithms.filter((kind) => !kinds.has(kind));
  const hint =
    spare.length > 0 && composite > 0
      ? `; gates for ${spare.join(', ')} could be left out (gates.algorithms)`
      : '';
  return [ok(subject, `${how}${hint}`)];
}

function toKinds(text: string): HashKind[] {
  return text.split(',').flatMap((part) => toHashKind(part.split('=')[0] ?? '') ?? []);
}

function readHashes(home: string, log: EventLog): string[] {
  return readLastEvents(home, log).flatMap((line) =>
    [...line.matchAll(/"hash(?:es)?":"((?:\w+=[0-9A-F]+,?)+)"/gi)].map(([, text]) => text ?? ''),
  );
}
