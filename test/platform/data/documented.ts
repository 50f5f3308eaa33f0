import type { StoredIndicator, StoredObservable } from './objects.ts';
import { alienVault, icsCsirt } from './references.ts';
import { writeIndicator, writeObservable } from './written.ts';

/**
 * The two objects of the documented alerts, as the platform of 2022 had them, with their indicators alive, and
 * a file of which the sample events carry the hashes.
 */
export const documentedObservables: readonly StoredObservable[] = [
  writeObservable({
    id: 'e055656b-e801-4184-b59c-b1604de2fdb3',
    standard_id: 'ipv4-addr--b51a6ee8-40f9-5a72-948f-74dffbfbdc6b',
    entity_type: 'IPv4-Addr',
    created_at: '2022-02-07T02:38:08.599Z',
    updated_at: '2022-02-07T02:38:13.647Z',
    createdBy: icsCsirt,
    objectLabel: ['3017bda3-50a7-4fdd-a4da-8ee4f56ee016', 'fd8f228f-a7d1-4ed8-8007-110dd1e68146'],
    x_opencti_description: 'Infrastructure IPs',
    x_opencti_score: 60,
    indicators: ['8f1e842b-34b0-42b0-8203-fe7ad2e0ecdc'],
    value: '105.112.50.80',
  }),
  writeObservable({
    id: '0e5e40ee-2ad3-4fc3-a9c6-a75869ea3c2e',
    standard_id: 'domain-name--40ca963a-056c-577b-b5e6-c88c30e7da75',
    entity_type: 'Domain-Name',
    created_at: '2022-02-25T00:05:01.499Z',
    updated_at: '2022-02-25T00:05:04.019Z',
    createdBy: alienVault,
    objectLabel: [
      'd4323e8a-171e-42b1-a205-446b5cee21af',
      '45b71b4c-5d6e-43d7-8c4f-518077ce900a',
      '25953660-7cca-49ea-a1c9-0be013a67698',
      'b98e31ac-a269-495d-959e-7bd8b185114c',
    ],
    x_opencti_score: 50,
    indicators: ['766340ed-4d34-48de-b65c-38f668534435'],
    value: 'sazoya.com',
  }),
  writeObservable({
    id: '5a3d1f7e-0c52-4f39-9b5e-2f6f1c7d8e90',
    standard_id: 'file--1d8f8a37-3f7a-5c0e-9a0b-6f4e2c1b7d55',
    entity_type: 'StixFile',
    created_at: '2022-03-01T09:00:00.000Z',
    updated_at: '2022-03-01T09:00:05.000Z',
    createdBy: alienVault,
    objectLabel: ['d4323e8a-171e-42b1-a205-446b5cee21af'],
    externalReferences: [
      {
        id: '7c1f9a52-1a0d-4c6e-8d2b-9e3f5a7b1c04',
        standard_id: 'external-reference--3b9d5e1c-7f2a-5d48-b6c0-1e8a4f7d2b93',
        created_at: '2022-03-01T09:00:02.000Z',
        updated_at: '2022-03-01T09:00:02.000Z',
        source_name: 'Demo report',
        description: 'The sample payload of the demo',
        url: 'https://example.org/reports/sample-payload',
        hash: null,
        external_id: null,
        created: '2022-03-01T09:00:02.000Z',
        modified: '2022-03-01T09:00:02.000Z',
        importFiles: [],
      },
    ],
    importFiles: [
      {
        id: 'import/StixFile/5a3d1f7e-0c52-4f39-9b5e-2f6f1c7d8e90/report.pdf',
        name: 'report.pdf',
        size: 48_213,
        metaData: { mimetype: 'application/pdf', version: '2022-03-01T09:00:04.000Z' },
      },
    ],
    x_opencti_description: 'opencti sample payload',
    x_opencti_score: 80,
    indicators: ['c2b8e6d4-5f1a-4b3c-8e7d-0a9f6c5b4d32'],
    hashes: [
      { algorithm: 'SHA-1', hash: '3f249cbadc8de47ddd960a77ec71a5c92da82de2' },
      { algorithm: 'MD5', hash: 'e65487f5f65bca9e283dd3aabd817dc0' },
      { algorithm: 'SHA-256', hash: '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6' },
    ],
    name: 'update.exe',
    size: 22,
    mime_type: 'application/octet-stream',
    x_opencti_additional_names: null,
  }),
];

export const documentedIndicators: readonly StoredIndicator[] = [
  writeIndicator({
    id: '8f1e842b-34b0-42b0-8203-fe7ad2e0ecdc',
    created_at: '2022-02-07T02:38:12.000Z',
    createdBy: icsCsirt,
    name: '105.112.50.80',
    pattern: "[ipv4-addr:value = '105.112.50.80']",
    x_opencti_score: 60,
    x_opencti_main_observable_type: 'IPv4-Addr',
  }),
  writeIndicator({
    id: '766340ed-4d34-48de-b65c-38f668534435',
    created_at: '2022-02-25T00:05:03.000Z',
    createdBy: alienVault,
    name: 'sazoya.com',
    pattern: "[domain-name:value = 'sazoya.com']",
    x_opencti_score: 50,
    x_opencti_main_observable_type: 'Domain-Name',
  }),
  writeIndicator({
    id: 'c2b8e6d4-5f1a-4b3c-8e7d-0a9f6c5b4d32',
    created_at: '2022-03-01T09:00:04.000Z',
    createdBy: alienVault,
    name: 'opencti sample payload',
    pattern: [
      "[file:hashes.'SHA-256' = '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6'",
      "file:hashes.'SHA-1' = '3f249cbadc8de47ddd960a77ec71a5c92da82de2'",
      "file:hashes.MD5 = 'e65487f5f65bca9e283dd3aabd817dc0']",
    ].join(' OR '),
    x_opencti_score: 80,
    x_opencti_main_observable_type: 'StixFile',
  }),
];
