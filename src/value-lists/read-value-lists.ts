import { readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { ConfigError } from '../config/problems.ts';
import type { SelectConfig } from '../config/select-config.ts';
import { toBuiltInTexts } from './built-in.ts';
import { parseAllowFile } from './parse-allow-file.ts';
import { parseListedValue } from './parse-listed.ts';
import { parseWarningList } from './parse-warning-list.ts';
import { createValueIndex, type ListedLine, type ValueIndex } from './value-index.ts';

/**
 * The allow files and warning lists as they are now. Allow files come first: what the site says is what explains.
 * @param openctiUrl null: not known.
 * @throws ConfigError naming the file that cannot be read or used
 */
export function readValueLists(
  { allowFiles, warningLists }: Pick<SelectConfig, 'allowFiles' | 'warningLists'>,
  openctiUrl: string | null,
): ValueIndex {
  const ownHosts = findOwnHosts(openctiUrl);
  return createValueIndex([
    ...allowFiles.flatMap((file) => parseAllowFile(readList(file, 'select.allow_files'), file)),
    ...warningLists.files.flatMap((file) =>
      parseWarningList(readList(file, 'select.warning_lists.files'), file),
    ),
    ...warningLists.builtIn.flatMap((list) => toBuiltInTexts(list, ownHosts).flatMap(toLine(list))),
  ]);
}

function toLine(list: string): (text: string) => ListedLine[] {
  return (text) => {
    const meaning = parseListedValue(text);
    return meaning === null ? [] : [{ list, isAllowFile: false, line: null, meaning }];
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

/** Names and addresses as they are known without asking a resolver. */
function findOwnHosts(openctiUrl: string | null): string[] {
  const opencti = openctiUrl === null ? [] : [new URL(openctiUrl).hostname.replace(/^\[|\]$/g, '')];
  const addresses = Object.values(networkInterfaces()).flatMap((list = []) =>
    list.map(({ address }) => address.replace(/%.*$/, '')),
  );
  return [...opencti, hostname(), ...addresses];
}
