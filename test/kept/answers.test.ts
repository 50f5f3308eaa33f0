import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeIndicator, writeObservable } from '../platform/data/written.ts';
import { setUp } from '../refresh/support/set-up.ts';
import { dirtyIndicators, dirtyObservables } from '../support/dirty-platform.ts';
import { makeFolder } from '../support/folder.ts';
import { clock, normalise, openRecordings } from './recording.ts';
import { listRowAlerts } from './row-events.ts';

const { expectKept, expectAllCompared } = openRecordings('answers');

/** What is asked, by the name of its recording. */
const asked = {
  listed: 'Sazoya[.]com',
  'hash-in-another-case': '3F249cbadc8de47ddd960a77ec71a5c92DA82DE2',
  'several-hashes':
    'MD5=E65487F5F65BCA9E283DD3AABD817DC0,SHA256=3802E1848C0FA4B4B408BE34C6A4C9A799F9A37B29D6BD3DBD3BD7760747A8A6',
  subdomain: 'WWW.Sazoya.com.',
  'address-mapped': '::ffff:105.112.50.80',
  network: '31.13.65.0/24',
  'in-a-network': '2a02:6b8:b:1::7',
  revoked: 'revoked.evil.com',
  expired: 'expired.evil.com',
  'below-the-score': 'low.evil.com',
  'without-a-score': 'unscored.evil.com',
  allowed: 'allowed.bad-name.net',
  malformed: 'evil.com:443',
  'not-global': '192.168.1.1',
  unknown: 'not-sazoya.com',
} as const;
const alsoAsJson = ['listed', 'several-hashes', 'in-a-network', 'revoked'];

const written = {
  observables: [
    ...dirtyObservables,
    writeObservable({ id: 'net-4', entity_type: 'IPv4-Addr', value: '31.13.64.0/22' }),
    writeObservable({ id: 'net-6', entity_type: 'IPv6-Addr', value: '2a02:6b8:b::/48' }),
    writeObservable({ id: 'allowed', entity_type: 'Domain-Name', value: 'allowed.bad-name.net' }),
  ],
  indicators: [
    ...dirtyIndicators,
    writeIndicator({ id: 'allowed-too', pattern: "[domain-name:value = 'allowed.bad-name.net']" }),
  ],
};

test('explain and lookup, of values and of events', { timeout: 180_000 }, async () => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'allow.txt'), '# of the site\n.allowed.bad-name.net\nallowed.bad-name.net\n');
  const config = `select: { allow_files: ['${join(folder, 'allow.txt')}'] }\n`;
  const { manager, run } = await setUp({ data: { documented: true, written }, config });
  expect(await run(['refresh'], { environment: clock })).toMatchObject({ code: 0 });

  const replacements = { [manager.home]: '<home>', [folder]: '<folder>' };
  const ask = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await run(args, { environment: clock });
    const said = `$ opencti-wazuh ${args.join(' ')}\nexit code ${code}\n${stdout}${stderr && `ERRORS\n${stderr}`}`;
    return normalise(said, replacements);
  };
  const askAll = async (name: string, value: string) => {
    const texts: string[] = [];
    const forms = alsoAsJson.includes(name) ? [[], ['--json']] : [[]];
    for (const form of forms)
      for (const command of [['explain'], ['explain', '--offline'], ['lookup']])
        texts.push(await ask(...command, value, ...form));
    expectKept(`values/${name}.txt`, texts.join('\n'));
  };
  const askEvents = async () => {
    const file = join(folder, 'events.json');
    const alerts = listRowAlerts();
    writeFileSync(file, [...alerts.values()].map((alert) => `${JSON.stringify(alert)}\n`).join(''));
    expectKept('events.txt', `${[...alerts.keys()].join('\n')}\n\n${await ask('lookup', file)}`);
    expectKept('events-json.txt', await ask('lookup', file, '--json'));
    for (const name of ['sysmon22-answer', 'sysmon25-no-hash']) {
      const one = join(folder, `${name}.json`);
      writeFileSync(one, JSON.stringify(alerts.get(name)));
      expectKept(`${name}.txt`, await ask('lookup', one));
    }
  };
  const work = [
    askEvents,
    ...Object.entries(asked).map(
      ([name, value]) =>
        () =>
          askAll(name, value),
    ),
  ];
  const workOn = async (): Promise<void> => {
    for (let next = work.shift(); next; next = work.shift()) await next();
  };
  await Promise.all([workOn(), workOn()]);
});

expectAllCompared();
