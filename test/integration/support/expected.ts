import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the engine writes below `opencti` for the objects of the embedded platform, by hand. */

const stixParents = ['Basic-Object', 'Stix-Object', 'Stix-Core-Object'];

function readContract(name: string): object {
  const file = join(import.meta.dirname, '../../support/contract', `${name}.json`);
  return JSON.parse(readFileSync(file, 'utf8')).data.opencti;
}

/** `sazoya.com` and `105.112.50.80`: the documented alerts. */
export const documentedName = readContract('alert-sysmon22-windows');
export const documentedAddress = readContract('alert-sysmon3-linux');

export const tlpWhite = {
  id: 'fbfa1fc1-26e8-4058-a699-8db1811dfeed',
  standard_id: 'marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9',
  entity_type: 'Marking-Definition',
  definition_type: 'TLP',
  definition: 'TLP:WHITE',
  created: '2022-02-07T01:26:11.768Z',
  modified: '2022-02-07T01:26:11.768Z',
  x_opencti_order: 1,
  x_opencti_color: '#ffffff',
};

/** Its description is empty, which the engine leaves out. */
const alienVault = {
  id: '34c3f0f7-3087-45b5-9c6f-7dfb6916c352',
  standard_id: 'identity--e52b2fa3-2af0-5e53-ad38-17d54b3d61cb',
  entity_type: 'Organization',
  parent_types: [...stixParents, 'Stix-Domain-Object', 'Identity'],
  spec_version: '2.1',
  identity_class: 'organization',
  name: 'AlienVault',
  roles: 'null',
  contact_information: 'null',
  x_opencti_aliases: 'null',
  created: '2022-02-07T01:26:25.340Z',
  modified: '2022-02-07T23:54:15.300Z',
  objectLabel: { edges: [] },
  x_opencti_organization_type: 'null',
  x_opencti_reliability: 'null',
};

const cobaltStrike = {
  node: { id: 'd4323e8a-171e-42b1-a205-446b5cee21af', value: 'cobalt strike', color: '#ff7396' },
};

/** The file of the sample events; `value` is the hash that was matched. */
export function sampleFile(value: string): object {
  return {
    '0': cobaltStrike,
    id: '5a3d1f7e-0c52-4f39-9b5e-2f6f1c7d8e90',
    standard_id: 'file--1d8f8a37-3f7a-5c0e-9a0b-6f4e2c1b7d55',
    entity_type: 'StixFile',
    parent_types: [...stixParents, 'Stix-Cyber-Observable'],
    spec_version: '2.1',
    created_at: '2022-03-01T09:00:00.000Z',
    updated_at: '2022-03-01T09:00:05.000Z',
    createdBy: alienVault,
    objectMarking: { edges: [{ node: tlpWhite }] },
    objectLabel: { edges: [cobaltStrike] },
    externalReferences: {
      edges: [
        {
          node: {
            id: '7c1f9a52-1a0d-4c6e-8d2b-9e3f5a7b1c04',
            standard_id: 'external-reference--3b9d5e1c-7f2a-5d48-b6c0-1e8a4f7d2b93',
            entity_type: 'External-Reference',
            source_name: 'Demo report',
            description: 'The sample payload of the demo',
            url: 'https://example.org/reports/sample-payload',
            hash: null,
            external_id: null,
            created: '2022-03-01T09:00:02.000Z',
            modified: '2022-03-01T09:00:02.000Z',
            importFiles: { edges: [] },
          },
        },
      ],
    },
    observable_value: '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6',
    x_opencti_description: 'opencti sample payload',
    x_opencti_score: '80',
    indicators: {
      edges: [
        {
          node: {
            id: 'c2b8e6d4-5f1a-4b3c-8e7d-0a9f6c5b4d32',
            pattern:
              "[file:hashes.'SHA-256' = '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6' OR file:hashes.'SHA-1' = '3f249cbadc8de47ddd960a77ec71a5c92da82de2' OR file:hashes.MD5 = 'e65487f5f65bca9e283dd3aabd817dc0']",
            pattern_type: 'stix',
          },
        },
      ],
    },
    extensions: 'null',
    size: '22',
    name: 'update.exe',
    name_enc: 'null',
    magic_number_hex: 'null',
    mime_type: 'application/octet-stream',
    ctime: 'null',
    mtime: 'null',
    atime: 'null',
    x_opencti_additional_names: 'null',
    hashes: [
      { algorithm: 'SHA-1', hash: '3f249cbadc8de47ddd960a77ec71a5c92da82de2' },
      { algorithm: 'MD5', hash: 'e65487f5f65bca9e283dd3aabd817dc0' },
      { algorithm: 'SHA-256', hash: '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6' },
    ],
    importFiles: {
      edges: [
        {
          node: {
            id: 'import/StixFile/5a3d1f7e-0c52-4f39-9b5e-2f6f1c7d8e90/report.pdf',
            name: 'report.pdf',
            size: 48_213,
            metaData: { mimetype: 'application/pdf', version: '2022-03-01T09:00:04.000Z' },
          },
        },
      ],
    },
    value,
  };
}

/** An IPv6 address that is written for the tests: no author, no label, no indicator. */
export const writtenIpv6 = {
  id: 'a6000000-0000-4000-8000-000000000006',
  standard_id: 'ipv6-addr--a6000000-0000-4000-8000-000000000006',
  entity_type: 'IPv6-Addr',
  parent_types: [...stixParents, 'Stix-Cyber-Observable'],
  spec_version: '2.1',
  created_at: '2022-04-01T00:00:00.000Z',
  updated_at: '2022-04-01T00:00:00.000Z',
  createdBy: 'null',
  objectMarking: { edges: [{ node: tlpWhite }] },
  objectLabel: { edges: [] },
  externalReferences: { edges: [] },
  observable_value: '2A00:1450:4009:081E::200E',
  x_opencti_description: 'null',
  x_opencti_score: '70',
  indicators: { edges: [] },
  value: '2A00:1450:4009:081E::200E',
  importFiles: { edges: [] },
};
