import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { IntegrationSettings } from '../../src/integration/settings.ts';
import type { Fault } from '../platform/faults.ts';
import { demoToken, type OpenCtiServerOptions } from '../platform/server.ts';
import { receiveDatagrams } from '../support/datagram-receiver.ts';
import { openOpenCti } from '../support/opencti.ts';
import { createAuthority } from '../support/tls.ts';
import { readEvent } from './support/engine.ts';
import { createListedManager, nameAlert, nameSource, withName } from './support/listed.ts';
import { type Manager, type RunResult, readTraces } from './support/manager.ts';

const authority = createAuthority();
const stranger = createAuthority('Another Root CA');

function expectNoToken(manager: Manager, result: RunResult, token = demoToken): void {
  const everywhere = [result.stdout, result.stderr, ...result.messages, readTraces(manager.home)].join('\n');
  expect(everywhere).not.toContain(token);
}

/** Runs once and gives the text of the one error event. */
async function failOnce(
  settings: Partial<IntegrationSettings>,
  source: object = nameSource,
): Promise<string> {
  const manager = createListedManager(settings);
  const result = await manager.run(nameAlert);
  expect(result).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(result.messages).toHaveLength(1);
  const { header, data } = readEvent(result.messages[0]);
  expect(header).toBe('1:[020] (WIN-7FK8M79Q5R6) 192.168.252.105->opencti');
  const opencti = data.opencti as { error: string };
  expect(data).toEqual({ integration: 'opencti', opencti: { error: opencti.error, source } });
  expect(result.log).toHaveLength(1);
  expect(result.log[0]).toContain('value="sazoya.com" outcome="failed: ');
  expectNoToken(manager, result, settings.token ?? demoToken);
  return opencti.error;
}

const faults: readonly (readonly [string, Fault, RegExp])[] = [
  [
    'a login page',
    { kind: 'html' },
    /answered, but not as a GraphQL API \(status 200, text\/html.*, "Sign in"\)/,
  ],
  ['a proxy that is down', { kind: 'html', status: 502 }, /^Connection Error to OpenCTI API: .* status 502/],
  [
    'an overloaded server',
    { kind: 'status', status: 503 },
    /^Connection Error to OpenCTI API: .* status 503/,
  ],
  [
    'a redirect',
    { kind: 'redirect', location: 'https://sso.example/' },
    /redirects to https:\/\/sso\.example\//,
  ],
  ['a GraphQL error', { kind: 'error', code: 'DATABASE_ERROR' }, /reported an error \(DATABASE_ERROR/],
  [
    'a GraphQL error beside data',
    { kind: 'error', code: 'DATABASE_ERROR', withData: true },
    /DATABASE_ERROR/,
  ],
  ['no access', { kind: 'error', code: 'FORBIDDEN_ACCESS' }, /needs the capability KNOWLEDGE/],
  ['half an answer', { kind: 'broken-json' }, /is not the JSON of a GraphQL API/],
  [
    'a cut answer',
    { kind: 'hang-up', when: 'in-body' },
    /^Connection Error to OpenCTI API: .*connection was cut/,
  ],
  [
    'no answer',
    { kind: 'silence' },
    /^Connection Error to OpenCTI API: no answer of OpenCTI at .*\/graphql within 1 s/,
  ],
];

describe('one error event says what and where', () => {
  test.each(faults)('%s', async (_, fault, text) => {
    const server = await openOpenCti();
    server.faults.add(fault);
    const error = await failOnce({ url: server.url, timeout: 1_000 });
    expect(error).toMatch(text);
    if (fault.kind !== 'silence') expect(error).toContain(`${server.url}/graphql`);
  });

  test('nobody listens', async () => {
    const port = await findClosedPort();
    const error = await failOnce({ url: `http://127.0.0.1:${port}` });
    expect(error).toMatch(
      /^Connection Error to OpenCTI API: cannot talk to OpenCTI at .*the connection was refused/,
    );
  });

  test('a wrong path', async () => {
    const server = await openOpenCti();
    expect(await failOnce({ url: `${server.url}/cti` })).toMatch(/no GraphQL API there \(status 404/);
  });

  const refused: readonly (readonly [string, Omit<OpenCtiServerOptions, 'data'>, string, RegExp])[] = [
    ['a wrong token', {}, 'flgrn_octi_tkn_wrong', /refused the token \(AUTH_REQUIRED/],
    [
      'a wrong token at an older platform',
      { version: '5.12.0', errorSpelling: 'camel-name' },
      'wrong-token-1',
      /refused the token \(AuthRequired/,
    ],
    [
      'a user without rights',
      { version: '6.9.28', capabilities: [] },
      demoToken,
      /needs the capability KNOWLEDGE/,
    ],
  ];

  test.each(refused)('%s', async (_, options, token, text) => {
    const server = await openOpenCti({}, options);
    expect(await failOnce({ url: server.url, token })).toMatch(text);
  });

  test('a token that cannot be one is not repeated', async () => {
    const server = await openOpenCti();
    expect(await failOnce({ url: server.url, token: 'half a token' })).toMatch(
      /^the token is empty or holds a blank/,
    );
  });

  const certificates = [
    ['signed by another CA', stranger.issue(), /signed by an unknown CA|is not signed by the CA/],
    ['expired', authority.issue({ expired: true }), /its certificate has expired/],
    [
      'for another host',
      authority.issue({ names: ['DNS:other.example'] }),
      /its certificate is for another host name/,
    ],
  ] as const;

  test.each(certificates)('a certificate %s', async (_, tls, text) => {
    const server = await openOpenCti({}, { tls });
    const error = await failOnce({ url: server.url, ca: authority.cert });
    expect(error).toMatch(/^Connection Error to OpenCTI API: /);
    expect(error).toMatch(text);
  });

  test('no TLS where the URL says https', async () => {
    const server = await openOpenCti();
    const url = server.url.replace('http:', 'https:');
    expect(await failOnce({ url, ca: authority.cert })).toMatch(/no TLS connection could be made/);
  });

  test('no URL and no token', async () => {
    expect(await failOnce({})).toMatch(/^no URL of OpenCTI: set "url" in custom-opencti\.json/);
  });

  test('settings that cannot be read', async () => {
    const { list, ...source } = nameSource;
    const error = await failOnce({ timeout: 'soon' as never }, source);
    expect(error).toMatch(
      /custom-opencti\.json: "timeout" is not a number of milliseconds; run "opencti-wazuh install"/,
    );
  });
});

test('the token is in no argument of a process, also while a run waits', async () => {
  const server = await openOpenCti();
  server.faults.add({ kind: 'silence' });
  const manager = createListedManager({ url: server.url, timeout: 2_000 });
  const running = manager.run(nameAlert);
  while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const commands = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((id) => readCommand(id));
  expect(commands.filter((command) => command.includes(manager.home)).length).toBeGreaterThanOrEqual(2);
  expect(commands.filter((command) => command.includes(demoToken))).toEqual([]);
  await running;
});

function readCommand(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** A port that was free a moment ago. */
async function findClosedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe('an OpenCTI that does not answer', () => {
  async function breakConnection() {
    const port = await findClosedPort();
    const manager = createListedManager({ url: `http://127.0.0.1:${port}`, cache: null });
    return { port, manager, first: await manager.run(nameAlert) };
  }

  test('is not asked again for a minute; what was not enriched is counted in the next event', async () => {
    const { manager, first } = await breakConnection();
    expect(readEvent(first.messages[0]).data.opencti).toHaveProperty('error');
    for (const run of [await manager.run(nameAlert), await manager.run(nameAlert)]) {
      expect(run).toMatchObject({ code: 0, messages: [], stderr: '' });
      expect(run.log[0]).toContain('outcome="not asked: Connection Error to OpenCTI API');
    }
    passTime(manager, 61_000);
    const later = await manager.run(nameAlert);
    expect(later.messages).toHaveLength(1);
    expect(readEvent(later.messages[0]).data.opencti).toMatchObject({
      error: expect.stringContaining('the connection was refused'),
      not_enriched: '2',
    });
    const after = await manager.run(nameAlert);
    expect(after.messages).toEqual([]);
  });

  test('that comes back is asked, and the matches without context are told once', async () => {
    const { port, manager } = await breakConnection();
    await manager.run(nameAlert);
    await openOpenCti({}, { port });
    expect((await manager.run(nameAlert)).messages).toEqual([]);
    passTime(manager, 61_000);
    const back = await manager.run(nameAlert);
    expect(back.messages).toHaveLength(2);
    expect(readEvent(back.messages[0]).data.opencti).toMatchObject({ value: 'sazoya.com' });
    expect(readEvent(back.messages[1]).data.opencti).toMatchObject({
      error: expect.stringMatching(
        /^Connection Error to OpenCTI API: it did not answer for a while; 2 matches before alert/,
      ),
      not_enriched: '2',
    });
    expect((await manager.run(nameAlert)).messages).toHaveLength(1);
  });

  test('an error of the platform itself stops no later run', async () => {
    const server = await openOpenCti();
    server.faults.add({ kind: 'error', code: 'DATABASE_ERROR' }, { times: 1 });
    const manager = createListedManager({ url: server.url });
    await manager.run(nameAlert);
    const { messages } = await manager.run(nameAlert);
    expect(readEvent(messages[0]).data.opencti).toMatchObject({ value: 'sazoya.com' });
  });

  test('for one value is asked for the others, until two of them found it so', async () => {
    const manager = createListedManager({ url: `http://127.0.0.1:${await findClosedPort()}`, cache: null });
    const names = ['a.bad-name.net', 'b.bad-name.net', 'c.bad-name.net'];
    manager.writeList(
      'opencti-win-query-name',
      names.map((name) => `${name}:766340ed-4d34-48de-b65c-38f668534435`),
    );
    const [first, second, third] = names.map(withName);
    expect((await manager.run(first)).messages).toHaveLength(1);
    expect((await manager.run(first)).messages).toEqual([]);
    expect((await manager.run(second)).messages).toHaveLength(1);
    expect((await manager.run(third)).log[0]).toContain('outcome="not asked: ');
  });

  const later: readonly (readonly [string, readonly Fault[]])[] = [
    ['says that it is overloaded', [{ kind: 'status', status: 429 }]],
    ['is not there for now', [{ kind: 'html', status: 503 }]],
    ['names a time to come back', [{ kind: 'status', status: 500, retryAfter: '120' }]],
    [
      'fails slowly',
      [
        { kind: 'slow', milliseconds: 1_100 },
        { kind: 'status', status: 502 },
      ],
    ],
    [
      'is slow to say that something is wrong with it',
      [
        { kind: 'slow', milliseconds: 1_100 },
        { kind: 'error', code: 'DATABASE_ERROR' },
      ],
    ],
  ];

  test.each(later)('that %s is left alone for a minute', async (_, planned) => {
    const server = await openOpenCti();
    for (const fault of planned) server.faults.add(fault);
    const manager = createListedManager({ url: server.url, timeout: 2_000 });
    expect((await manager.run(nameAlert)).messages).toHaveLength(1);
    const next = await manager.run(nameAlert);
    expect(next).toMatchObject({ code: 0, messages: [], stderr: '' });
    expect(next.log[0]).toContain('outcome="not asked: ');
    expect(server.requests).toHaveLength(1);
  });

  test('is left alone for a minute from when that was found, not from the start of the run', async () => {
    const server = await openOpenCti();
    server.faults.add({ kind: 'silence' });
    const manager = createListedManager({ url: server.url, timeout: 2_000 });
    const started = Date.now();
    await manager.run(nameAlert);
    const [failure] = readBreakerFile(manager).failures;
    expect(failure?.until).toBeGreaterThanOrEqual(started + 2_000 + 60_000);
  });

  test('is asked by each run where nothing can be kept, and the log says why', async () => {
    const manager = createListedManager({ url: `http://127.0.0.1:${await findClosedPort()}` });
    rmSync(join(manager.home, 'var/opencti-wazuh/run'), { recursive: true });
    writeFileSync(join(manager.home, 'var/opencti-wazuh/run'), 'no folder');
    for (const _ of [1, 2]) {
      const { code, messages, log } = await manager.run(nameAlert);
      expect(code).toBe(0);
      expect(messages).toHaveLength(1);
      expect(log).toHaveLength(1);
      expect(log[0]?.match(/var\/opencti-wazuh\/run cannot be written/g)).toHaveLength(1);
      expect(log[0]).toMatch(
        /note=".*\/run cannot be written \(E[A-Z]+\); it must belong to the user of .*; the next run will try it again"/,
      );
    }
  });

  test('has its matches counted until an event that says so has come through', async () => {
    const { manager } = await breakConnection();
    await manager.run(nameAlert);
    // This one can neither be sent nor kept.
    passTime(manager, 61_000);
    manager.queue.close();
    mkdirSync(join(manager.home, 'var/opencti-wazuh/run'), { recursive: true });
    writeFileSync(join(manager.home, 'var/opencti-wazuh/run/spool'), 'no folder');
    expect((await manager.run(nameAlert)).code).toBe(1);
    passTime(manager, 61_000);
    rmSync(manager.queue.path);
    const queue = receiveDatagrams(manager.queue.path);
    await manager.run(nameAlert);
    expect(queue.drain().map((message) => readEvent(message).data.opencti)).toMatchObject([
      { not_enriched: '1' },
    ]);
  });
});

describe('what nobody expected', () => {
  test('ends in an error event that says so, with its source', async () => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: server.url });
    const bundle = join(manager.home, 'integrations/custom-opencti.cjs');
    const text = readFileSync(bundle, 'utf8');
    const broken = text.replace(
      'function chooseBest(',
      'function chooseBest() { null.defect; }\n  function unused(',
    );
    expect(broken).not.toBe(text);
    writeFileSync(bundle, broken);
    const { code, messages, log } = await manager.run(nameAlert);
    expect(code).toBe(0);
    expect(messages).toHaveLength(1);
    expect(readEvent(messages[0]).data).toEqual({
      integration: 'opencti',
      opencti: {
        error: expect.stringMatching(
          /^a defect of custom-opencti: TypeError at custom-opencti\.cjs:\d+:\d+; please report it$/,
        ),
        source: expect.objectContaining({ alert_id: nameSource.alert_id, field: nameSource.field }),
      },
    });
    expect(log).toHaveLength(1);
    expect(log[0]).toContain('outcome="failed: a defect of custom-opencti: TypeError at ');
  });
});

const breakerFile = ({ home }: Manager) => `${home}/var/opencti-wazuh/run/unreachable.json`;

function readBreakerFile(manager: Manager): { failures: { until: number }[] } {
  return JSON.parse(readFileSync(breakerFile(manager), 'utf8'));
}

/** As if the last failure had been so many milliseconds earlier. */
function passTime(manager: Manager, milliseconds: number): void {
  const failures = readBreakerFile(manager).failures.map(({ until, ...failure }) => ({
    ...failure,
    until: until - milliseconds,
  }));
  manager.writeState('unreachable.json', JSON.stringify({ failures }));
}
