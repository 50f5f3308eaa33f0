import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { createClient } from '../../src/opencti/client.ts';
import { OpenCtiError } from '../../src/opencti/errors.ts';
import { type Ask, readObjectsOf } from '../../src/opencti/objects-of.ts';
import type { CheckedValue, Observable, ObservableKind } from '../../src/values/kinds.ts';
import { writeIndicator, writeObservable } from '../platform/data/written.ts';
import { demoToken, type OpenCtiServer } from '../platform/server.ts';
import { openOpenCti } from '../support/opencti.ts';

const of = (kind: ObservableKind, value: string): Observable => ({ kind, value: value as CheckedValue });

async function read(server: OpenCtiServer, observable: Observable, timeLimit = 60_000): Promise<string[]> {
  const client = createClient({ url: server.url, token: demoToken, timeout: 30_000, retryFor: 0 });
  try {
    const question = { observables: [observable], otherHashes: [], ids: [], timeLimit };
    const ask: Ask = async (document, variables) =>
      (await client.request(document, variables, v.record(v.string(), v.unknown()))).data;
    return (await readObjectsOf(ask, 'lists', question)).map(({ id }) => id);
  } finally {
    client.close();
  }
}

const pattern = (id: string, text: string) => writeIndicator({ id, pattern: text });
const quoted = (id: string, text: string) => pattern(id, `[domain-name:value = '${text}']`);
const objectRequests = ({ requests }: OpenCtiServer) =>
  requests.filter(({ query }) => query?.includes('query Objects('));

describe('more than a page', () => {
  const crowd = Array.from({ length: 10_050 }, (_, index) => quoted(`crowd-${index}`, `t.co${index}.com`));
  const written = { indicators: [...crowd, quoted('wanted', 't.co')] };

  test('is read to the end: the last one may be the one that is asked for', async () => {
    const server = await openOpenCti({ documented: false, written });
    const ids = await read(server, of('name', 't.co'));
    expect(ids).toHaveLength(10_051);
    expect(ids).toContain('wanted');
    // Observables have no second page.
    expect(
      objectRequests(server).map(({ variables }) => [variables.withObservables, variables.withIndicators]),
    ).toEqual([
      [true, true],
      [false, true],
      [false, true],
    ]);
  });

  test('also where the platform gives smaller pages', async () => {
    const server = await openOpenCti({ documented: false, written }, { maxPageSize: 4_000 });
    expect(await read(server, of('name', 't.co'))).toContain('wanted');
  });

  test('of which a part came in time is no answer', async () => {
    const server = await openOpenCti({ documented: false, written });
    const reading = read(server, of('name', 't.co'), 0);
    await expect(reading).rejects.toThrow(
      'OpenCTI has 10,051 objects that may have the value and gave 5,000 of them within 0 s (opencti.timeout): a part is not enough for an answer',
    );
    await expect(reading).rejects.toBeInstanceOf(OpenCtiError);
    await expect(reading).rejects.toMatchObject({ failure: 'incomplete', exitCode: 1 });
  });

  test('a count that is too high ends with the empty page', async () => {
    const server = await openOpenCti({ documented: false, written: { indicators: [quoted('a', 't.co')] } });
    server.faults.add({ kind: 'global-count', factor: 3 });
    expect(await read(server, of('name', 't.co'))).toEqual(['a']);
  });
});

test('a short name is not looked for inside of others', async () => {
  const others = ['evilt.co', 'at.co', 'http://t.co/abc', 'sub.t.co', 'http://t.co.evil.com'].map(
    (text, index) => quoted(`other-${index}`, text),
  );
  const server = await openOpenCti({
    documented: false,
    written: { indicators: [...others, quoted('own', 't.co')] },
  });
  expect(await read(server, of('name', 't.co'))).toEqual(['own']);
});

describe('each spelling that is repaired', () => {
  test.each([
    ['name', 'www.evil.com', 'WWW.Evil.com'],
    ['name', 'www.evil.com', 'www.evil.com.'],
    ['name', 'www.evil.com', ' www.evil.com '],
    ['name', 'www.evil.com', '\twww.evil.com\r\n'],
    ['name', 'www.evil.com', 'hxxp://www.evil.com'],
    ['name', 'www.evil.com', 'https://www.evil.com.'],
    ['name', 'www.evil.com', 'www[.]evil[.]com'],
    ['name', 'www.evil.com', 'www(.)evil.com'],
    ['name', 'www.evil.com', 'hxxps://www[.]evil.com.'],
    ['name', 'xn--bcher-kva.evil.com', 'bücher.evil.com'],
    ['ipv4', '31.0.0.1', '31.0.0.1'],
    ['ipv4', '31.0.0.1', ' 31[.]0[.]0[.]1 '],
    ['ipv4', '31.0.0.1', '31.0.0.1/32'],
    ['ipv4', '31.0.0.1', '::ffff:31.0.0.1'],
    ['ipv4', '31.0.0.1', '::FFFF:1f00:1/128'],
    ['ipv4', '31.0.0.1', '0:0:0:0:0:ffff:31.0.0.1'],
    ['ipv6', '2a02:6b8::1', '2A02:06B8:0000:0000:0000:0000:0000:0001'],
    ['ipv6', '2a02:6b8::1', '2a02:6b8:0:0:0:0:0:1/128'],
    ['ipv4-network', '31.13.64.0/22', '31.13.64.0/22'],
    ['ipv4-network', '31.13.64.0/22', '31.13.66.77/22'],
    ['ipv4-network', '31.13.64.0/22', ' 31[.]13[.]66[.]77/22 '],
    ['ipv4-network', '31.13.64.0/22', '::ffff:31.13.64.9/118'],
    ['ipv4-network', '31.13.64.0/22', '::ffff:1f0d:4000/118'],
    ['ipv4-network', '31.0.0.0/9', '31.5.6.7/9'],
    ['ipv6-network', '2a02:6b8::/32', '2A02:06B8:1:2::/32'],
    ['ipv6-network', '2a02:6b8:0:8000::/49', '2a02:6b8:0:8001:0:0:0:5/49'],
  ] as const)('%s %s as %j', async (kind, value, text) => {
    const entity_type = kind === 'name' ? 'Hostname' : text.includes(':') ? 'IPv6-Addr' : 'IPv4-Addr';
    const object = kind === 'name' ? 'domain-name' : text.includes(':') ? 'ipv6-addr' : 'ipv4-addr';
    const server = await openOpenCti({
      documented: false,
      written: {
        observables: [
          writeObservable({ id: 'observable', entity_type, value: text }),
          writeObservable({ id: 'stranger', entity_type, value: kind === 'name' ? 'x.org' : '99.1.1.1/21' }),
        ],
        indicators: [
          pattern('indicator', `[${object}:value = '${text}']`),
          pattern('foreign', "[url:value = 'http://x.org/31/13/22?2a02=6b8']"),
        ],
      },
    });
    expect((await read(server, of(kind, value))).sort()).toEqual(['indicator', 'observable']);
  });
});
