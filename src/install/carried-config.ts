import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { isMap, isScalar, parseDocument, stringify } from 'yaml';
import { readConfigFile } from '../config/load.ts';
import { ConfigError } from '../config/problems.ts';
import { applyEdits, type TextEdit } from '../wazuh/ossec-conf/edit-text.ts';

/** What of a configuration has another value, or another place, once it is installed; null: it is not set. */
export interface InstalledAccess {
  readonly url: string | null;
  readonly tokenFile: string | null;
  readonly caFile: string | null;
  readonly proxy: string | null;
}

/**
 * The text of the configuration that `--config` names, for the place where every later run reads it. To the byte, but
 * for what the environment says otherwise and for the files that were put beside it.
 * @throws ConfigError (exit code 2) for a path that means another file elsewhere.
 */
export function carryConfig(file: string, { url, tokenFile, caFile, proxy }: InstalledAccess): string {
  const { opencti, select } = readConfigFile(file, true).written;
  const relative = [...select.allowFiles, ...select.warningLists.files].find((path) => !isAbsolute(path));
  if (relative !== undefined)
    throw new ConfigError(file, [
      `${JSON.stringify(relative)} is looked for where a run is started, and cron starts it elsewhere; give the whole path`,
    ]);
  const text = readFileSync(file, 'utf8');
  const changed = (
    [
      ['url', url, opencti.url],
      ['token_file', tokenFile, opencti.tokenFile],
      ['ca_file', caFile, opencti.caFile],
      ['proxy', proxy, opencti.proxy],
    ] as const
  ).flatMap(([key, value, written]) => (value === null || value === written ? [] : [[key, value] as const]));
  if (changed.length === 0) return text;
  const document = parseDocument(text);
  const edited = editInPlace(text, document.get('opencti'), changed, tokenFile !== null);
  if (edited !== null) return edited;
  // A section whose keys are all comments is none.
  if (!isMap(document.get('opencti'))) document.set('opencti', document.createNode({}));
  for (const [key, value] of changed) document.setIn(['opencti', key], value);
  if (tokenFile !== null) document.deleteIn(['opencti', 'token']);
  return document.toString({ lineWidth: 0 });
}

/**
 * The text with other values, each in its place: what the YAML library writes anew moves comments into the section before
 * them. @returns null: the section has another form.
 */
function editInPlace(
  text: string,
  section: unknown,
  changed: readonly (readonly [string, string])[],
  withoutToken: boolean,
): string | null {
  if (!isMap(section) || section.flow || (withoutToken && section.has('token'))) return null;
  const first = section.items[0]?.key;
  const last = section.items.at(-1)?.value;
  if (!isScalar(first) || !first.range || !isScalar(last) || !last.range) return null;
  const start = first.range[0];
  const indent = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  const lineEnd = text.indexOf('\n', last.range[1]);
  const end = lineEnd < 0 ? text.length : lineEnd;
  const edits = changed.map(([key, value]): TextEdit => {
    const node: unknown = section.get(key, true);
    const written = stringify(value, { lineWidth: 0 }).trim();
    if (isScalar(node) && node.range) return { start: node.range[0], end: node.range[1], text: written };
    return { start: end, end, text: `\n${indent}${key}: ${written}` };
  });
  return applyEdits(text, edits);
}

/** Does a configuration hold the token itself? Then it needs no file beside it. */
export function holdsToken(file: string, token: string): boolean {
  return readConfigFile(file, true).written.opencti.token === token;
}
