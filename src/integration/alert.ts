import { KnownError } from '../errors.ts';
import { canaryGroup } from '../wazuh/canaries.ts';

/** An alert as integratord hands it over, as far as it is looked at. */
export interface Alert {
  readonly id: string;
  readonly ruleId: string;
  readonly groups: readonly string[];
  readonly agent: { readonly id: string; readonly name: string; readonly ip: string | null };
  /** Sent by this integration or by another part of this project. */
  readonly isOurMessage: boolean;
  /** Raised by a match with one of the project's lists or gates. */
  readonly isListMatch: boolean;
  /** Raised for a value that the selftest sent. */
  readonly isSelftest: boolean;
  /** The text at a path such as `data.win.eventdata.hashes`, or null. */
  textAt(path: string): string | null;
  /** The same for a path of which each part may be spelled in any case. */
  textAtAnyCase(path: string): string | null;
}

/** Of an agent of Wazuh; these stand before the event, where nothing can be cut. */
const longestName = 128;

/** @throws KnownError when the text is not the JSON of an alert. */
export function parseAlert(text: string, place: string): Alert {
  const root = parseObject(text);
  if (root === null) throw new KnownError(`${place} is not an alert in JSON (alert_format must be json)`);
  const at = (path: string) => readPath(root, path);
  const textAt = (path: string) => toText(at(path));
  const groups = toTexts(at('rule.groups'));
  return {
    id: textAt('id') ?? '',
    ruleId: textAt('rule.id') ?? '',
    groups,
    agent: {
      id: textAt('agent.id')?.slice(0, longestName) ?? '000',
      name: textAt('agent.name')?.slice(0, longestName) ?? '',
      ip: textAt('agent.ip')?.slice(0, longestName) ?? null,
    },
    isOurMessage: textAt('data.integration') === 'opencti' || groups.includes('opencti'),
    isListMatch: groups.includes('opencti_match'),
    isSelftest: groups.includes(canaryGroup),
    textAt,
    textAtAnyCase: (path) => toText(readPath(root, path, findAnyCase)),
  };
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function readPath(root: object, path: string, find = (_: object, key: string) => key): unknown {
  let value: unknown = root;
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    const key = find(value, part);
    if (!Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function findAnyCase(value: object, part: string): string {
  const wanted = part.toLowerCase();
  return Object.keys(value).find((key) => key.toLowerCase() === wanted) ?? part;
}

const toText = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);

const toTexts = (value: unknown) =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
