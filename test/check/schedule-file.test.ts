import { expect, test } from 'vitest';
import { parseCron, parseService } from '../../src/commands/check/schedule.ts';

test('the line of cron that install writes', () => {
  const text = `# a comment
WAZUH_HOME=/var/ossec
17 * * * * wazuh /usr/bin/node /opt/tool/bin/opencti-wazuh refresh >/dev/null
`;
  expect(parseCron(text)).toEqual({
    user: 'wazuh',
    home: '/var/ossec',
    words: ['/usr/bin/node', '/opt/tool/bin/opencti-wazuh'],
  });
});

test('as people write it: another time, quotes, a wrapper', () => {
  const parse = (line: string) => parseCron(`${line}\n`);
  expect(parse("@hourly wazuh '/opt/my node/node' '/opt/it'\\''s/tool' refresh --force")?.words).toEqual([
    '/opt/my node/node',
    "/opt/it's/tool",
  ]);
  expect(parse('*/20\t1-5 * * *   root  /usr/local/bin/opencti-wazuh  refresh')).toEqual({
    user: 'root',
    home: null,
    words: ['/usr/local/bin/opencti-wazuh'],
  });
});

test.each([
  ['a comment', '# 17 * * * * wazuh node tool refresh\n'],
  ['no end of the line', '17 * * * * wazuh node tool refresh'],
  ['another command', '17 * * * * wazuh node tool status\n'],
  ['no user', '17 * * * * refresh\n'],
  ['nothing', ''],
])('no line of cron runs it: %s', (_, text) => {
  expect(parseCron(text)).toBeNull();
});

test('a service of systemd', () => {
  const text = `[Service]
User=wazuh
Environment="WAZUH_HOME=/var/ossec"
Environment=WAZUH_HOME=/srv/ossec
ExecStart=/usr/bin/node /opt/tool refresh
`;
  const parsed = { user: 'wazuh', home: '/srv/ossec', words: ['/usr/bin/node', '/opt/tool'] };
  expect(parseService(text)).toEqual(parsed);
  expect(parseService(text.replace('User=wazuh\n', ''))).toMatchObject({ user: 'root' });
  expect(parseService('[Service]\nExecStart=/bin/true\n')).toBeNull();
});

test('a percent sign of a path, as cron and systemd want it written', () => {
  const words = ['/opt/50% node/node', '/opt/tool'];
  expect(parseCron("17 * * * * wazuh '/opt/50\\% node/node' /opt/tool refresh\n")?.words).toEqual(words);
  expect(parseService("[Service]\nExecStart='/opt/50%% node/node' /opt/tool refresh\n")?.words).toEqual(
    words,
  );
});
