import { ConfigError } from '../config/problems.ts';
import type { SelectConfig } from '../config/schema.ts';
import { codeOf } from '../errors.ts';
import { readText } from '../read-text.ts';
import { type BuiltInEntry, toBuiltIn } from './built-in.ts';
import type { OwnHost } from './own-hosts.ts';
import { parseAllowFile } from './parse-allow-file.ts';
import { parseListedValue } from './parse-listed.ts';
import { type PassedOver, parseWarningList } from './parse-warning-list.ts';
import { createValueIndex, type ListedLine, type ValueIndex } from './value-index.ts';

export interface ValueLists {
  readonly index: ValueIndex;
  /** Of each warning list that has entries which are not used. */
  readonly passedOver: readonly PassedOver[];
}

export interface OwnValues {
  /** Names and addresses of the site's OpenCTI and of this machine. */
  readonly hosts: readonly OwnHost[];
  /** What the selftest sends: it is out whatever is configured, since a list has each of its keys once. */
  readonly selftest: readonly string[];
}

/**
 * The allow files and warning lists as they are now. Allow files come first: what the site says is what explains.
 * @throws ConfigError naming the file that cannot be read or used
 */
export function readValueLists(
  { allowFiles, warningLists }: Pick<SelectConfig, 'allowFiles' | 'warningLists'>,
  own: OwnValues,
): ValueLists {
  const allowed = allowFiles.flatMap((file) => parseAllowFile(readList(file, 'select.allow_files'), file));
  const warnings = warningLists.files.map((file) =>
    parseWarningList(readList(file, 'select.warning_lists.files'), file),
  );
  const builtIn = warningLists.builtIn.flatMap((list) => toBuiltIn(list, own.hosts).flatMap(toLine(list)));
  const selftest = own.selftest.map((text) => ({ text })).flatMap(toLine('selftest'));
  return {
    index: createValueIndex([...allowed, ...warnings.flatMap(({ lines }) => lines), ...builtIn, ...selftest]),
    passedOver: warnings
      .map(({ passedOver }) => passedOver)
      .filter(({ noValue, tooWide }) => noValue > 0 || tooWide.length > 0),
  };
}

function toLine(list: string): (entry: BuiltInEntry) => ListedLine[] {
  return ({ text, note }) => {
    const meaning = parseListedValue(text);
    return meaning === null
      ? []
      : [{ list, isAllowFile: false, line: null, ...(note !== undefined && { note }), meaning }];
  };
}

function readList(file: string, key: string): string {
  try {
    return readText(file);
  } catch (error) {
    const cause = codeOf(error);
    throw new ConfigError(file, [`the file of ${key} cannot be read (${cause})`]);
  }
}
