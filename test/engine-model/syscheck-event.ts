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

/** Attributes that are texts, by the names that rules know them by; those from before get `_before`. */
const textAttributes: Readonly<Record<string, string>> = {
  perm: 'perm',
  user_name: 'uname',
  group_name: 'gname',
  uid: 'uid',
  gid: 'gid',
  hash_md5: 'md5',
  hash_sha1: 'sha1',
  hash_sha256: 'sha256',
  attributes: 'win_attributes',
  inode: 'inode',
};
const numberAttributes: ReadonlySet<string> = new Set(['size', 'inode', 'mtime']);

/** The field of one attribute: its name in rules and its text; null for one that rules do not know. */
function toAttribute(name: string, entry: unknown, suffix: '' | '_before'): readonly [string, string] | null {
  if (typeof entry === 'number')
    return numberAttributes.has(name) ? [`${name}${suffix}`, String(Math.trunc(entry))] : null;
  if (isObject(entry)) return name === 'perm' ? [`perm${suffix}`, formatPermissions(entry)] : null;
  if (typeof entry !== 'string') return null;
  if (name === 'value_type') return ['value_type', entry];
  if (name === 'symlink_path') return suffix === '' ? ['symbolic_path', entry] : null;
  const ruleName = Object.hasOwn(textAttributes, name) ? textAttributes[name] : undefined;
  return ruleName === undefined ? null : [`${ruleName}${suffix}`, entry];
}

function attributes(value: unknown, suffix: '' | '_before'): Record<string, string> {
  const entries = Object.entries(isObject(value) ? value : {});
  return Object.fromEntries(
    entries.flatMap(([name, entry]) => {
      const found = toAttribute(name, entry, suffix);
      return found === null || found[1] === '' ? [] : [found];
    }),
  );
}

/** `Users (allowed): READ|WRITE, Users (denied): DELETE`: the form that Windows agents before 4.3 sent. */
function formatPermissions(accounts: JsonObject): string {
  return Object.entries(accounts)
    .flatMap(([sid, account]) => {
      const { name = sid, ...entries } = isObject(account) ? account : {};
      return ['allowed', 'denied'].flatMap((kind) => {
        const rights = entries[kind];
        if (!Array.isArray(rights)) return [];
        return [`${typeof name === 'string' ? name : sid} (${kind}): ${rights.join('|').toUpperCase()}`];
      });
    })
    .join(', ');
}

/** Who changed a file, where the agent knows it. */
const auditTexts = [
  ...['user_id', 'user_name', 'group_id', 'group_name', 'process_name', 'parent_name', 'cwd', 'parent_cwd'],
  ...['audit_uid', 'audit_name', 'effective_uid', 'effective_name'],
] as const;
const auditNumbers = ['ppid', 'process_id'] as const;

function auditFields(audit: unknown): Record<string, string> {
  if (!isObject(audit)) return {};
  const texts = auditTexts.flatMap((name) => {
    const value = audit[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  const numbers = auditNumbers.flatMap((name) => {
    const value = audit[name];
    return typeof value === 'number' ? [[name, String(Math.trunc(value))] as const] : [];
  });
  return Object.fromEntries([...texts, ...numbers]);
}

/** Texts of the event itself, by the names that rules know them by. */
const texts = {
  path: 'file',
  mode: 'mode',
  type: 'event_type',
  arch: 'arch',
  value_name: 'value_name',
  index: 'hash_full_path',
  tags: 'tag',
  content_changes: 'changed_content',
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
  const { changed_attributes: changed, hard_links: links, attributes: entry, old_attributes: before } = data;
  const fields = {
    ...Object.fromEntries(named),
    ...(isObject(entry) && { entry_type: String(entry.type) }),
    ...(Array.isArray(changed) && { changed_fields: changed.join(',') }),
    ...(Array.isArray(links) && { hard_links: JSON.stringify(links) }),
    ...attributes(entry, ''),
    ...attributes(before, '_before'),
    ...auditFields(data.audit),
  };
  return { decoder, fields };
}
