import { afterEach, describe, expect, it } from 'vitest';
import { createDemoData, type DemoDataOptions } from '../../src/demo/data/demo-data.ts';
import {
  demoToken,
  type OpenCtiServer,
  type OpenCtiServerOptions,
  startOpenCti,
} from '../../src/demo/server.ts';

let server: OpenCtiServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(
  data: DemoDataOptions = {},
  options: Omit<OpenCtiServerOptions, 'data'> = {},
): Promise<OpenCtiServer> {
  server = await startOpenCti({ data: createDemoData(data), ...options });
  return server;
}

async function ask(query: string, variables = {}, token = demoToken) {
  const response = await fetch(`${server?.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, body: (await response.json()) as never };
}

const preflight = `{ about { version } me { name user_email capabilities { name }
  allowed_marking { id definition } } }`;

describe('the preflight', () => {
  it('answers version, capabilities and markings', async () => {
    await start();
    expect(await ask(preflight)).toEqual({
      status: 200,
      body: {
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
      },
    });
  });
});
