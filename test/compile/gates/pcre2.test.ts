import { describe, expect, it } from 'vitest';
import type { GatePlan } from '../../../src/compile/gates/compile-gates.ts';
import type { GateField } from '../../../src/compile/gates/ids.ts';
import { matchByPcre2 } from '../../support/pcre2test.ts';
import { compile, makeHashes, makeNames, scored, treeOf } from './values.ts';
import { toRegExp } from './walk.ts';

/** Every n-th gate, so that there are about sixty. */
function samplePatterns(plan: GatePlan, field: GateField): string[] {
  const { gates } = treeOf(plan, field);
  const step = Math.max(1, Math.floor(gates.length / 60));
  return gates.filter((_, at) => at % step === 0).map(({ pattern }) => pattern);
}

const every = (values: readonly string[], step: number): string[] =>
  values.filter((_, at) => at % step === 0);

const hashes = makeHashes('sha256', 100_000).map((hash) => hash.toUpperCase());
const names = makeNames(100_000);

const sets = [
  {
    what: 'hashes in composites',
    field: 'win_hashes',
    plan: compile({ sha256: scored(hashes.map((hash) => hash.toLowerCase())) }),
    listed: every(hashes, 700).map(
      (hash) => `SHA1=${hash.slice(0, 40)},SHA256=${hash},IMPHASH=${hash.slice(32)}`,
    ),
    strangers: every(hashes, 2_500).flatMap((hash) => [
      `SHA1=${hash.slice(0, 40)},MD5=${hash.slice(0, 32)}`,
      `IMPHASH=${hash.slice(0, 32)}`,
      `SHA256=${hash.slice(0, 12)}${hash.slice(13)}0`,
      `SHA256=${hash.toLowerCase().replace(/[0-9]/g, 'a')}`,
    ]),
  },
  {
    what: 'names',
    field: 'win_query',
    plan: compile({ name: scored([...names, 'github.io', 'discord.com', 'x.github.io']) }),
    listed: every(names, 900)
      .flatMap((name) => [name, `www.${name.toUpperCase()}`])
      .concat('GitHub.IO', 'a.X.github.io', 'github.io.', `a.${names[0]}.`, `${names[1]?.toUpperCase()}.`),
    strangers: every(names, 2_000)
      .flatMap((name) => [`not${name}`, `${name}.example`, name.replace('.', '-')])
      .concat('www.github.io', 'cdn.discord.com', 'www.github.io.', `${names[0]}..`),
  },
  {
    what: 'IPv4 networks',
    field: 'win_address',
    plan: compile({
      'ipv4-network': scored(['203.0.112.0/21', '8.0.0.0/9', '198.51.100.7/32', '100.64.0.0/10']),
    }),
    listed: [
      ...['203.0.112.0', '203.0.119.255', '8.127.255.255', '198.51.100.7', '100.127.0.1'],
      ...[
        '0:0:0:0:0:ffff:cb00:7001',
        '0:0:0:0:0:FFFF:CB00:77FF',
        '0:0:0:0:0:ffff:87f:0',
        '0:0:0:0:0:ffff:c633:6407',
      ],
    ],
    strangers: [
      '0:0:0:0:0:ffff:cb00:7801',
      '0:0:0:0:0:ffff:880:0',
      '::ffff:203.0.112.0',
      '::ffff:cb00:7001',
      '203.0.111.255',
      '203.0.120.0',
      '8.128.0.0',
      '198.51.100.70',
      '1.203.0.112',
      '100.128.0.0',
    ],
  },
  {
    what: 'IPv4 networks and addresses as Linux may show them',
    field: 'linux_address',
    plan: compile({
      'ipv4-network': scored(['203.0.112.0/21', '8.0.0.0/9']),
      ipv4: scored(['45.83.64.1']),
    }),
    listed: [
      ...['203.0.112.0', '::ffff:203.0.119.255', '::FFFF:cb00:7001', '0:0:0:0:0:ffff:cb00:77ff'],
      ...['8.127.255.255', '::ffff:8.0.0.1', '::ffff:87f:0', '45.83.64.1', '::ffff:45.83.64.1'],
    ],
    strangers: ['::ffff:203.0.120.0', '::ffff:880:0', '::ffff:45.83.64.10', '::fffe:8.0.0.1', '::cb00:7001'],
  },
  {
    what: 'IPv6 networks in both spellings',
    field: 'linux_address',
    plan: compile({
      'ipv6-network': scored(['2001:db8::/33', '2a00:1450::/29', '2001:0:0:f0::/60', '2600::/96']),
    }),
    listed: ['2001:db8::1', '2001:DB8:7fff::', '2a00:1457:0:0:0:0:0:1', '2001::ff:1:2:3:4', '2600::1'],
    strangers: [
      '2001:db8:8000::',
      '2a00:1458::',
      '2001::100:1:2:3:4',
      '2600::1:0:0',
      '::2600',
      '2600:0:0:1:0:0:0:1',
    ],
  },
] as const;

describe('PCRE2 itself', () => {
  it.each(sets)('says of $what what JavaScript says', ({ field, plan, listed, strangers }) => {
    const patterns = samplePatterns(plan, field);
    const texts = [...listed, ...strangers];
    const answers = matchByPcre2(patterns, texts);
    patterns.forEach((pattern, at) => {
      const condition = toRegExp(pattern);
      expect(answers[at], pattern.slice(0, 80)).toEqual(texts.map((text) => condition.test(text)));
    });
  });

  it.each(sets)(
    'finds every listed value of $what in some leaf, and no other',
    ({ field, plan, listed, strangers }) => {
      const leaves = treeOf(plan, field).gates.filter(({ leaf }) => leaf);
      const texts = [...listed, ...strangers];
      const answers = matchByPcre2(
        leaves.map(({ pattern }) => pattern),
        texts,
      );
      const found = texts.filter((_, text) => answers.some((answer) => answer[text]));
      expect(found).toEqual([...listed]);
    },
  );
});
