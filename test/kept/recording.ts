import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };

/**
 * Compares what the tool does, byte for byte, with what it did before its structure was moved. The tests of this folder use
 * only the built commands, real servers, sockets and files, so that no move inside `src` can touch them.
 *
 * A recording is renewed by `KEPT=record npx vitest run test/kept`, or by the name of one file. A recording that is missing
 * is a failure and never a fresh recording. A commit that renews one says in its message which behaviour has changed
 * and why: these files change by plan, and never because a test was red.
 *
 * Out of the recordings are help texts, the prose of documents and of written comments, what depends on the machine and
 * its clock, the bytes of the bundle, and the formats of the state that the tool keeps for itself.
 */
const isRecording = process.env.KEPT === 'record';
if (isRecording && process.env.CI) throw new Error('KEPT=record is for a person, not for CI');

const howTo = 'test/kept/recording.ts says when and how a recording is renewed';

const root = join(import.meta.dirname, '../..');

export interface Recordings {
  /** Fails when the text differs from the recording of that name; the test continues. */
  expectKept(name: string, text: string): void;
  /** To be called last in a file or its one `describe`: declares the test that no recording was left out. */
  expectAllCompared(): void;
}

/** @param folder below `test/kept/data`, of one test file alone. */
export function openRecordings(folder: string): Recordings {
  const data = join(import.meta.dirname, 'data', folder);
  const compared = new Set<string>();
  if (isRecording) rmSync(data, { recursive: true, force: true });
  return {
    expectKept(name, text) {
      if (compared.has(name)) throw new Error(`two texts have the name ${name}`);
      compared.add(name);
      const file = join(data, name);
      const ended = text.endsWith('\n') ? text : `${text}\n`;
      if (isRecording) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, ended);
        return;
      }
      const isThere = existsSync(file);
      expect.soft(isThere, `${file} is missing; ${howTo}`).toBe(true);
      if (isThere)
        expect.soft(ended, `${folder}/${name} is another one; ${howTo}`).toBe(readFileSync(file, 'utf8'));
    },
    expectAllCompared() {
      test('every recording was compared', () => {
        const names = readdirSync(data, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name).slice(data.length + 1));
        expect(names.sort()).toEqual([...compared].sort());
      });
    },
  };
}

/** A clock that is moved for the tests (`faketime`) is moved for the commands as well. */
export const clock: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    /^(?:LD_PRELOAD|FAKETIME.*)$/.test(name) && value !== undefined ? [[name, value]] : [],
  ),
);

/** Texts that differ from run to run, each with what is written for it. */
export type Replacements = Readonly<Record<string, string>>;

const always: Replacements = {
  [root]: '<tool>',
  [process.execPath]: '<node>',
  [process.version]: '<node version>',
};

/**
 * Takes out of a text what depends on the machine and the clock. Times are taken out when they are of this run, so that those
 * of OpenCTI's objects stay.
 */
export function normalise(text: string, replacements: Replacements = {}): string {
  const texts = Object.entries({ ...always, ...replacements }).sort(([a], [b]) => b.length - a.length);
  const takeOut = (line: string) => {
    const result = texts.reduce((rest, [found, name]) => rest.replaceAll(found, name), line);
    const normal = patterns.reduce(takeOutPattern, result);
    // A column is as wide as its longest text.
    return normal === line ? line : normal.replaceAll(/(?<=\S) {3,}/g, '  ');
  };
  return text.split('\n').map(takeOut).join('\n');
}

type Pattern = readonly [RegExp, (found: string) => string];

const patterns: readonly Pattern[] = [
  [/(?<=opencti-selftest-)[0-9a-f]{12}\b/g, () => '<run>'],
  [new RegExp(`(?<=linux-|linux_|musl_)${process.arch}\\b`, 'g'), () => '<arch>'],
  [/https?:\/\/127\.0\.0\.1:\d+/g, () => '<opencti>'],
  [/127\.0\.0\.1:\d+/g, () => '<address>'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?/g, withoutPresent],
  [/\b1\d{9}(?:\d{3})?\b/g, withoutPresentNumber],
  [/\b\d+(?:\.\d+)? (?:ms|s|min|h) ago/g, () => '<age> ago'],
  [/\bms=\d+/g, () => 'ms=<duration>'],
  [/\bin \d+(?:\.\d+)? (?:ms|s)\b/g, () => 'in <duration>'],
  [/(?<=requests and )[\d.,]+ (?:B|kB|MB), [\d.]+ m?s in all/g, () => '<size and duration>'],
  [
    /(?<="version": ?")\d+\.\d+\.\d+(?=")/g,
    (version) => (version === packageJson.version ? '<version>' : version),
  ],
];

function takeOutPattern(text: string, [pattern, toName]: Pattern): string {
  return text.replaceAll(pattern, toName);
}

/** Times of this run, which some texts round down to a minute. */
const started = Date.now() - 61_000;
const isPresent = (time: number) => time > started && time < Date.now() + 1_000;

function withoutPresent(text: string): string {
  return isPresent(Date.parse(text)) ? '<time>' : text;
}

function withoutPresentNumber(text: string): string {
  return isPresent(Number(text.padEnd(13, '0'))) ? '<time>' : text;
}
