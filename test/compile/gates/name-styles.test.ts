import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { GatePlan } from '../../../src/compile/gates/compile-gates.ts';
import { toExactOnly } from '../../../src/compile/gates/names.ts';
import { runs } from '../../support/runs.ts';
import { compile, makeNames, matcherOf, scored, toRandom, treeOf } from './values.ts';

const fields = ['win_query', 'squid_host', 'suricata_dns_queries'] as const;
const isExact = toExactOnly();

/** Is a host listed, or below one that is? Read anew: nothing here is taken from the patterns. */
function toJudge(names: readonly string[]): (host: string) => boolean {
  const listed = new Set(names);
  return (host) => {
    const asked = host.toLowerCase().replace(/\.$/, '');
    if (listed.has(asked)) return true;
    const labels = asked.split('.');
    return labels.some((_, at) => {
      const above = labels.slice(at).join('.');
      return at > 0 && listed.has(above) && !isExact(above);
    });
  };
}

/** A text of squid, and the host that it asks for. */
type UrlForm = (host: string) => string;

const urlForms: readonly UrlForm[] = [
  (host) => host,
  (host) => `${host}:443`,
  (host) => `http://${host}`,
  (host) => `http://${host}/`,
  (host) => `HTTP://${host}/x`,
  (host) => `https://${host}:8443/a/b?c=d#e`,
  (host) => `http://${host}?x=1`,
  (host) => `http://${host}#top`,
  (host) => `ftp://user@${host}/file`,
  (host) => `http://user:secret@${host}:80/`,
  (host) => `user@${host}`,
];

/** What a listed name may be part of without being asked for; of each text the host that it does ask for. */
const urlLookAlikes: readonly ((name: string) => readonly [text: string, host: string])[] = [
  (name) => [`http://other.example/${name}`, 'other.example'],
  (name) => [`http://other.example/x.${name}/`, 'other.example'],
  (name) => [`http://other.example/?u=http://${name}/`, 'other.example'],
  (name) => [`http://other.example?${name}`, 'other.example'],
  (name) => [`http://other.example#${name}`, 'other.example'],
  (name) => [`http://other.example/x@${name}/`, 'other.example'],
  (name) => [`http://other.example?x@${name}`, 'other.example'],
  (name) => [`http://other.example:80/http://${name}/`, 'other.example'],
  (name) => [`http://${name}@other.example/`, 'other.example'],
  (name) => [`http://${name}:443@other.example/`, 'other.example'],
];

/** Other hosts whose names have a listed one in them. */
const hostsLike = (name: string): string[] => [
  ...[`evil-${name}`, `evil${name}`, `x_${name}`, `${name}.evil.org`, `${name}x`, `${name}-x.org`],
  name.replace('.', '-'),
];

const hostsOf = (name: string): string[] => [
  name,
  `${name}.`,
  name.toUpperCase(),
  `www.${name}`,
  `A.b-c.${name}.`,
];

type ArrayForm = (host: string) => string;

/** As the engine prints the array of Suricata 8: with blanks, without, and as one of several. */
const arrayForms: readonly ArrayForm[] = [
  (host) => `[{"rrname":"${host}","rrtype":"A"}]`,
  (host) => `[{"rrname": "${host}", "rrtype": "A"}]`,
  (host) => `[{"rrtype":"AAAA","rrname":"${host}"}]`,
  (host) => `[{"rrname":"other.example","rrtype":"A"},{"rrname":"${host}","rrtype":"A"}]`,
];

const arrayLookAlikes: readonly ArrayForm[] = [
  (name) => `[{"rrname":"other.example","rrtype":"${name}"}]`,
  (name) => `[{"rrname":"other.example","alias":"${name}"}]`,
  (name) => `[{"rrname":"${name}.evil.org","rrtype":"A"}]`,
  (name) => `[{"rrname":"evil-${name}","rrtype":"A"}]`,
  (name) => `[{"xrrname":"${name}"}]`,
  (name) => `["${name}"]`,
];

/** Small sets are one leaf; a large one has inner gates, which an event meets first. */
const sets = [
  makeNames(3, 3),
  makeNames(40, 5),
  ['github.io', 'google.com', ...makeNames(6, 9)],
  makeNames(9_000, 7),
];

describe.each(sets.map((names) => [names.length, names] as const))('of %d names', (_, names) => {
  let plan: GatePlan;
  beforeAll(() => {
    plan = compile({ name: scored(names) }, { fields });
  }, 120_000);
  const isListed = toJudge(names);
  const random = toRandom(names.length);
  const some =
    names.length < 50 ? names : Array.from({ length: 60 }, () => names[random(names.length)] ?? '');

  test('a URL matches by its host alone, in each form', () => {
    const matches = matcherOf(plan, 'squid_host');
    const hosts = some.flatMap((name) => [...hostsOf(name), ...hostsLike(name)]);
    for (const host of hosts)
      for (const form of urlForms) expect(matches(form(host)), form(host)).toBe(isListed(host));
    expect(hosts.filter(isListed).length).toBeGreaterThan(some.length * 2);
    for (const [text, host] of some.flatMap((name) => urlLookAlikes.map((lookAlike) => lookAlike(name))))
      expect(matches(text), text).toBe(isListed(host));
  });

  test('an array of queries matches by the names that are asked for', () => {
    const matches = matcherOf(plan, 'suricata_dns_queries');
    for (const name of some) {
      for (const host of [...hostsOf(name), ...hostsLike(name)])
        for (const form of arrayForms) expect(matches(form(host)), form(host)).toBe(isListed(host));
      for (const form of arrayLookAlikes) expect(matches(form(name)), form(name)).toBe(false);
    }
  });
});

test('any host is judged alike in each form, by a tree with inner gates', () => {
  const names = makeNames(9_000, 7);
  const plan = compile({ name: scored(names) }, { fields });
  for (const field of fields)
    expect(treeOf(plan, field).gates.filter(({ leaf }) => !leaf).length, field).toBeGreaterThan(2);
  const isListed = toJudge(names);
  const byName = matcherOf(plan, 'win_query');
  const byUrl = matcherOf(plan, 'squid_host');
  const byArray = matcherOf(plan, 'suricata_dns_queries');
  const label = fc.stringMatching(/^[a-z0-9_]([a-z0-9_-]{0,6}[a-z0-9_])?$/);
  const host = fc.oneof(
    fc.constantFrom(...names),
    fc.tuple(label, fc.constantFrom(...names)).map(([first, name]) => `${first}.${name}`),
    fc.tuple(label, fc.constantFrom(...names)).map(([first, name]) => first + name),
    fc.tuple(label, label, fc.constantFrom('com', 'org', 'xyz', 'museum')).map((labels) => labels.join('.')),
  );
  fc.assert(
    fc.property(host, fc.constantFrom(...urlForms), fc.constantFrom(...arrayForms), (asked, url, array) => {
      const wanted = isListed(asked);
      expect([byName(asked), byUrl(url(asked)), byArray(array(asked))], asked).toEqual([
        wanted,
        wanted,
        wanted,
      ]);
    }),
    { numRuns: runs(1_500) },
  );
}, 120_000);
