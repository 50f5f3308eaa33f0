import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readValueLists } from '../../src/sync/filters.ts';
import { findOwnHosts } from '../../src/sync/own-hosts.ts';
import { toName, toObservable } from '../../src/values/door.ts';
import type { Claim } from '../../src/values/kinds.ts';
import { builtInLists } from '../../src/values/list-names.ts';
import { isSkip } from '../../src/values/skip-reasons.ts';
import {
  createValueIndex,
  type ListedLine,
  parseAllowFile,
  parseWarningList,
  type ValueIndex,
} from '../../src/values/value-lists.ts';
import { makeFolder } from '../support/folder.ts';

/** The list, and the line where there is one; null: not listed. */
function find(index: ValueIndex, kind: Claim['kind'], text: string): string | null {
  // A site may list what no threat can be, such as `corp.example.net`.
  const observable = kind === 'name' ? toName(text) : toObservable({ kind, text });
  if (isSkip(observable)) throw new Error(`${text} is no value: ${observable.skip}`);
  const listing = index.find(observable);
  return listing && [listing.list, listing.line].filter((part) => part !== null).join(':');
}

const indexOf = (lines: readonly ListedLine[]) => createValueIndex(lines);

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('an allow file', () => {
  const text = `# the site's own
good.com          # our shop
  Upper.PARTNER.com
.corp.partner.net
*.cdn.partner.org
8.8.4.4
31.13.64.0/22
2a02:6b8::/32
::ffff:9.9.9.8
${'A0'.repeat(32)}
bücher.example
10.0.0.0/8
localhost
.corp
224.0.0.0/4
fc00::/7
.github.io

`;
  const index = indexOf(parseAllowFile(text, 'allow.txt'));

  test.each<[Claim['kind'], string, string | null]>([
    ['name', 'good.com', 'allow.txt:2'],
    ['name', 'www.good.com', null],
    ['name', 'upper.partner.com', 'allow.txt:3'],
    ['name', 'corp.partner.net', 'allow.txt:4'],
    ['name', 'a.b.corp.partner.net', 'allow.txt:4'],
    ['name', 'xcorp.partner.net', null],
    ['name', 'a.cdn.partner.org', 'allow.txt:5'],
    ['ipv4', '8.8.4.4', 'allow.txt:6'],
    ['ipv4', '31.13.67.255', 'allow.txt:7'],
    ['ipv4', '31.13.68.0', null],
    ['ipv4', '31.13.65.0/24', 'allow.txt:7'],
    ['ipv4', '31.0.0.0/8', 'allow.txt:7'],
    ['ipv6', '2a02:6b8:1::1', 'allow.txt:8'],
    ['ipv6', '2a02:6b9::1', null],
    ['ipv4', '9.9.9.8', 'allow.txt:9'],
    ['sha256', 'a0'.repeat(32), 'allow.txt:10'],
    ['name', 'xn--bcher-kva.example', 'allow.txt:11'],
    ['name', 'intranet.corp', 'allow.txt:14'],
    ['name', 'someone.github.io', 'allow.txt:17'],
  ])('%s %s: %s', (kind, value, expected) => {
    expect(find(index, kind, value)).toBe(expected);
  });

  test('every line that is nothing is told, and nothing is taken', () => {
    const message = messageOf(() =>
      parseAllowFile('ok.com\na b\n1.2.3.4/33\nhttp://x.com/path\n.\n', 'allow.txt'),
    );
    expect(message).toContain('allow.txt: 4 problems');
    expect(message).toContain('line 2: "a b" is not a hash, an address, a CIDR, a name or a suffix');
    for (const line of [3, 4, 5]) expect(message).toContain(`line ${line}: `);
  });
});

describe('what would take out a part of the internet', () => {
  test.each([
    ['.com', 'is a public suffix: every name below .com would be out'],
    ['*.CO.UK', 'is a public suffix: every name below .co.uk would be out'],
    ['.中国', 'is a public suffix'],
    ['0.0.0.0/0', 'is a network larger than /8'],
    ['128.0.0.0/1', 'is a network larger than /8'],
    ['::/0', 'is a network larger than /8'],
    ['2000::/3', 'is a network larger than /8'],
  ])('an allow file with %s is refused with its line', (entry, text) => {
    const message = messageOf(() => parseAllowFile(`good.com\n${entry} # all\nwww.com\n`, 'allow.txt'));
    expect(message).toContain(`allow.txt: 1 problem\n  line 2: ${JSON.stringify(entry)} ${text}`);
  });

  test('a public suffix as a value means itself alone', () => {
    expect([...indexOf(parseAllowFile('com\nco.uk\n', 'allow.txt')).names()]).toEqual(['com', 'co.uk']);
  });

  test.each([
    ['string', '.com'],
    ['hostname', 'com'],
    ['hostname', '.co.uk'],
    ['cidr', '0.0.0.0/0'],
  ])(
    'of a warning list of type %s the entry %s is left out and told: the site can hardly correct it',
    (type, entry) => {
      const list = JSON.stringify({ name: 'n', type, list: ['8.8.8.0/24', entry, '8.8.4.0/24'] });
      const { lines, passedOver } = parseWarningList(list, 'l.json');
      expect(passedOver).toMatchObject({ list: 'n', file: 'l.json', entries: 3, tooWide: [entry] });
      // Only a list of networks, or of texts, has the two around it.
      expect(lines.length).toBe(type === 'hostname' ? 0 : 2);
      for (const value of ['evil.com', 'evil.co.uk']) expect(find(indexOf(lines), 'name', value)).toBeNull();
      expect(find(indexOf(lines), 'ipv4', '31.1.2.3')).toBeNull();
    },
  );
});

describe('a warning list of MISP', () => {
  const list = (type: string, ...values: string[]) =>
    JSON.stringify({
      name: 'A list',
      type,
      version: 1,
      description: 'd',
      matching_attributes: [],
      list: values,
    });

  test.each<[string, string[], Claim['kind'], string, boolean]>([
    ['string', ['Good.com'], 'name', 'good.com', true],
    ['string', ['good.com'], 'name', 'www.good.com', false],
    ['string', ['.good.com'], 'name', 'good.com', true],
    ['string', ['.good.com'], 'name', 'a.www.good.com', true],
    ['string', ['*.good.com'], 'name', 'www.good.com', true],
    ['string', ['.good.com'], 'name', 'notgood.com', false],
    ['string', ['8.8.8.8'], 'ipv4', '8.8.8.8', true],
    ['string', ['D41D8CD98F00B204E9800998ECF8427F'], 'md5', 'd41d8cd98f00b204e9800998ecf8427f', true],
    ['hostname', ['good.com'], 'name', 'www.good.com', true],
    ['hostname', ['.good.com'], 'name', 'good.com', true],
    ['hostname', ['good.com'], 'name', 'notgood.com', false],
    ['cidr', ['8.8.8.0/24'], 'ipv4', '8.8.8.8', true],
    ['cidr', ['8.8.8.8'], 'ipv4', '8.8.8.8', true],
    ['cidr', ['2001:4860::/32'], 'ipv6', '2001:4860:4860::8888', true],
  ])('%s %j has %s %s: %s', (type, values, kind, value, expected) => {
    const { lines, passedOver } = parseWarningList(
      list(type, 'https://no.value/of?ours', ...values),
      'l.json',
    );
    expect(find(indexOf(lines), kind, value)).toBe(expected ? 'A list' : null);
    expect(passedOver).toMatchObject({ entries: 2, noValue: 1, tooWide: [] });
  });

  test.each(['substring', 'regex'])('of the type %s is refused with what to do', (type) => {
    const message = messageOf(() => parseWarningList(list(type, 'x'), 'l.json'));
    expect(message).toContain(
      `the warning list "A list" is of type "${type}"; legal: string, hostname, cidr.`,
    );
    expect(message).toContain('write its values into an allow file');
  });

  test.each(['', '[]', '{"name":"x","type":"string"}', '{"name":"x","type":"string","list":[1]}'])(
    'what is none is refused: %s',
    (text) => {
      expect(messageOf(() => parseWarningList(text, 'l.json'))).toContain(
        'l.json: 1 problem\n  it is not a warning list',
      );
    },
  );
});

describe('the built-in lists', () => {
  const offline = async (url: string | null) => (await findOwnHosts(url, true)).hosts;
  const read = async (builtIn: readonly (typeof builtInLists)[number][], url: string | null = null) =>
    readValueLists(
      { allowFiles: [], warningLists: { builtIn, files: [] } },
      { hosts: await offline(url), selftest: [] },
    ).index;
  let all: ValueIndex;
  beforeAll(async () => {
    all = await read(builtInLists, 'https://cti.partner.com:8443/opencti');
  });
  const eicar = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR', '-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');
  const hash = (kind: string, content: string | Uint8Array) => createHash(kind).update(content).digest('hex');

  test.each<[Claim['kind'], string, string | null]>([
    ['sha256', hash('sha256', Uint8Array.of(0)), 'trivial-files'],
    ['sha1', hash('sha1', Uint8Array.of(255)), 'trivial-files'],
    ['md5', '68b329da9893e34099c7d8ad5cb9c940', 'trivial-files'],
    ['md5', hash('md5', '12'), null],
    ['md5', hash('md5', eicar), 'test-files'],
    ['sha1', hash('sha1', eicar), 'test-files'],
    ['sha256', hash('sha256', eicar), 'test-files'],
    ['md5', hash('md5', `${eicar}\n`), 'test-files'],
    ['sha1', hash('sha1', `${eicar}\n`), 'test-files'],
    ['sha256', hash('sha256', `${eicar}\n`), 'test-files'],
    ['ipv4', '8.8.8.8', 'public-resolvers'],
    ['ipv6', '2606:4700:4700::1111', 'public-resolvers'],
    ['ipv4', '9.9.9.0/24', 'public-resolvers'],
    ['name', 'dns.google', 'public-resolvers'],
    ['name', 'cti.partner.com', 'own-hosts'],
    ['name', 'www.cti.partner.com', null],
    ['name', 'partner.com', null],
  ])('%s %s: %s', (kind, value, expected) => {
    expect(find(all, kind, value)).toBe(expected);
  });

  test('can be left out one by one', async () => {
    expect(find(await read(['own-hosts']), 'ipv4', '8.8.8.8')).toBeNull();
    expect(find(await read([], 'https://9.9.9.77'), 'ipv4', '9.9.9.77')).toBeNull();
    expect(find(await read(['own-hosts'], 'https://9.9.9.77'), 'ipv4', '9.9.9.77')).toBe('own-hosts');
    expect(find(await read(['own-hosts'], 'https://[2606:4700::7]:8080'), 'ipv6', '2606:4700::7')).toBe(
      'own-hosts',
    );
  });

  test('this machine is among them', async () => {
    expect([...(await read(['own-hosts'])).names()]).toContain(hostname().toLowerCase());
  });
});

describe('files are read at each run', () => {
  const none = { hosts: [], selftest: [] };

  test('allow files come first', () => {
    const folder = makeFolder();
    const [allow, warn] = [join(folder, 'allow.txt'), join(folder, 'warn.json')];
    writeFileSync(allow, '\n8.8.8.8\n');
    writeFileSync(warn, JSON.stringify({ name: 'W', type: 'string', list: ['8.8.8.8', 'w.com'] }));
    const select = { allowFiles: [allow], warningLists: { builtIn: builtInLists, files: [warn] } };
    const { index } = readValueLists(select, none);
    expect(find(index, 'ipv4', '8.8.8.8')).toBe(`${allow}:2`);
    expect(find(index, 'name', 'w.com')).toBe('W');
    writeFileSync(allow, '');
    expect(find(readValueLists(select, none).index, 'ipv4', '8.8.8.8')).toBe('W');
  });

  test.each([
    [{ allowFiles: ['/nowhere/a'], warningLists: { builtIn: [], files: [] } }, 'select.allow_files'],
    [{ allowFiles: [], warningLists: { builtIn: [], files: ['/nowhere/a'] } }, 'select.warning_lists.files'],
  ])('one that is not there is an error: %j', (select, key) => {
    const message = messageOf(() => readValueLists(select, none));
    expect(message).toBe(`/nowhere/a: 1 problem\n  the file of ${key} cannot be read (ENOENT)`);
  });
});
