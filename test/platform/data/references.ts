import type { StoredIdentity, StoredLabel, StoredMarking } from './objects.ts';

/** The four classical TLP markings; the first is the one of the documented objects. */
export const tlpWhite = 'fbfa1fc1-26e8-4058-a699-8db1811dfeed';
export const tlpGreen = '6f0b8c2d-6b1c-4f0b-8f6b-7b6f2d6e2a01';
export const tlpAmber = '6f0b8c2d-6b1c-4f0b-8f6b-7b6f2d6e2a02';
export const tlpRed = '6f0b8c2d-6b1c-4f0b-8f6b-7b6f2d6e2a03';

export const alienVault = '34c3f0f7-3087-45b5-9c6f-7dfb6916c352';
export const icsCsirt = 'a7eb3bb1-d315-4732-8ae4-09882330c2a4';
export const demoAnalyst = '51f7b3f4-6a58-4c41-9a3b-0c6f3b6a5e11';

export const referenceMarkings: readonly StoredMarking[] = [
  toMarking(tlpWhite, '613f2e26-407d-48c7-9eca-b8e91df99dc9', 'TLP:WHITE', 1, '#ffffff'),
  toMarking(tlpGreen, '34098fce-860f-48ae-8e50-ebd3cc5e41da', 'TLP:GREEN', 2, '#2e7d32'),
  toMarking(tlpAmber, 'f88d31f6-486f-44da-b317-01333bde0b82', 'TLP:AMBER', 3, '#d84315'),
  toMarking(tlpRed, '5e57c739-391a-4eb3-b6be-7d15ca92d5ed', 'TLP:RED', 4, '#c62828'),
];

export const referenceIdentities: readonly StoredIdentity[] = [
  toOrganization(
    alienVault,
    'e52b2fa3-2af0-5e53-ad38-17d54b3d61cb',
    'AlienVault',
    '2022-02-07T01:26:25.340Z',
    '2022-02-07T23:54:15.300Z',
  ),
  toOrganization(
    icsCsirt,
    'd1cc714c-ad82-5607-a727-babda61e797d',
    'ICS-CSIRT.io',
    '2022-02-07T01:26:42.389Z',
    '2022-02-07T01:26:42.389Z',
  ),
  {
    ...toOrganization(
      demoAnalyst,
      '0d3a6b1e-5d0c-5b7e-8a52-3d1a1c9b7f20',
      'Ada Demo',
      '2023-05-02T08:00:00.000Z',
      '2023-05-02T08:00:00.000Z',
    ),
    entity_type: 'Individual',
    identity_class: 'individual',
  },
];

export const referenceLabels: readonly StoredLabel[] = [
  toLabel('d4323e8a-171e-42b1-a205-446b5cee21af', 'cobalt strike', '#ff7396'),
  toLabel('45b71b4c-5d6e-43d7-8c4f-518077ce900a', 'arkime', '#27c7fe'),
  toLabel('25953660-7cca-49ea-a1c9-0be013a67698', 'jarm', '#b2a931'),
  toLabel('b98e31ac-a269-495d-959e-7bd8b185114c', 'ja3s', '#17a231'),
  toLabel('3017bda3-50a7-4fdd-a4da-8ee4f56ee016', 'import', '#a57361'),
  toLabel('fd8f228f-a7d1-4ed8-8007-110dd1e68146', 'business email compromise', '#de1f03'),
];

function toMarking(
  id: string,
  stixId: string,
  definition: string,
  order: number,
  color: string,
): StoredMarking {
  return {
    id,
    standard_id: `marking-definition--${stixId}`,
    definition_type: 'TLP',
    definition,
    created_at: '2022-02-07T01:26:11.768Z',
    updated_at: '2022-02-07T01:26:11.768Z',
    created: '2022-02-07T01:26:11.768Z',
    modified: '2022-02-07T01:26:11.768Z',
    x_opencti_order: order,
    x_opencti_color: color,
  };
}

function toOrganization(
  id: string,
  stixId: string,
  name: string,
  created: string,
  modified: string,
): StoredIdentity {
  return {
    id,
    standard_id: `identity--${stixId}`,
    entity_type: 'Organization',
    identity_class: 'organization',
    name,
    // Not null: the documented alerts show no description, and the engine drops empty texts only.
    description: '',
    created_at: created,
    updated_at: modified,
    created,
    modified,
  };
}

function toLabel(id: string, value: string, color: string): StoredLabel {
  return {
    id,
    standard_id: `label--${id}`,
    value,
    color,
    created_at: '2022-02-07T01:30:00.000Z',
    updated_at: '2022-02-07T01:30:00.000Z',
  };
}
