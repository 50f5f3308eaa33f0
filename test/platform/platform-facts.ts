import type { Platform } from './context.ts';

export function toUser(platform: Platform): object {
  return {
    id: '88ec0c6a-13ce-5e39-b486-354fe4a7084f',
    standard_id: 'user--d4b4b3ac-8a86-5d0a-a7c9-3d5a8d4d1a3b',
    entity_type: 'User',
    name: 'wazuh',
    user_email: 'wazuh@opencti.example',
    capabilities: platform.capabilities.map((name, index) => ({
      id: `00000000-0000-5000-8000-${String(index).padStart(12, '0')}`,
      standard_id: `capability--00000000-0000-5000-8000-${String(index).padStart(12, '0')}`,
      entity_type: 'Capability',
      name,
      description: null,
    })),
    allowed_marking: [...platform.data.markings.values()].filter(({ id }) => platform.markings.has(id)),
  };
}

export function toSettings(platform: Platform): object {
  return {
    id: platform.id,
    standard_id: `settings--${platform.id}`,
    entity_type: 'Settings',
    platform_title: platform.title,
    platform_url: null,
  };
}
