import { beforeAll, describe, expect, test } from 'vitest';
import { createDemoData } from '../platform/data/demo-data.ts';
import { writeObservable } from '../platform/data/written.ts';
import { demoToken, type OpenCtiServer, startOpenCti } from '../platform/server.ts';
import { readAlerts } from '../support/sample-events.ts';
import { createAuthority } from '../support/tls.ts';
import { readEvent } from './support/engine.ts';
import { documentedAddress, documentedName, sampleFile, writtenIpv6 } from './support/expected.ts';
import { createManager } from './support/manager.ts';

const sha256 = '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6';
const sha1 = '3f249cbadc8de47ddd960a77ec71a5c92da82de2';
const windows = '1:[020] (WIN-7FK8M79Q5R6) 192.168.252.105->opencti';
const linux = '1:[017] (ubuntu2004vm) 192.168.252.191->opencti';

const fileId = 'c2b8e6d4-5f1a-4b3c-8e7d-0a9f6c5b4d32';
const nameId = '766340ed-4d34-48de-b65c-38f668534435';
const addressId = '8f1e842b-34b0-42b0-8203-fe7ad2e0ecdc';

/** What a refresh would have made of the platform: each entry has the id of the indicator that decided. */
const sysmonHashes = [
  `MD5=E65487F5F65BCA9E283DD3AABD817DC0:${fileId}`,
  `SHA1=3F249CBADC8DE47DDD960A77EC71A5C92DA82DE2:${fileId}`,
  `SHA256=3802E1848C0FA4B4B408BE34C6A4C9A799F9A37B29D6BD3DBD3BD7760747A8A6:${fileId}`,
];
const lists = {
  'opencti-win-hashes': sysmonHashes,
  'opencti-win-hash': sysmonHashes,
  'opencti-win-destination-ip': [
    `"2a00:1450:4009:81e:0:0:0:200e":${writtenIpv6.id}`,
    `105.112.50.80:${addressId}`,
  ],
  'opencti-linux-destination-ip': [`105.112.50.80:${addressId}`],
  'opencti-win-query-name': [`sazoya.com:${nameId}`],
  'opencti-fim-sha256': [`${sha256}:${fileId}`],
  'opencti-fim-sha1': [`${sha1}:${fileId}`],
  'opencti-fim-md5': [`e65487f5f65bca9e283dd3aabd817dc0:${fileId}`],
};

const allFour = `SHA1=${sha1.toUpperCase()},MD5=E65487F5F65BCA9E283DD3AABD817DC0,SHA256=${sha256.toUpperCase()},IMPHASH=F34D5F2D4577ED6D9CEEC516C1F5A744`;
const threeHashes = `MD5=E65487F5F65BCA9E283DD3AABD817DC0,SHA256=${sha256.toUpperCase()},IMPHASH=F34D5F2D4577ED6D9CEEC516C1F5A744`;
const oneHash = `SHA256=${sha256.toUpperCase()}`;

interface Expected {
  readonly header: string;
  readonly opencti: object;
  readonly field: string;
  readonly value: string;
  readonly list: string;
  readonly matched_by: string;
}

function byHashes(value: string, opencti = sampleFile(sha256)): Expected {
  const matched_by = value.includes(',') ? 'composite' : 'exact';
  return {
    header: windows,
    opencti,
    field: 'win.eventdata.hashes',
    value,
    list: 'opencti-win-hashes',
    matched_by,
  };
}

function byStream(value: string): Expected {
  return { ...byHashes(value), field: 'win.eventdata.hash', list: 'opencti-win-hash' };
}

const byWindowsAddress: Expected = {
  header: windows,
  opencti: documentedAddress,
  field: 'win.eventdata.destinationIp',
  value: '105.112.50.80',
  list: 'opencti-win-destination-ip',
  matched_by: 'exact',
};

const byName: Expected = {
  header: windows,
  opencti: documentedName,
  field: 'win.eventdata.queryName',
  value: 'sazoya.com',
  list: 'opencti-win-query-name',
  matched_by: 'exact',
};

const byLinuxAddress: Expected = {
  ...byWindowsAddress,
  header: linux,
  field: 'eventdata.destinationIp',
  list: 'opencti-linux-destination-ip',
};

const byFile: Expected = {
  header: linux,
  opencti: sampleFile(sha256),
  field: 'syscheck.sha256_after',
  value: sha256,
  list: 'opencti-fim-sha256',
  matched_by: 'exact',
};

/** Null: there is nothing to look up, and nothing is sent. */
const expectedEvents: Readonly<Record<string, Expected | null>> = {
  'sysmon1-single': byHashes(oneHash),
  'sysmon1-composite': byHashes(allFour),
  'sysmon1-composite-md5-sha256-imphash': byHashes(threeHashes),
  'sysmon1-sha1-only': byHashes(`SHA1=${sha1.toUpperCase()}`, sampleFile(sha1)),
  'sysmon3-ipv4': byWindowsAddress,
  'sysmon3-ipv6': { ...byWindowsAddress, opencti: writtenIpv6, value: '2a00:1450:4009:81e:0:0:0:200e' },
  'sysmon3-powershell': byWindowsAddress,
  'sysmon3-private': null,
  'sysmon6-composite': byHashes(allFour),
  'sysmon7-composite': byHashes(threeHashes),
  'sysmon7-single': byHashes(oneHash),
  'sysmon15-composite': byStream(allFour),
  'sysmon15-zone-identifier': byStream(oneHash),
  'sysmon22-answer': byName,
  'sysmon22-no-answer': byName,
  'sysmon22-subdomain-mixed-case': { ...byName, value: 'WWW.Sazoya.com', matched_by: 'parent domain' },
  'sysmon23-composite': byHashes(allFour),
  'sysmon24-composite': byHashes(allFour),
  'sysmon25-no-hash': null,
  'linux-sysmon3-documented-field': byLinuxAddress,
  'linux-sysmon3-community-field': { ...byLinuxAddress, field: 'eventdata.DestinationIp' },
  'syscheck-added': byFile,
  'syscheck-modified': byFile,
  'syscheck-deleted': byFile,
};

const alerts = readAlerts();
const authority = createAuthority();
let server: OpenCtiServer;

beforeAll(async () => {
  const written = writeObservable({
    id: writtenIpv6.id,
    entity_type: 'IPv6-Addr',
    value: '2A00:1450:4009:081E::200E',
  });
  const data = createDemoData({ written: { observables: [written] } });
  server = await startOpenCti({ data, tls: authority.issue() });
  return () => server.close();
});

test('there is an expectation for every sample', () => {
  expect([...alerts.keys()].sort()).toEqual(Object.keys(expectedEvents).sort());
});

describe('through the launcher and OpenCTI over HTTPS', () => {
  test.each(Object.entries(expectedEvents))('%s', async (name, expected) => {
    const manager = createManager({ url: server.url, token: demoToken, ca: authority.cert });
    for (const [list, lines] of Object.entries(lists)) manager.writeList(list, lines);
    const alert = alerts.get(name) as { id: string; rule: { id: string } };
    const requests = server.requests.length;

    const result = await manager.run(alert);

    expect(result).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(result.log).toHaveLength(1);
    expect(server.requests.length - requests).toBe(expected === null ? 0 : 1);
    if (expected === null) {
      expect(result.messages).toEqual([]);
      return;
    }
    const { header, opencti, ...source } = expected;
    expect(result.messages).toHaveLength(1);
    const event = readEvent(result.messages[0]);
    expect(event.header).toBe(header);
    expect(event.data).toEqual({
      integration: 'opencti',
      opencti: { ...opencti, source: { alert_id: alert.id, rule_id: alert.rule.id, ...source } },
    });
  });
});
