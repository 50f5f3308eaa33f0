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
