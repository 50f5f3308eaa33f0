import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { HashKind } from '../observable/kinds.ts';
import { toHashKind } from '../opencti/hash-algorithm.ts';
import { type CheckLine, fail, ok, warn } from './line.ts';
import type { Site } from './site.ts';

const subject = 'hashes';
/** Of the end of a file: thousands of alerts. */
const lookedAt = 16 * 2 ** 20;

/** How Sysmon writes hashes here: `HashAlgorithms` of its configuration decides, and with it which gates are needed. */
export function checkHashes({ home, config }: Site): readonly CheckLine[] {
  const texts = ['alerts/alerts.json', 'archives/archives.json'].flatMap((name) =>
    readHashes(join(home, 'logs', name)),
  );
  if (texts.length === 0)
    return [ok(subject, 'no recent event of Sysmon has hashes: which gates are needed is not known')];
  const composite = texts.filter((text) => text.includes(',')).length;
  const kinds = new Set(texts.flatMap(toKinds));
  const how = `${texts.length} recent events have ${[...kinds].join(', ') || 'no known algorithm'}, ${composite} of them several in one string`;
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

/** Without the canaries of the selftest, which say nothing of the site. */
function readHashes(path: string): string[] {
  return readEnd(path)
    .split('\n')
    .filter((line) => !line.includes('opencti-selftest'))
    .flatMap((line) =>
      [...line.matchAll(/"hash(?:es)?":"((?:\w+=[0-9A-F]+,?)+)"/gi)].map(([, text]) => text ?? ''),
    );
}

function readEnd(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, lookedAt));
    const read = readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('latin1', 0, read);
  } finally {
    closeSync(file);
  }
}
