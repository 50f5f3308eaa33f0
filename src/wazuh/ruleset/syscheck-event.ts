import { flattenJson } from './json-fields.ts';
import type { RuleEvent } from './rule-event.ts';

const decoders = {
  added: 'syscheck_new_entry',
  modified: 'syscheck_integrity_changed',
  deleted: 'syscheck_deleted',
} as const;

/** Attributes of a file that rules know by other names. */
const ruleNames: Readonly<Record<string, string>> = {
  hash_md5: 'md5',
  hash_sha1: 'sha1',
  hash_sha256: 'sha256',
  user_name: 'uname',
  group_name: 'gname',
  attributes: 'win_attributes',
};

function attributes(value: unknown, suffix: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, text] of Object.entries(flattenJson(value ?? {}))) {
    if (name !== 'type' && name !== 'checksum') fields[`${ruleNames[name] ?? name}${suffix}`] = text;
  }
  return fields;
}

interface SyscheckData {
  readonly path?: unknown;
  readonly mode?: unknown;
  readonly type?: unknown;
  readonly attributes?: unknown;
  readonly old_attributes?: unknown;
}

function isKnown(type: unknown): type is keyof typeof decoders {
  return typeof type === 'string' && Object.hasOwn(decoders, type);
}

/** The event of a FIM message about a file; null for any other kind of message (a scan's end, a registry key). */
export function toSyscheckEvent(message: {
  readonly type?: unknown;
  readonly data?: unknown;
}): RuleEvent | null {
  if (message.type !== 'event' || typeof message.data !== 'object' || message.data === null) return null;
  const data: SyscheckData = message.data;
  if (!isKnown(data.type)) return null;
  const fields = {
    ...(typeof data.path === 'string' ? { file: data.path } : {}),
    ...(typeof data.mode === 'string' ? { mode: data.mode } : {}),
    event_type: data.type,
    ...attributes(data.attributes, ''),
    ...attributes(data.old_attributes, '_before'),
  };
  return { decoder: decoders[data.type], fields };
}
