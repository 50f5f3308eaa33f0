import { readFileSync } from 'node:fs';
import { ConfigError } from '../config/problems.ts';
import type { SelectConfig } from '../config/select-config.ts';
import { type BuiltInEntry, toBuiltIn } from './built-in.ts';
import type { OwnHost } from './own-hosts.ts';
import { parseAllowFile } from './parse-allow-file.ts';
import { parseListedValue } from './parse-listed.ts';
import { parseWarningList } from './parse-warning-list.ts';
import { createValueIndex, type ListedLine, type ValueIndex } from './value-index.ts';

/**
 * The allow files and warning lists as they are now. Allow files come first: what the site says is what explains.
 * @throws ConfigError naming the file that cannot be read or used
 */
export function readValueLists(
  { allowFiles, warningLists }: Pick<SelectConfig, 'allowFiles' | 'warningLists'>,
  ownHosts: readonly OwnHost[],
): ValueIndex {
  return createValueIndex([
    ...allowFiles.flatMap((file) => parseAllowFile(readList(file, 'select.allow_files'), file)),
    ...warningLists.files.flatMap((file) =>
      parseWarningList(readList(file, 'select.warning_lists.files'), file),
    ),
    ...warningLists.builtIn.flatMap((list) => toBuiltIn(list, ownHosts).flatMap(toLine(list))),
  ]);
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
    return readFileSync(file, 'utf8');
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code;
    throw new ConfigError(file, [`the file of ${key} cannot be read (${cause})`]);
  }
}
