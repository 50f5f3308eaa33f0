import { describe, expect, it } from 'vitest';
import { preflight } from '../../src/opencti/platform.ts';
import { openOpenCti } from '../support/opencti.ts';
import { catchError, connect, token } from './support/client.ts';
import { answering, startHttp } from './support/servers.ts';

const me = {
  name: 'wazuh',
  user_email: 'wazuh@example.org',
  capabilities: [{ name: 'KNOWLEDGE' }],
  allowed_marking: [],
};

describe('preflight', () => {
  it('tells platform, user, capabilities and markings', async () => {
    const server = await openOpenCti(
      {},
      {
        token,
        version: '6.9.28',
        platformId: '11111111-2222-4333-8444-555555555555',
        markings: ['fbfa1fc1-26e8-4058-a699-8db1811dfeed'],
      },
    );
    const { date, ...platform } = await preflight(connect(server.url));
    expect(platform).toEqual({
      version: '6.9.28',
      shape: 'lists',
      user: { name: 'wazuh', email: 'wazuh@opencti.example' },
      capabilities: ['KNOWLEDGE', 'APIACCESS_USETOKEN'],
      markings: [{ id: 'fbfa1fc1-26e8-4058-a699-8db1811dfeed', definition: 'TLP:WHITE' }],
      platformId: '11111111-2222-4333-8444-555555555555',
    });
    expect(date).toBeInstanceOf(Date);
  });

  it.each([
    ['5.12.0', 'edges'],
    ['5.12.23', 'edges'],
    ['5.12.24', 'lists'],
    ['7.260309.0-lts.2', 'lists'],
    ['9.1.0', 'lists'],
  ])('on %s finds %s', async (version, shape) => {
    const server = await openOpenCti({}, { token, version });
    expect(await preflight(connect(server.url))).toMatchObject({ version, shape });
  });

  it.each(['code', 'name', 'camel-name'] as const)(
    'names a refused token, spelled as %s',
    async (errorSpelling) => {
      for (const version of ['5.12.0', '7.260318.0']) {
        const server = await openOpenCti({}, { token: 'another', version, errorSpelling });
        const error = await catchError(() => preflight(connect(server.url)));
        expect(error).toMatchObject({ failure: 'token', exitCode: 2 });
      }
    },
  );

  it('names the capability that is missing', async () => {
    const server = await openOpenCti({}, { token, capabilities: ['EXPLORE', 'APIACCESS_USETOKEN'] });
    const error = await catchError(() => preflight(connect(server.url)));
    expect(error).toMatchObject({ failure: 'capability', exitCode: 2 });
    expect(error.message).toContain(
      'the token\'s user "wazuh" does not have the capability KNOWLEDGE ("Access knowledge")',
    );
    expect(error.message).toContain('(it has EXPLORE, APIACCESS_USETOKEN)');
  });

  it('names both capabilities when a 7 refuses the token for want of one', async () => {
    const server = await openOpenCti({}, { token, version: '7.260318.0', capabilities: ['KNOWLEDGE'] });
    const error = await catchError(() => preflight(connect(server.url)));
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain('APIACCESS_USETOKEN');
  });

  it.each([['BYPASS'], ['KNOWLEDGE'], ['KNOWLEDGE_KNUPDATE']])('takes %s for enough', async (name) => {
    const url = await startHttp(
      answering(
        { data: { about: { version: '6.4.11' }, me: { ...me, capabilities: [{ name }] } } },
        { data: null },
      ),
    );
    expect((await preflight(connect(url))).capabilities).toEqual([name]);
  });

  it('refuses an older platform, whatever its other answers are', async () => {
    const url = await startHttp(
      answering({ data: { about: { version: '5.11.14' }, me: { ...me, capabilities: [] } } }),
    );
    const error = await catchError(() => preflight(connect(url)));
    expect(error).toMatchObject({ failure: 'version', exitCode: 2 });
    expect(error.message).toBe('OpenCTI 5.11.14 is too old: 5.12.0 or later is needed');
  });

  it('does without the id of a platform that refuses its settings', async () => {
    const server = await openOpenCti({}, { token, settingsRefused: true });
    expect(await preflight(connect(server.url))).toMatchObject({ platformId: null, version: '7.260318.0' });
  });

  it('fails when the platform goes away before its id is read', async () => {
    const server = await openOpenCti({}, { token });
    server.faults.add({ kind: 'hang-up', when: 'before-answer' }, { after: 1 });
    expect(await catchError(() => preflight(connect(server.url)))).toMatchObject({ failure: 'network' });
  });

  it('tells the clock of the platform', async () => {
    const url = await startHttp((request, response) => {
      response.setHeader('date', 'Thu, 01 Jan 2026 12:00:00 GMT');
      answering({ data: { about: { version: '6.4.11' }, me } })(request, response);
    });
    expect((await preflight(connect(url))).date).toEqual(new Date('2026-01-01T12:00:00Z'));
  });

  it('lives without a clock and without markings', async () => {
    const url = await startHttp((request, response) => {
      response.sendDate = false;
      const bare = { ...me, allowed_marking: null };
      answering({ data: { about: { version: '6.4.11' }, me: bare } })(request, response);
    });
    expect(await preflight(connect(url))).toMatchObject({ date: null, markings: [] });
  });

  it('shows the id of a marking without definition', async () => {
    const allowed_marking = [{ id: 'm1', definition: null }];
    const url = await startHttp(
      answering({ data: { about: { version: '6.4.11' }, me: { ...me, allowed_marking } } }),
    );
    expect((await preflight(connect(url))).markings).toEqual([{ id: 'm1', definition: 'm1' }]);
  });
});
