import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import packageJson from '../../package.json' with { type: 'json' };
import { KnownError } from '../errors.ts';

export const manifestName = 'manifest.json';

/** What an export made before, as far as the next one has to know. */
export interface EarlierExport {
  /** Files of ours that it wrote and that a later set may have no more. */
  readonly paths: readonly string[];
  /** Hex digits of a hash that its gates compare; null: it does not say. */
  readonly prefix: number | null;
}

/** A path is believed only if it can be a file of ours: a forged manifest must not move anything else. */
const ownPath =
  /^(?:lists\/opencti-[\w-]+|(?:rules|decoders)\/(?:zz(?:zz)?-opencti-[\w.-]+|0011-opencti-gates[\d-]*)\.xml)$/;

const schema = v.object({
  tool: v.literal(packageJson.name),
  files: v.array(v.object({ path: v.string() })),
  gates: v.optional(v.object({ prefix: v.optional(v.number()) })),
});

/**
 * The earlier export in a folder, or null.
 * @throws KnownError (exit code 2) when the folder has someone else's manifest: it is not the one that was meant.
 */
export async function readEarlierExport(folder: string): Promise<EarlierExport | null> {
  const file = join(folder, manifestName);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const manifest = v.safeParse(schema, parseJson(text));
  if (manifest.success)
    return {
      paths: manifest.output.files.map(({ path }) => path).filter((path) => ownPath.test(path)),
      prefix: manifest.output.gates?.prefix ?? null,
    };
  const message = `${file} was not written by ${packageJson.name}: nothing was changed; export into another folder`;
  throw new KnownError(message, { exitCode: 2 });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
