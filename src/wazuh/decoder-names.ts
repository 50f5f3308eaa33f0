import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, KnownError } from '../errors.ts';
import { tryOpenOssecConf } from './ossec-conf/read.ts';
import { isOwnXml, pathsOf } from './ossec-conf/ruleset-files.ts';
import { expandVariables, readXml, type XmlElement } from './xml.ts';

/**
 * The names of the decoders that the engine has without any file: the 16 calls of `addDecoder2list` in `SetDecodeXML`
 * (`analysisd/decoders/decode-xml.c`, names in `analysisd/rules.h`). They are the same in Wazuh 4.2.0 and 4.14.7. `json`
 * is none of them: it comes from `ruleset/decoders/0006-json_decoders.xml`.
 */
export const builtInDecoders: ReadonlySet<string> = new Set([
  'rootcheck',
  'syscheck_integrity_changed',
  'syscheck_new_entry',
  'syscheck_deleted',
  'syscheck_registry_key_modified',
  'syscheck_registry_key_added',
  'syscheck_registry_key_deleted',
  'syscheck_registry_value_modified',
  'syscheck_registry_value_added',
  'syscheck_registry_value_deleted',
  'hostinfo_new',
  'hostinfo_modified',
  'syscollector',
  'ciscat',
  'windows_eventchannel',
  'sca',
]);

/**
 * The names that `<decoded_as>` may have on this manager: with any other one the manager does not start. They are the
 * built-in ones and those of the files that its `ossec.conf` names. Our own files are left out, since a refresh can take
 * them away.
 *
 * The engine keeps the name of every `<decoder>`, a child's too, and compares it with case and with blanks
 * (`getDecoderfromlist`, Wazuh 4.14.7). A rule can so name a child, but never sees an event by that: an event has the
 * name of the parent, unless its child has `<use_own_name>`.
 * @param home the Wazuh home.
 * @returns null where `ossec.conf` is not there, cannot be read by this user or is malformed. A folder or file that cannot
 * be read, or that the engine refuses, adds no name.
 */
export function findDecoderNames(home: string): ReadonlySet<string> | null {
  const conf = tryOpenOssecConf(home);
  if (conf === null || conf.fault !== null) return null;
  return collectNames(home, pathsOf(home, conf, 'decoder', namesIfReadable));
}

/**
 * The same for a folder with copies of a manager's decoder files (`*.xml`, of any case as in the engine).
 * @throws KnownError (exit code 2) when the folder cannot be read.
 */
export function readDecoderNames(folder: string): ReadonlySet<string> {
  const paths = namesOfFolder(folder).filter((name) => /\.xml$/i.test(name));
  return collectNames(folder, paths);
}

/** @param paths below the folder. */
function collectNames(folder: string, paths: readonly string[]): ReadonlySet<string> {
  const found = paths
    .filter((path) => !isOwnXml(path))
    .flatMap((path) => {
      const { decoders, isTaken } = parseDecoders(readBounded(join(folder, path)) ?? '');
      return isTaken ? decoders.map(nameOf) : [];
    });
  return new Set([...builtInDecoders, ...found]);
}

interface DecoderFile {
  /** With its variables in their places. */
  readonly decoders: readonly XmlElement[];
  /** False: the file is empty or malformed, or has something else than decoders, so the engine refuses it. */
  readonly isTaken: boolean;
}

/** The decoders of a file in its order; of a malformed one those before its fault. */
export function parseDecoders(text: string): DecoderFile {
  const { roots, fault } = readXml(text);
  const expanded = expandVariables(roots);
  const decoders = expanded.roots.filter(({ name }) => name.toLowerCase() === 'decoder');
  const isWhole = fault === null && expanded.fault === null && decoders.length === expanded.roots.length;
  return { decoders, isTaken: isWhole && decoders.length > 0 && decoders.every(isComplete) };
}

/** The engine asks for the name in front, and for at least one option (`ReadDecodeXML`, Wazuh 4.14.7). */
function isComplete({ attributes, children }: XmlElement): boolean {
  return attributes[0]?.name.toLowerCase() === 'name' && children.length > 0;
}

/** The engine takes the first attribute. */
export function nameOf({ attributes }: XmlElement): string {
  return attributes[0]?.value ?? '';
}

/** Some hundred times the largest stock file (81 kB in Wazuh 4.14.7): a longer one is no decoder file. */
const mostBytes = 8 * 2 ** 20;

/** The text of a plain file; a link is followed, as the engine does. Null: there is none, or it cannot be read. */
function readBounded(path: string): string | null {
  let descriptor: number | undefined;
  try {
    // A pipe is not waited for.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(descriptor);
    return stats.isFile() && stats.size <= mostBytes ? readFileSync(descriptor, 'utf8') : null;
  } catch {
    return null;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function namesIfReadable(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function namesOfFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new KnownError(
      `the decoders in ${folder} cannot be read (${codeOf(error)}): name a folder with copies of the manager's ` +
        'decoder files (ruleset/decoders and etc/decoders)',
      { exitCode: 2, cause: error },
    );
  }
}
