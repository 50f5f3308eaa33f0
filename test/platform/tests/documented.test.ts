import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ask, openOpenCti } from '../../support/opencti.ts';

/** The fields that the documented alert shows, in the shape of `edges { node }`. */
const node = `
  id standard_id entity_type parent_types spec_version created_at updated_at
  createdBy {
    id standard_id entity_type parent_types spec_version identity_class name description roles
    contact_information x_opencti_aliases created modified
    objectLabel { edges { node { id value color } } }
    ... on Organization { x_opencti_organization_type x_opencti_reliability }
    ... on Individual { x_opencti_firstname x_opencti_lastname }
  }
  objectMarking { edges { node {
    id standard_id entity_type definition_type definition created modified x_opencti_order x_opencti_color
  } } }
  objectLabel { edges { node { id value color } } }
  externalReferences { edges { node {
    id standard_id entity_type source_name description url hash external_id created modified
    importFiles { edges { node { id name size metaData { mimetype version } } } }
  } } }
  observable_value x_opencti_description x_opencti_score
  indicators { edges { node { id pattern pattern_type } } }
  ... on DomainName { value }
  ... on IPv4Addr { value }
  ... on StixFile {
    extensions size name name_enc magic_number_hex mime_type ctime mtime atime x_opencti_additional_names
    hashes { algorithm hash }
  }
  importFiles { edges { node { id name size metaData { mimetype version } } } }`;

const byId = `query($id: String!) { stixCyberObservable(id: $id) { ${node} } }`;
const contract = new URL('../../../../shared/contract/', import.meta.url);

/** As the engine shows JSON: null is a text, so is an integer outside of a list, and an empty text is gone. */
function toShown(key: string, value: unknown): unknown {
  if (value === null) return 'null';
  if (value === '') return undefined;
  return key === 'x_opencti_score' ? String(value) : value;
}

describe('the documented objects', () => {
  it('sazoya.com has every documented field', async () => {
    const server = await openOpenCti({}, { version: '5.12.0' });
    const answer = await ask(server, byId, { variables: { id: '0e5e40ee-2ad3-4fc3-a9c6-a75869ea3c2e' } });
    expect(answer).toMatchObject({
      data: {
        stixCyberObservable: {
          standard_id: 'domain-name--40ca963a-056c-577b-b5e6-c88c30e7da75',
          parent_types: ['Basic-Object', 'Stix-Object', 'Stix-Core-Object', 'Stix-Cyber-Observable'],
          createdBy: {
            name: 'AlienVault',
            parent_types: [
              'Basic-Object',
              'Stix-Object',
              'Stix-Core-Object',
              'Stix-Domain-Object',
              'Identity',
            ],
            roles: null,
          },
          observable_value: 'sazoya.com',
          x_opencti_description: null,
          x_opencti_score: 50,
          indicators: {
            edges: [
              {
                node: {
                  id: '766340ed-4d34-48de-b65c-38f668534435',
                  pattern: "[domain-name:value = 'sazoya.com']",
                  pattern_type: 'stix',
                },
              },
            ],
          },
        },
      },
    });
  });

  it.skipIf(!existsSync(contract)).each([
    ['alert-sysmon22-windows.json', '0e5e40ee-2ad3-4fc3-a9c6-a75869ea3c2e'],
    ['alert-sysmon3-linux.json', 'e055656b-e801-4184-b59c-b1604de2fdb3'],
  ])('%s is made of what the server answers', async (file, id) => {
    const alert = JSON.parse(readFileSync(new URL(file, contract), 'utf8')).data.opencti;
    const documented = Object.fromEntries(Object.entries(alert).filter(([key]) => !/^\d+$/.test(key)));
    const server = await openOpenCti({}, { version: '5.12.0' });
    const answer = await ask<{ data: { stixCyberObservable: object } }>(server, byId, { variables: { id } });
    const shown = JSON.parse(JSON.stringify(answer.data.stixCyberObservable, toShown));
    expect(shown).toEqual(documented);
  });

  it('come first, and their indicators are alive', async () => {
    const server = await openOpenCti({ observables: 10, indicators: 10 });
    const answer = await ask(
      server,
      `{ stixCyberObservables(first: 3, orderBy: created_at, orderMode: asc) { edges { node { observable_value } } }
         indicators(first: 3, orderBy: created_at, orderMode: asc) { edges { node {
           name revoked valid_until x_opencti_score pattern_type } } } }`,
    );
    const alive = { revoked: false, valid_until: '2099-01-01T00:00:00.000Z', pattern_type: 'stix' };
    expect(answer).toEqual({
      data: {
        stixCyberObservables: {
          edges: [
            { node: { observable_value: '105.112.50.80' } },
            { node: { observable_value: 'sazoya.com' } },
            {
              node: { observable_value: '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6' },
            },
          ],
        },
        indicators: {
          edges: [
            { node: { name: '105.112.50.80', x_opencti_score: 60, ...alive } },
            { node: { name: 'sazoya.com', x_opencti_score: 50, ...alive } },
            { node: { name: 'opencti sample payload', x_opencti_score: 80, ...alive } },
          ],
        },
      },
    });
  });

  it('include a file with the hashes of the sample events, and with references and files', async () => {
    const server = await openOpenCti({}, { version: '5.12.0' });
    const answer = await ask(server, byId, { variables: { id: '5a3d1f7e-0c52-4f39-9b5e-2f6f1c7d8e90' } });
    expect(answer).toMatchObject({
      data: {
        stixCyberObservable: {
          name: 'update.exe',
          size: 22,
          hashes: [
            { algorithm: 'SHA-1', hash: '3f249cbadc8de47ddd960a77ec71a5c92da82de2' },
            { algorithm: 'MD5', hash: 'e65487f5f65bca9e283dd3aabd817dc0' },
            {
              algorithm: 'SHA-256',
              hash: '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6',
            },
          ],
          externalReferences: {
            edges: [{ node: { source_name: 'Demo report', importFiles: { edges: [] } } }],
          },
          importFiles: {
            edges: [{ node: { name: 'report.pdf', metaData: { mimetype: 'application/pdf' } } }],
          },
        },
      },
    });
  });
});
