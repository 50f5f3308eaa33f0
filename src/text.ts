import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What steers a terminal, splits a line or turns its order round: controls (the C1 ones too, which begin escape sequences
 * in one character), line separators, marks of direction. Names of labels and authors are anybody's text.
 */
const steering = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
const steeringButLayout = /(?![\n\t])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Stands in the place of each, so that a reader sees that something was there. */
const replacement = '\ufffd';

/** Foreign text as a part of one line. */
export function toPlainLine(text: string): string {
  return text.replace(steering, replacement);
}

/** Text of several lines, which may be indented by tabs. */
export function toPlainText(text: string): string {
  return text.replace(steeringButLayout, replacement);
}

/** Every text in a value, as parts of lines. */
export function toPlainTexts<T>(value: T): T {
  return plainly(value) as T;
}

function plainly(value: unknown): unknown {
  if (typeof value === 'string') return toPlainLine(value);
  if (Array.isArray(value)) return value.map(plainly);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [toPlainLine(key), plainly(each)]));
}

/** One line of JSON that a terminal shows as it is; whoever parses it gets the very text. */
export function toPlainJson(value: unknown): string {
  return JSON.stringify(value).replace(
    steering,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const longest = 200;

/**
 * Foreign text for a message: one line without control characters (they could steer a terminal or split a log
 * line), not too long, and with each secret taken out, since servers and proxies echo what they were sent.
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

/** `1 value`, `2 values`, `2 entries`. */
export function formatUnits(count: number, unit: string): string {
  const units = unit.endsWith('y') ? `${unit.slice(0, -1)}ies` : `${unit}s`;
  return `${formatCount(count)} ${count === 1 ? unit : units}`;
}

const byteUnits = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** `512 bytes`, `1.2 MB`: powers of ten, as networks are measured. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log10(bytes) / 3));
  const amount = bytes / 1000 ** power;
  return `${formatCount(Math.round(amount * 10) / 10)} ${byteUnits[power]}`;
}

/** Rows of cells to lines whose columns line up; a column of numbers stands to the right. */
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

/** The whole path of a page of the documentation, which is installed with the tool: a reader may have no network. */
export function toPage(name: string): string {
  return join(packageRoot(), 'docs', name);
}

let root: string | undefined;

/** The folder of this package: the same from `src` as from the bundle in `dist`. */
export function packageRoot(): string {
  root ??= findUpwards(dirname(fileURLToPath(import.meta.url)));
  return root;
}

function findUpwards(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : findUpwards(dirname(folder));
}
