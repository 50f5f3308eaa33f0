import { hashDirt, ipv4Dirt, ipv6Dirt, nameDirt } from './dirt.ts';
import type { StoredIndicator, StoredObservable } from './objects.ts';
import { foreignPatterns, patternForms } from './pattern.ts';
import { alienVault } from './references.ts';
import { writeIndicator, writeObservable } from './written.ts';

/**
 * Each dirty form once, so that a demo of any size shows all of them: the description names the form. Clean
 * values count up: names `dirt-<n>.demo-dirt.com`, addresses `185.220.102.<n>` and `2a02:6b8:a:b:c:d:e:<n>`,
 * hashes of one byte, over and over: `a0` and up; in patterns `40` and up.
 */
export const sampleObservables: readonly StoredObservable[] = [
  ...Object.entries(nameDirt).map(([form, dirt], index) =>
    writeObservable({
      entity_type: index % 2 === 0 ? 'Domain-Name' : 'Hostname',
      ...dress(form, index),
      value: dirt(`dirt-${index}.demo-dirt.com`),
    }),
  ),
  ...Object.entries(ipv4Dirt).map(([form, dirt], index) =>
    writeObservable({
      entity_type: 'IPv4-Addr',
      ...dress(form, 100 + index),
      value: dirt(`185.220.102.${index + 1}`),
    }),
  ),
  ...Object.entries(ipv6Dirt).map(([form, dirt], index) =>
    writeObservable({
      entity_type: 'IPv6-Addr',
      ...dress(form, 200 + index),
      value: dirt(`2a02:6b8:a:b:c:d:e:${(index + 1).toString(16)}`),
    }),
  ),
  ...Object.entries(hashDirt).map(([form, dirt], index) =>
    writeObservable({
      entity_type: index % 2 === 0 ? 'StixFile' : 'Artifact',
      ...dress(form, 300 + index),
      name: index % 2 === 0 ? `dirt-${index}.exe` : null,
      hashes: dirt(toHashes(index)),
    }),
  ),
  writeObservable({
    entity_type: 'Domain-Name',
    ...dress('no score', 400),
    x_opencti_score: null,
    value: 'no-score.demo-dirt.com',
  }),
  writeObservable({
    entity_type: 'Domain-Name',
    ...dress('low score', 401),
    x_opencti_score: 49,
    value: 'low-score.demo-dirt.com',
  }),
  writeObservable({
    entity_type: 'Domain-Name',
    ...dress('a domain and a host', 402),
    value: 'twice.demo-dirt.com',
  }),
  writeObservable({
    entity_type: 'Hostname',
    ...dress('a domain and a host', 403),
    value: 'twice.demo-dirt.com',
  }),
];

const revived = { pattern: "[domain-name:value = 'revived.demo-dirt.com']" };

/** Each form of a pattern, and each state of a life, once; the description names it. */
export const sampleIndicators: readonly StoredIndicator[] = [
  ...Object.entries(patternForms).map(([form, make], index) =>
    sampleIndicator(form, index, {
      pattern: make([
        `file:hashes.'SHA-256' = '${toDigits(0x40 + index).repeat(32)}'`,
        `file:hashes.MD5 = '${toDigits(0x40 + index).repeat(16)}'`,
      ]),
    }),
  ),
  ...Object.entries(foreignPatterns).map(([type, pattern], index) =>
    sampleIndicator(type, 50 + index, { pattern, pattern_type: type }),
  ),
  sampleIndicator('revoked', 60, { pattern: "[domain-name:value = 'revoked.demo-dirt.com']", revoked: true }),
  sampleIndicator('expired, not yet revoked', 61, {
    pattern: "[domain-name:value = 'expired.demo-dirt.com']",
    valid_until: '2022-06-01T00:00:00.000Z',
  }),
  sampleIndicator('not yet valid', 62, {
    pattern: "[domain-name:value = 'future.demo-dirt.com']",
    valid_from: '2098-01-01T00:00:00.000Z',
  }),
  sampleIndicator('no score', 63, {
    pattern: "[domain-name:value = 'no-score-indicator.demo-dirt.com']",
    x_opencti_score: null,
  }),
  sampleIndicator('without an end', 64, {
    pattern: "[domain-name:value = 'endless.demo-dirt.com']",
    valid_until: null,
  }),
  sampleIndicator('revoked beside one alive', 65, { ...revived, revoked: true }),
  sampleIndicator('alive beside one revoked', 66, { ...revived, x_opencti_score: 55 }),
];

function sampleIndicator(
  form: string,
  index: number,
  own: Pick<StoredIndicator, 'pattern'> & Partial<StoredIndicator>,
): StoredIndicator {
  return writeIndicator({ description: form, created_at: toMinute(index), createdBy: alienVault, ...own });
}

function dress(form: string, index: number) {
  return { x_opencti_description: form, created_at: toMinute(index), createdBy: alienVault };
}

function toMinute(index: number): string {
  return new Date(Date.UTC(2022, 4, 1, 0, index)).toISOString();
}

function toHashes(index: number) {
  return [
    { algorithm: 'MD5', hash: toDigits(0xa0 + index).repeat(16) },
    { algorithm: 'SHA-1', hash: toDigits(0xa0 + index).repeat(20) },
    { algorithm: 'SHA-256', hash: toDigits(0xa0 + index).repeat(32) },
  ];
}

function toDigits(byte: number): string {
  return byte.toString(16);
}
