import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { demoToken } from '../platform/server.ts';
import { openOpenCti } from '../support/opencti.ts';
import { readAlerts } from '../support/sample-events.ts';
import { createAuthority } from '../support/tls.ts';
import { readEvent } from './support/engine.ts';
import { createManager } from './support/manager.ts';

interface DocumentedAlert {
  readonly data: { readonly opencti: object; readonly integration: string };
}

function readContract(name: string): DocumentedAlert {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../support/contract', `${name}.json`), 'utf8'));
}

const authority = createAuthority();
const alerts = readAlerts();

/** The list names the indicator that decided; the alert shows its observable. */
const cases = [
  {
    name: 'alert-sysmon22-windows',
    sample: 'sysmon22-answer',
    list: 'opencti-win-query-name',
    line: 'sazoya.com:766340ed-4d34-48de-b65c-38f668534435',
    header: '1:[020] (WIN-7FK8M79Q5R6) 192.168.252.105->opencti',
    field: 'win.eventdata.queryName',
  },
  {
    name: 'alert-sysmon3-linux',
    sample: 'linux-sysmon3-documented-field',
    list: 'opencti-linux-destination-ip',
    line: '105.112.50.80:8f1e842b-34b0-42b0-8203-fe7ad2e0ecdc',
    header: '1:[017] (ubuntu2004vm) 192.168.252.191->opencti',
    field: 'eventdata.destinationIp',
  },
];

describe.each(['5.12.0', '5.12.23', '5.12.24', '6.9.28', '7.260318.0'])('with OpenCTI %s', (version) => {
  test.each(cases)('$name comes out as documented, with its source', async (documented) => {
    const server = await openOpenCti({}, { version, tls: authority.issue() });
    const manager = createManager({ url: server.url, token: demoToken, ca: authority.cert });
    manager.writeList(documented.list, [documented.line]);
    const alert = alerts.get(documented.sample) as { id: string };

    const result = await manager.run(alert);

    expect(result).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(result.messages).toHaveLength(1);
    const { header, json, data } = readEvent(result.messages[0]);
    expect(header).toBe(documented.header);
    expect(json).toMatch(/^\{"integration":"opencti",/);
    const { opencti, integration } = readContract(documented.name).data;
    const source = {
      alert_id: alert.id,
      rule_id: '100000',
      field: documented.field,
      value: documented.line.split(':')[0],
      list: documented.list,
      matched_by: 'exact',
    };
    expect(data).toEqual({ integration, opencti: { ...opencti, source } });
  });
});

test('a run is one request, and only the first one at an older platform is two', async () => {
  const server = await openOpenCti({}, { version: '5.12.0' });
  const manager = createManager({ url: server.url, token: demoToken, cache: null });
  manager.writeList('opencti-win-query-name', ['sazoya.com:766340ed-4d34-48de-b65c-38f668534435']);
  await manager.run(alerts.get('sysmon22-answer'));
  expect(server.requests).toHaveLength(2);
  await manager.run(alerts.get('sysmon22-answer'));
  expect(server.requests).toHaveLength(3);
});
