import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Matches the characters that control a terminal, split a line or reverse its order: controls (also those of C1, of which a
 * single one begins an escape sequence), line separators, direction marks. Names of labels and authors may have any of them.
 */
const steering = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
const steeringButLayout = /(?![\n\t])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Replaces each of these characters, so that a reader sees that there was one. */
const replacement = '\ufffd';

/** Returns foreign text as a part of one line. */
export function toPlainLine(text: string): string {
  return text.replace(steering, replacement);
}

/** Returns foreign text with its line feeds and tabs. */
export function toPlainText(text: string): string {
  return text.replace(steeringButLayout, replacement);
}

/** Returns a value with every text in it, and every key, as a part of one line. */
export function toPlainTexts<T>(value: T): T {
  return plainly(value) as T;
}

function plainly(value: unknown): unknown {
  if (typeof value === 'string') return toPlainLine(value);
  if (Array.isArray(value)) return value.map(plainly);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [toPlainLine(key), plainly(each)]));
}

/** Returns one line of JSON that is safe to show in a terminal; a parser gets the original text from it. */
export function toPlainJson(value: unknown): string {
  return JSON.stringify(value).replace(
    steering,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const longest = 200;

/**
 * Returns foreign text for a message: one line without control characters (they could control a terminal or split a log
 * line), not too long, and without the secrets, since servers and proxies send back what they were sent.
 */
export function toExcerpt(text: string, secrets: readonly string[] = []): string {
  const clean = secrets.filter(Boolean).reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
  const line = clean
    .slice(0, longest * 4)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return line.length <= longest ? line : `${[...line].slice(0, longest).join('')}...`;
}

export function formatCount(count: number): string {
  return count.toLocaleString('en');
}

/** Returns `1 value`, `2 values`, `2 entries`. */
export function formatUnits(count: number, unit: string): string {
  const units = unit.endsWith('y') ? `${unit.slice(0, -1)}ies` : `${unit}s`;
  return `${formatCount(count)} ${count === 1 ? unit : units}`;
}

const byteUnits = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** Returns `512 bytes` or `1.2 MB`, in powers of ten, as networks are measured. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log10(bytes) / 3));
  const amount = bytes / 1000 ** power;
  return `${formatCount(Math.round(amount * 10) / 10)} ${byteUnits[power]}`;
}

/** Returns lines with the cells of each column below one another; numbers are aligned to the right. */
export function formatTable(rows: readonly (readonly (string | number)[])[], indent = '  '): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => formatCell(row[column]).length)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => padCell(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return lines.map((line) => `${indent}${line}`).join('\n');
}

function padCell(cell: string | number, width: number): string {
  return typeof cell === 'number' ? formatCell(cell).padStart(width) : cell.padEnd(width);
}

function formatCell(cell: string | number | undefined): string {
  return typeof cell === 'number' ? formatCount(cell) : (cell ?? '');
}

/** Returns the path of a page of the documentation, which is installed with the tool: a reader may have no network. */
export function toPage(name: string): string {
  return join(packageRoot(), 'docs', name);
}

let root: string | undefined;

/** Returns the folder of this package. It is the same from `src` as from the bundle in `dist`. */
export function packageRoot(): string {
  root ??= findUpwards(dirname(fileURLToPath(import.meta.url)));
  return root;
}

function findUpwards(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : findUpwards(dirname(folder));
}
