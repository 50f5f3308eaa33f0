import { ConfigError } from '../config/problems.ts';
import { findExcess, parseListedBelow, parseListedValue } from './parse-listed.ts';
import type { ListedLine } from './value-index.ts';

const legal = 'a hash, an address, a CIDR, a name or a suffix (".example.com")';

/** Of Unix and of Windows. */
const lineEnd = /\r?\n/;

/**
 * The site's allow file: a hash, address, CIDR or name a line; `.example.com` (or `*.example.com`) is that name and
 * every name below it; `#` at the start of a line or behind a blank starts a comment.
 * @throws ConfigError with every line that is none of these, and every one that takes out a part of the internet: a typing
 * error must neither let a value match again nor silence all of them.
 */
export function parseAllowFile(text: string, file: string): ListedLine[] {
  const problems: string[] = [];
  const lines: ListedLine[] = [];
  for (const [index, raw] of text.split(lineEnd).entries()) {
    const entry = raw.replace(/(?:^|\s)#.*$/, '').trim();
    if (entry === '') continue;
    const meaning = parseListedBelow(entry) ?? parseListedValue(entry);
    const problem = meaning === null ? `is not ${legal}` : findExcess(meaning);
    if (problem !== null) problems.push(`line ${index + 1}: ${JSON.stringify(entry)} ${problem}`);
    else if (meaning !== null) lines.push({ list: file, isAllowFile: true, line: index + 1, meaning });
  }
  if (problems.length > 0) throw new ConfigError(file, problems);
  return lines;
}
