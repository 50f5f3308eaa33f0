import { flattenJson } from './json-fields.ts';
import type { RuleEvent } from './rule-event.ts';

/** By the kind of the entry; `registry` is that of agents before 4.2 (Wazuh 4.14.7). */
const files = {
  added: 'syscheck_new_entry',
  modified: 'syscheck_integrity_changed',
  deleted: 'syscheck_deleted',
} as const;
type FimChange = keyof typeof files;

const decoders: Readonly<Record<string, Readonly<Record<FimChange, string>>>> = {
  file: files,
  registry: files,
  registry_key: {
    added: 'syscheck_registry_key_added',
    modified: 'syscheck_registry_key_modified',
    deleted: 'syscheck_registry_key_deleted',
  },
  registry_value: {
    added: 'syscheck_registry_value_added',
    modified: 'syscheck_registry_value_modified',
    deleted: 'syscheck_registry_value_deleted',
  },
};

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

/** Texts of the event itself, by the names that rules know them by. */
const texts = {
  path: 'file',
  mode: 'mode',
  type: 'event_type',
  arch: 'arch',
  value_name: 'value_name',
  value_type: 'value_type',
  index: 'hash_full_path',
  tags: 'tag',
} as const;

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null;
}

/** Null for an event that the engine leaves out. */
function decoderOf({ type, path, index, version, attributes: entry }: JsonObject): string | null {
  const kind = isObject(entry) && typeof entry.type === 'string' ? entry.type : '';
  const names = Object.hasOwn(decoders, kind) ? decoders[kind] : undefined;
  if (names === undefined || typeof path !== 'string' || !isChange(type)) return null;
  const needsIndex = kind.startsWith('registry_') && Number(version) >= 3;
  return needsIndex && typeof index !== 'string' ? null : names[type];
}

function isChange(type: unknown): type is FimChange {
  return typeof type === 'string' && Object.hasOwn(files, type);
}

/** The event of a FIM message about a file or a part of a registry; null for any other one, such as a scan's end. */
export function toSyscheckEvent(message: {
  readonly type?: unknown;
  readonly data?: unknown;
}): RuleEvent | null {
  const { data } = message;
  if (message.type !== 'event' || !isObject(data)) return null;
  const decoder = decoderOf(data);
  if (decoder === null) return null;
  const named = Object.entries(texts).flatMap(([key, name]) =>
    typeof data[key] === 'string' ? [[name, data[key]] as const] : [],
  );
  const { changed_attributes: changed, attributes: entry, old_attributes: before } = data;
  const fields = {
    ...Object.fromEntries(named),
    ...(isObject(entry) && { entry_type: String(entry.type) }),
    ...(Array.isArray(changed) && { changed_fields: changed.join(',') }),
    ...attributes(entry, ''),
    ...attributes(before, '_before'),
  };
  return { decoder, fields };
}
