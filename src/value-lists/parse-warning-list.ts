import * as v from 'valibot';
import { ConfigError } from '../config/problems.ts';
import {
  findExcess,
  parseListedBelow,
  parseListedNetwork,
  parseListedSuffix,
  parseListedValue,
} from './parse-listed.ts';
import type { ListedLine, ListedText } from './value-index.ts';

/**
 * How each type of MISP warning list is meant: a host name stands for its subdomains too, and so does a text with a
 * leading dot, of which the lists of Google and Microsoft have hundreds.
 */
const parsers = {
  string: (text) => parseListedBelow(text) ?? parseListedValue(text),
  hostname: (text) => parseListedBelow(text) ?? parseListedSuffix(text),
  cidr: parseListedNetwork,
} as const satisfies Record<string, (text: string) => ListedText | null>;

const schema = v.object({
  name: v.pipe(v.string(), v.nonEmpty()),
  type: v.string(),
  list: v.array(v.string()),
});

export interface WarningList {
  readonly lines: readonly ListedLine[];
  readonly passedOver: PassedOver;
}

/** What of a warning list is not used. It is a list of others, which the site can hardly correct: it ends no run. */
export interface PassedOver {
  /** The name that the list gives itself. */
  readonly list: string;
  readonly file: string;
  readonly entries: number;
  /** Entries that are no hash, address or name: URLs, file names, AS numbers. */
  readonly noValue: number;
  /** Entries that would take out a part of the internet: public suffixes, networks larger than /8. */
  readonly tooWide: readonly string[];
}

/**
 * A warning list in the format of MISP, and what of it is passed over.
 * @throws ConfigError for another format, and for the types `substring` and `regex`
 */
export function parseWarningList(text: string, file: string): WarningList {
  const { name, type, list } = parseJson(text, file);
  if (!isKnown(type)) {
    throw new ConfigError(file, [
      `the warning list ${JSON.stringify(name)} is of type ${JSON.stringify(type)}; legal: ${Object.keys(parsers).join(', ')}. ` +
        'What matches parts of a value would take out more than anybody can foresee: write its values into an allow file',
    ]);
  }
  const lines: ListedLine[] = [];
  const tooWide: string[] = [];
  let noValue = 0;
  for (const entry of list) {
    const meaning = parsers[type](entry);
    if (meaning === null) noValue += 1;
    else if (findExcess(meaning) !== null) tooWide.push(entry);
    else lines.push({ list: name, isAllowFile: false, line: null, meaning });
  }
  return { lines, passedOver: { list: name, file, entries: list.length, noValue, tooWide } };
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
