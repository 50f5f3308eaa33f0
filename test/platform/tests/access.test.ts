import { describe, expect, it } from 'vitest';
import { ask, openOpenCti } from '../../support/opencti.ts';

const preflight = `{ about { version } me { name user_email capabilities { name }
  allowed_marking { id definition } } }`;
const rows = '{ stixCyberObservables { edges { node { id } } } }';

describe('the preflight', () => {
  it('answers version, user, capabilities and markings', async () => {
    const server = await openOpenCti();
    expect(await ask(server, preflight)).toEqual({
      data: {
        about: { version: '7.260318.0' },
        me: {
          name: 'wazuh',
          user_email: 'wazuh@opencti.example',
          capabilities: [{ name: 'KNOWLEDGE' }, { name: 'APIACCESS_USETOKEN' }],
          allowed_marking: [
            { id: 'fbfa1fc1-26e8-4058-a699-8db1811dfeed', definition: 'TLP:WHITE' },
            { id: '6f0b8c2d-6b1c-4f0b-8f6b-7b6f2d6e2a01', definition: 'TLP:GREEN' },
            { id: '6f0b8c2d-6b1c-4f0b-8f6b-7b6f2d6e2a02', definition: 'TLP:AMBER' },
            { id: '6f0b8c2d-6b1c-4f0b-8f6b-7b6f2d6e2a03', definition: 'TLP:RED' },
          ],
        },
      },
    });
  });

  it('says the version, capabilities and markings it is told', async () => {
    const server = await openOpenCti(
      {},
      {
        version: '6.9.28',
        capabilities: ['KNOWLEDGE'],
        markings: ['fbfa1fc1-26e8-4058-a699-8db1811dfeed'],
      },
    );
    expect(await ask(server, preflight)).toMatchObject({
      data: {
        about: { version: '6.9.28' },
        me: { capabilities: [{ name: 'KNOWLEDGE' }], allowed_marking: [{ definition: 'TLP:WHITE' }] },
      },
    });
  });

  it('knows the platform by its id, unless settings are refused', async () => {
    const server = await openOpenCti({}, { platformId: 'b0f5d1e2-1111-4222-8333-444455556666' });
    expect(await ask(server, '{ settings { id platform_title } }')).toEqual({
      data: { settings: { id: 'b0f5d1e2-1111-4222-8333-444455556666', platform_title: 'Embedded OpenCTI' } },
    });
    const refusing = await openOpenCti({}, { settingsRefused: true });
    expect(await ask(refusing, '{ settings { id } }')).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'FORBIDDEN_ACCESS' } }],
    });
  });
});

describe('a token that is not known', () => {
  it('is AUTH_REQUIRED in extensions.code', async () => {
    const server = await openOpenCti({}, { token: 'right' });
    expect(await ask(server, preflight, { token: 'wrong' })).toEqual({
      data: null,
      errors: [
        expect.objectContaining({
          path: ['me'],
          extensions: { code: 'AUTH_REQUIRED', data: { http_status: 401, genre: 'TECHNICAL' } },
          name: 'AUTH_REQUIRED',
        }),
        expect.objectContaining({ path: ['about'] }),
      ].toReversed(),
    });
    expect(await ask(server, preflight, { token: 'right' })).not.toHaveProperty('errors');
  });

  it.each([
    ['name', 'AUTH_REQUIRED'],
    ['camel-name', 'AuthRequired'],
  ] as const)('is spelled as %s alone: %s', async (errorSpelling, name) => {
    const server = await openOpenCti({}, { errorSpelling });
    const answer = await ask<{ errors: object[] }>(server, '{ me { name } }', { token: 'wrong' });
    expect(answer.errors).toEqual([expect.objectContaining({ name })]);
    expect(answer.errors[0]).not.toHaveProperty('extensions');
  });

  it('still reads the version before 6.4', async () => {
    const server = await openOpenCti({}, { version: '6.0.0' });
    expect(await ask(server, '{ about { version } }', { token: 'wrong' })).toEqual({
      data: { about: { version: '6.0.0' } },
    });
  });

  it('is what a token of a user without APIACCESS_USETOKEN is, on 7', async () => {
    const seven = await openOpenCti({}, { capabilities: ['KNOWLEDGE'] });
    expect(await ask(seven, '{ me { name } }')).toMatchObject({
      errors: [{ extensions: { code: 'AUTH_REQUIRED' } }],
    });
    const six = await openOpenCti({}, { capabilities: ['KNOWLEDGE'], version: '6.9.28' });
    expect(await ask(six, '{ me { name } }')).toEqual({ data: { me: { name: 'wazuh' } } });
  });
});

describe('a token without KNOWLEDGE', () => {
  it('is refused rows, with partial data beside the error', async () => {
    const server = await openOpenCti({}, { capabilities: ['APIACCESS_USETOKEN'] });
    expect(await ask(server, `{ me { name } stixCyberObservables { edges { node { id } } } }`)).toMatchObject(
      {
        data: { me: { name: 'wazuh' }, stixCyberObservables: null },
        errors: [{ path: ['stixCyberObservables'], extensions: { code: 'FORBIDDEN_ACCESS' } }],
      },
    );
  });

  it('reads them when it may BYPASS', async () => {
    const server = await openOpenCti({}, { capabilities: ['BYPASS'] });
    expect(await ask(server, rows)).not.toHaveProperty('errors');
  });
});

describe('markings', () => {
  it('hide what the token may not see, in rows, counts and single reads', async () => {
    const white = 'fbfa1fc1-26e8-4058-a699-8db1811dfeed';
    const all = await openOpenCti({ observables: 200 });
    const query = `query($id: String!) {
      stixCyberObservables(first: 500) {
        pageInfo { globalCount } edges { node { id objectMarking { definition } } }
      }
      stixCyberObservable(id: $id) { id }
    }`;
    const everything = await ask<Marked>(all, query, { variables: { id: 'none' } });
    const marked = everything.data.stixCyberObservables.edges.map((edge) => edge.node);
    const red = marked.find((node) => node.objectMarking.some(({ definition }) => definition === 'TLP:RED'));
    const visible = marked.filter((node) =>
      node.objectMarking.every(({ definition }) => definition === 'TLP:WHITE'),
    );
    expect(red).toBeDefined();
    expect(visible.length).toBeLessThan(marked.length);

    const some = await openOpenCti({ observables: 200 }, { markings: [white] });
    const seen = await ask<Marked>(some, query, { variables: { id: red?.id } });
    expect(seen.data.stixCyberObservables.edges.map((edge) => edge.node)).toEqual(visible);
    expect(seen.data.stixCyberObservables.pageInfo.globalCount).toBe(visible.length);
    expect(seen.data.stixCyberObservable).toBeNull();
  });
});

interface Marked {
  readonly data: {
    readonly stixCyberObservables: {
      readonly pageInfo: { readonly globalCount: number };
      readonly edges: readonly {
        readonly node: {
          readonly id: string;
          readonly objectMarking: readonly { readonly definition: string }[];
        };
      }[];
    };
    readonly stixCyberObservable: object | null;
  };
}
