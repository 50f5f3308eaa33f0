import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { findHome, formatSettings, loadSettings, parseSettings } from '../../src/integration/settings.ts';
import { makeFolder } from '../support/folder.ts';
import { createAuthority } from '../support/tls.ts';

test('the settings that install writes are those of the configuration, the certificates inside', () => {
  const folder = makeFolder();
  const ca = createAuthority().cert;
  writeFileSync(join(folder, 'ca.pem'), ca);
  writeFileSync(
    join(folder, 'c.yml'),
    `opencti: { url: https://cti.example, token: secret, ca_file: ${folder}/ca.pem, proxy: http://proxy.example:3128 }
integration: { timeout: 5s, cache: off, suppress: 1h }
select: { sources: [observables], indicators: { grace: 2h }, trust: [{ authors: [CERT] }, { confidence: 80 }] }
`,
  );
  const text = formatSettings(loadConfig({ file: join(folder, 'c.yml'), environment: {} }));
  expect(parseSettings(text, 'x')).toEqual({
    url: 'https://cti.example',
    token: 'secret',
    ca,
    caFile: `${folder}/ca.pem`,
    proxy: 'http://proxy.example:3128',
    timeout: 5_000,
    cache: null,
    suppress: 3_600_000,
    grace: 7_200_000,
    indicators: false,
    trust: [{ authors: ['CERT'] }, { confidence: 80 }],
    customFields: [],
  });
  // The launcher looks for this line by line: it then starts Node without its default trust.
  expect(text.split('\n').filter((line) => /"ca":.*-----BEGIN /.test(line))).toHaveLength(1);
});

test('what is left out of a hand-written file has its default', () => {
  expect(parseSettings('{"url":"https://cti.example"}', 'x')).toEqual({
    url: 'https://cti.example',
    token: null,
    ca: null,
    caFile: null,
    proxy: null,
    timeout: 8_000,
    cache: 600_000,
    suppress: null,
    grace: 0,
    indicators: true,
    trust: [],
    customFields: [],
  });
});

describe('a wrong file is refused without a word of the token', () => {
  test.each([
    ['{"token": "secret"', 'x is not an object in JSON; run "opencti-wazuh install" again'],
    ['["secret"]', 'x is not an object in JSON; run "opencti-wazuh install" again'],
    ['{"token": ["secret"]}', 'x: "token" is not a text or null; run "opencti-wazuh install" again'],
    [
      '{"tokn": "secret"}',
      'x has a key that is not known (it is not shown: a token may be in its place); known: url, token, ca, caFile, proxy, timeout, cache, suppress, grace, indicators, trust',
    ],
    ['{"timeout": 0}', 'x: "timeout" is not a number of milliseconds; run "opencti-wazuh install" again'],
    ['{"trust": [{}]}', 'x: "trust" is not a list of { "authors": [...] } and { "confidence": 1-100 }'],
    ['{"trust": [{"authors": [5]}]}', 'x: "trust" is not a list of'],
    ['{"grace": -1}', 'x: "grace" is not a number of milliseconds, or 0; run "opencti-wazuh install" again'],
    ['{"indicators": "no"}', 'x: "indicators" is not true or false; run "opencti-wazuh install" again'],
    ['{"constructor": 1}', /has a key that is not known/],
  ])('%s', (text, message) => {
    expect(() => parseSettings(text, 'x')).toThrow(message);
  });
});

test('a file that may not be read is said to be so', () => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'custom-opencti.json'), '{}');
  chmodSync(join(folder, 'custom-opencti.json'), 0o000);
  const load = () =>
    loadSettings({
      folder,
      environment: { OPENCTI_TOKEN_FILE: '/nonexistent' },
      hookUrl: null,
      apiKey: null,
      isTrial: false,
    });
  // Root reads anything; then the missing token file is what is said.
  expect(load).toThrow(/cannot be read \((EACCES|ENOENT)\)/);
});

test.each([
  ['/opt/wazuh/integrations', {}, '/opt/wazuh'],
  ['/usr/lib/node_modules/opencti-wazuh/dist', {}, '/var/ossec'],
  ['/usr/lib/node_modules/opencti-wazuh/dist', { WAZUH_HOME: '/srv/wazuh' }, '/srv/wazuh'],
  // integratord has the variables of the shell that started the manager.
  ['/opt/wazuh/integrations', { WAZUH_HOME: '/srv/wazuh' }, '/opt/wazuh'],
])('the home of a bundle in %s with %o is %s', (folder, environment, home) => {
  expect(findHome({ folder, environment })).toBe(home);
});
