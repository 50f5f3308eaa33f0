import * as v from 'valibot';
import { LineCounter, parseDocument } from 'yaml';
import { readText } from '../read-text.ts';
import { ConfigError, formatIssue } from './problems.ts';
import { WrittenConfig } from './written-config.ts';
import { problemsOfYaml } from './yaml-problems.ts';

/**
 * Reads a configuration file.
 * @param required false: a file that is not there is an empty configuration.
 * @throws ConfigError with every problem and its line.
 */
export function readWrittenConfig(file: string, required: boolean): WrittenConfig {
  const text = readConfigFile(file, required);
  return text === null ? {} : parseWrittenConfig(text, file);
}

function readConfigFile(file: string, required: boolean): string | null {
  try {
    return readText(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !required) return null;
    throw new ConfigError(file, [formatUnread(code)], { cause: error });
  }
}

/** The home of a manager is closed to everybody else, so that a plain user does not see what is in it. */
function formatUnread(code: string | undefined): string {
  if (code === 'ENOENT') return 'there is no such file; give the path of the configuration with --config';
  const isClosed = code === 'EACCES' || code === 'EPERM';
  const next = isClosed ? asManager : 'give the path of the configuration with --config';
  return `it cannot be read (${code}); ${next}`;
}

/** Who may do what a command of this tool does. */
export const asManager = 'run it as root, or as the user of the manager (wazuh)';

/** @param place how the text is called in messages. */
function parseWrittenConfig(text: string, place: string): WrittenConfig {
  const lines = new LineCounter();
  // A warning of the parser quotes keys that are lists or sections, and the token may be one.
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'error' });
  const problems = problemsOfYaml(document, lines);
  if (problems.length > 0) throw new ConfigError(place, problems);
  const result = v.safeParse(WrittenConfig, withoutNulls(document.toJS() ?? {}));
  if (result.success) return result.output;
  throw new ConfigError(
    place,
    result.issues.map((issue) => formatIssue(issue, document, lines)),
  );
}

/**
 * A section whose keys are all commented out reads as null: it says nothing. The key stays, so that one which is
 * misspelt is told.
 */
function withoutNulls(value: unknown): unknown {
  if (value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutNulls(inner)]));
}
