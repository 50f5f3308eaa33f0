import { describe, expect, test } from 'vitest';
import type { ClaimKind } from '../../src/observable/kinds.ts';
import type { SkipReason } from '../../src/observable/skip-reasons.ts';
import { toObservable } from '../../src/observable/to-observable.ts';

const sha256 = '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6';
const sha1 = '3f249cbadc8de47ddd960a77ec71a5c92da82de2';
const md5 = 'e65487f5f65bca9e283dd3aabd817dc0';
const fourLong = `${'a'.repeat(61)}.`.repeat(4);

const repaired: [ClaimKind, string, string][] = [
  ['sha256', sha256, sha256],
  ['sha256', ` ${sha256.toUpperCase()}\t`, sha256],
  ['sha1', `${sha1}\r\n`, sha1],
  ['md5', `\u00a0${md5}`, md5],
  ['ipv4', '105.112.50.80', '105.112.50.80'],
  ['ipv4', ' 105[.]112(.)50.80 ', '105.112.50.80'],
  ['ipv4', '105.112.50.80.', '105.112.50.80'],
  ['ipv4', '105.112.50.80/32', '105.112.50.80'],
  ['ipv4', 'hxxp://105.112.50.80', '105.112.50.80'],
  ['ipv4', '105.112.50.80/24', '105.112.50.0/24'],
  ['ipv4', '105.112.0.0/16', '105.112.0.0/16'],
  ['ipv4', '192.0.0.9', '192.0.0.9'],
  ['ipv6', '2A00:1450:4009:081E:0000:0000:0000:200E', '2a00:1450:4009:81e::200e'],
  ['ipv6', '2a00:1450:4009:81e::200e/128', '2a00:1450:4009:81e::200e'],
  ['ipv6', '2a00:1450:0:0:1:0:0:1', '2a00:1450::1:0:0:1'],
  ['ipv6', '2a00:1450:0:1:1:1:1:1', '2a00:1450:0:1:1:1:1:1'],
  ['ipv6', '::ffff:105.112.50.80', '105.112.50.80'],
  ['ipv6', '::FFFF:6970:3250', '105.112.50.80'],
  ['ipv6', '::ffff:105.112.50.0/120', '105.112.50.0/24'],
  ['ipv6', '2a00:1450:4009:81e::1/61', '2a00:1450:4009:818::/61'],
  ['ipv6', '64:ff9b::6970:3250', '64:ff9b::6970:3250'],
  ['name', 'sazoya.com', 'sazoya.com'],
  ['name', 'Sazoya.COM.', 'sazoya.com'],
  ['name', ' www[.]sazoya(.)com ', 'www.sazoya.com'],
  ['name', 'hxxps://sazoya.com', 'sazoya.com'],
  ['name', 'hxxp[:]//sazoya[.]com', 'sazoya.com'],
  ['name', 'bücher.example', 'xn--bcher-kva.example'],
  ['name', 'BÜCHER.example', 'xn--bcher-kva.example'],
  ['name', 'faß.de', 'xn--fa-hia.de'],
  ['name', 'xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['name', '例え。jp', 'xn--r8jz45g.jp'],
  ['name', '_dmarc.sazoya.com', '_dmarc.sazoya.com'],
  ['name', `${'a'.repeat(63)}.com`, `${'a'.repeat(63)}.com`],
  ['name', `${fourLong}abcde`, `${fourLong}abcde`],
  ['name', 'evil.github.io', 'evil.github.io'],
  ['name', 'github.io', 'github.io'],
];

test.each(repaired)('%s %j is %j', (kind, text, value) => {
  expect(toObservable({ kind, text })).toMatchObject({ value });
});

test('an address with a length of all its bits is an address, a shorter one a network', () => {
  expect(toObservable({ kind: 'ipv4', text: '105.112.50.80/32' })).toMatchObject({ kind: 'ipv4' });
  expect(toObservable({ kind: 'ipv4', text: '105.112.50.80/31' })).toMatchObject({ kind: 'ipv4-network' });
  expect(toObservable({ kind: 'ipv6', text: '2a00::/12' })).toMatchObject({ kind: 'ipv6-network' });
  expect(toObservable({ kind: 'ipv6', text: '::ffff:105.112.50.80' })).toMatchObject({ kind: 'ipv4' });
});

const refused: [ClaimKind, string, SkipReason][] = [
  ['sha256', sha256.slice(1), 'malformed-hash'],
  ['sha256', `${sha256}0`, 'malformed-hash'],
  ['sha256', sha1, 'malformed-hash'],
  ['md5', `${md5.slice(0, 31)}g`, 'malformed-hash'],
  ['md5', `${md5.slice(0, 16)} ${md5.slice(16)}`, 'malformed-hash'],
  ['md5', `${md5}\u200b`, 'malformed-hash'],
  ['md5', '', 'malformed-hash'],
  ['sha256', 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855', 'empty-file'],
  ['sha1', 'da39a3ee5e6b4b0d3255bfef95601890afd80709', 'empty-file'],
  ['md5', 'd41d8cd98f00b204e9800998ecf8427e', 'empty-file'],
  ['sha256', '0'.repeat(64), 'placeholder-hash'],
  ['sha1', ` ${'0'.repeat(40)}`, 'placeholder-hash'],
  ['md5', '0'.repeat(32), 'placeholder-hash'],
  ['ipv4', '999.1.1.1', 'malformed-address'],
  ['ipv4', '1.2.3', 'malformed-address'],
  ['ipv4', '01.2.3.4', 'malformed-address'],
  ['ipv4', '105.112.50.80:443', 'malformed-address'],
  ['ipv4', '105.112.50.80/33', 'malformed-address'],
  ['ipv4', '105.112.50.80/', 'malformed-address'],
  ['ipv4', '105.112.50.80/024', 'malformed-address'],
  ['ipv4', '105.112.50.80/24/1', 'malformed-address'],
  ['ipv4', '2a00:1450:4009:81e::200e', 'malformed-address'],
  ['ipv4', '105.112.50.80\u0000', 'malformed-address'],
  ['ipv6', 'fe80::1%eth0', 'malformed-address'],
  ['ipv6', '[2a00:1450:4009:81e::200e]', 'malformed-address'],
  ['ipv6', '2a00:1450:4009:81e::200e/129', 'malformed-address'],
  ['ipv6', '2a00::1::2', 'malformed-address'],
  ['ipv4', '10.1.2.3', 'not-global'],
  ['ipv4', '100.64.0.1', 'not-global'],
  ['ipv4', '127.0.0.1', 'not-global'],
  ['ipv4', '169.254.1.1', 'not-global'],
  ['ipv4', '172.31.255.255', 'not-global'],
  ['ipv4', '192.168.0.1', 'not-global'],
  ['ipv4', '192.0.0.8', 'not-global'],
  ['ipv4', '192.0.2.1', 'not-global'],
  ['ipv4', '198.19.255.255', 'not-global'],
  ['ipv4', '198.51.100.7', 'not-global'],
  ['ipv4', '203.0.113.7', 'not-global'],
  ['ipv4', '0.0.0.0', 'not-global'],
  ['ipv4', '255.255.255.255', 'not-global'],
  ['ipv4', '224.0.0.251', 'multicast'],
  ['ipv4', '10.0.0.0/24', 'not-global'],
  ['ipv4', '192.0.0.0/8', 'not-global'],
  ['ipv4', '0.0.0.0/0', 'not-global'],
  ['ipv4', '224.0.0.0/24', 'multicast'],
  ['ipv6', '::1', 'not-global'],
  ['ipv6', '::', 'not-global'],
  ['ipv6', '::ffff:10.1.2.3', 'not-global'],
  ['ipv6', 'fe80::1', 'not-global'],
  ['ipv6', 'fd00::1', 'not-global'],
  ['ipv6', '2001:db8::1', 'not-global'],
  ['ipv6', '2001::1', 'not-global'],
  ['ipv6', '2002:6970:3250::1', 'not-global'],
  ['ipv6', '3fff::1', 'not-global'],
  ['ipv6', '64:ff9b:1::1', 'not-global'],
  ['ipv6', 'ff02::fb', 'multicast'],
  ['ipv6', '2000::/3', 'not-global'],
  ['name', 'sazoya.com:443', 'malformed-name'],
  ['name', 'sazoya.com/path', 'malformed-name'],
  ['name', 'http://sazoya.com/', 'malformed-name'],
  ['name', '*.sazoya.com', 'malformed-name'],
  ['name', 'saz?ya.com', 'malformed-name'],
  ['name', 'sazoya.com,evil.com', 'malformed-name'],
  ['name', 'sazoya .com', 'malformed-name'],
  ['name', '"sazoya.com"', 'malformed-name'],
  ['name', "'sazoya.com'", 'malformed-name'],
  ['name', 'sazoya..com', 'malformed-name'],
  ['name', '.sazoya.com', 'malformed-name'],
  ['name', 'sazoya.com..', 'malformed-name'],
  ['name', 'saz\u200boya.com', 'malformed-name'],
  ['name', 'sazoya.com\ufeff', 'malformed-name'],
  ['name', 'bü\u00adcher.example', 'malformed-name'],
  ['name', 'saz\u0000oya.com', 'malformed-name'],
  ['name', 'saz\noya.com', 'malformed-name'],
  ['name', 'bü%63her.example', 'malformed-name'],
  ['name', 'user@sazoya.com', 'malformed-name'],
  ['name', `${'a'.repeat(64)}.com`, 'malformed-name'],
  ['name', `${fourLong}abcdef`, 'malformed-name'],
  ['name', 'x'.repeat(5000), 'malformed-name'],
  ['name', '1.2.3', 'malformed-name'],
  ['name', '', 'malformed-name'],
  ['name', '.', 'malformed-name'],
  ['name', '105.112.50.80', 'name-is-address'],
  ['name', '105[.]112[.]50[.]80', 'name-is-address'],
  ['name', '2a00:1450:4009:81e::200e', 'name-is-address'],
  ['name', 'localhost', 'single-label'],
  ['name', 'com', 'single-label'],
  ['name', 'co.uk', 'public-suffix'],
  ['name', 'CO.UK.', 'public-suffix'],
];

test.each(refused)('%s %j is refused: %s', (kind, text, reason) => {
  expect(toObservable({ kind, text })).toEqual({ skip: reason });
});

const megabyte = 1_000_000;

describe('a text of a megabyte takes no longer than its length', () => {
  test.each([
    ['blanks alone', ' '.repeat(megabyte)],
    ['blanks, and a zero-width character at the end', `${' '.repeat(megabyte)}\u200b`],
    ['blanks within, and one before', ` x${' '.repeat(megabyte)}\u200b`],
    ['blanks of another script within', `\u00a0x${'\u00a0'.repeat(megabyte)}\u200b`],
    ['guarded dots', '[.]'.repeat(megabyte / 3)],
    ['slashes', '/'.repeat(megabyte)],
    ['zeros', '0'.repeat(megabyte)],
    ['colons', ':'.repeat(megabyte)],
  ])('%s', (_, text) => {
    for (const kind of ['sha256', 'sha1', 'md5', 'ipv4', 'ipv6', 'name'] as const) {
      expect(toObservable({ kind, text })).toHaveProperty('skip');
    }
  });
});
