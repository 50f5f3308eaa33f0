import * as v from 'valibot';
import { ConfigError } from '../config/problems.ts';
import { findExcess, parseListedNetwork, parseListedSuffix, parseListedValue } from './parse-listed.ts';
import type { ListedLine, ListedText } from './value-index.ts';

/** How each type of MISP warning list is meant: a host name stands for its subdomains too. */
const parsers = {
  string: parseListedValue,
  hostname: (text) => parseListedSuffix(text.replace(/^\*?\./, '')),
  cidr: parseListedNetwork,
} as const satisfies Record<string, (text: string) => ListedText | null>;

const schema = v.object({
  name: v.pipe(v.string(), v.nonEmpty()),
  type: v.string(),
  list: v.array(v.string()),
});

/**
 * A warning list in the format of MISP. Entries that are no value of ours (URLs, file names) are passed over.
 * @throws ConfigError for another format, for the types `substring` and `regex`, and for entries that would take out a
 * part of the internet
 */
export function parseWarningList(text: string, file: string): ListedLine[] {
  const { name, type, list } = parseJson(text, file);
  if (!isKnown(type)) {
    throw new ConfigError(file, [
      `the warning list ${JSON.stringify(name)} is of type ${JSON.stringify(type)}; legal: ${Object.keys(parsers).join(', ')}. ` +
        'What matches parts of a value would take out more than anybody can foresee: write its values into an allow file',
    ]);
  }
  const problems: string[] = [];
  const lines = list.flatMap((entry, index): ListedLine[] => {
    const meaning = parsers[type](entry);
    if (meaning === null) return [];
    const excess = findExcess(meaning);
    if (excess !== null) problems.push(`${toPlace(text, entry, index)}: ${JSON.stringify(entry)} ${excess}`);
    return [{ list: name, isAllowFile: false, line: null, meaning }];
  });
  if (problems.length > 0) throw new ConfigError(file, problems);
  return lines;
}

/** The line of the file; of an entry that JSON may spell in several ways, its place in the list. */
function toPlace(text: string, entry: string, index: number): string {
  const at = text.indexOf(JSON.stringify(entry), text.indexOf('"list"'));
  return at < 0 ? `entry ${index + 1} of "list"` : `line ${text.slice(0, at).split('\n').length}`;
}

function isKnown(type: string): type is keyof typeof parsers {
  return Object.hasOwn(parsers, type);
}

function parseJson(text: string, file: string): v.InferOutput<typeof schema> {
  try {
    return v.parse(schema, JSON.parse(text));
  } catch {
    throw new ConfigError(file, [
      'it is not a warning list of MISP: JSON with the texts "name" and "type" and the texts of "list"',
    ]);
  }
}
