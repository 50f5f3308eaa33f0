import { ConfigError } from '../config/problems.ts';
import { parseListedSuffix, parseListedValue } from './parse-listed.ts';
import type { ListedLine } from './value-index.ts';

/**
 * The site's allow file: a hash, address, CIDR or name a line; `.example.com` (or `*.example.com`) is that name and
 * every name below it; `#` at the start of a line or behind a blank starts a comment.
 * @throws ConfigError with every line that is none of these: a typing error must not let a value match again.
 */
export function parseAllowFile(text: string, file: string): ListedLine[] {
  const problems: string[] = [];
  const lines: ListedLine[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const entry = raw.replace(/(?:^|\s)#.*$/, '').trim();
    if (entry === '') continue;
    const suffix = /^\*?\.(?=.)(.*)$/.exec(entry)?.[1];
    const meaning = suffix === undefined ? parseListedValue(entry) : parseListedSuffix(suffix);
    if (meaning === null) {
      const legal = 'a hash, an address, a CIDR, a name or a suffix (".example.com")';
      problems.push(`line ${index + 1}: ${JSON.stringify(entry)} is not ${legal}`);
    } else {
      lines.push({ list: file, isAllowFile: true, line: index + 1, meaning });
    }
  }
  if (problems.length > 0) throw new ConfigError(file, problems);
  return lines;
}
