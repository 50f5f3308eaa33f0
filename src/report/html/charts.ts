import type { Share } from '../report.ts';

/** A bar of a chart, in the units of its drawing. */
export interface Bar {
  readonly name: string;
  readonly count: string;
  readonly share: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Where the name stands, and the count. */
  readonly labelX: number;
  readonly labelY: number;
  readonly countX: number;
  readonly countY: number;
}

export interface Chart {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly bars: readonly Bar[];
  /** What a reader who sees no drawing is told. */
  readonly summary: string;
}

const rowHeight = 26;
const barHeight = 16;
const nameWidth = 180;
const barWidth = 250;
const countWidth = 90;
/** Of a name in a drawing; the whole of it stands in the tooltip. */
const longestName = 22;

/** Bars that lie, for names; the longest is as wide as there is room. */
export function toNamesChart(title: string, shares: readonly Share[], most = 10): Chart {
  const shown = shares.slice(0, most);
  const peak = peakOf(shown);
  const bars = shown.map(({ name, count }, index) => {
    const width = toLength(count, peak, barWidth);
    const middle = index * rowHeight + rowHeight / 2;
    return {
      ...toTexts(name, count, shares),
      x: nameWidth,
      y: middle - barHeight / 2,
      width,
      height: barHeight,
      labelX: nameWidth - 8,
      labelY: middle + 4,
      countX: nameWidth + width + 6,
      countY: middle + 4,
    };
  });
  const height = Math.max(1, shown.length) * rowHeight;
  return { title, width: nameWidth + barWidth + countWidth, height, bars, summary: summarize(shown) };
}

/** However many columns share it, so that all charts of a page are of one scale. */
const columnsWidth = 520;
const columnHeight = 150;
const columnTop = 22;
const columnFoot = 24;
const columnGap = 8;

/** Bars that stand, for what has an order. */
export function toOrderedChart(title: string, shares: readonly Share[]): Chart {
  const peak = peakOf(shares);
  const columnWidth = columnsWidth / Math.max(1, shares.length);
  const bars = shares.map(({ name, count }, index) => {
    const height = toLength(count, peak, columnHeight);
    const middle = index * columnWidth + columnWidth / 2;
    const y = columnTop + columnHeight - height;
    return {
      ...toTexts(name, count, shares),
      x: index * columnWidth + columnGap / 2,
      y,
      width: columnWidth - columnGap,
      height,
      labelX: middle,
      labelY: columnTop + columnHeight + 16,
      countX: middle,
      countY: y - 5,
    };
  });
  const height = columnTop + columnHeight + columnFoot;
  return { title, width: columnsWidth, height, bars, summary: summarize(shares) };
}

function peakOf(shares: readonly Share[]): number {
  return Math.max(1, ...shares.map(({ count }) => count));
}

/** What is there is seen, however little it is. */
function toLength(count: number, peak: number, longest: number): number {
  return count === 0 ? 0 : Math.max(1, Math.round((count / peak) * longest));
}

function toTexts(
  name: string,
  count: number,
  shares: readonly Share[],
): Pick<Bar, 'name' | 'count' | 'share'> {
  const total = Math.max(
    1,
    shares.reduce((sum, each) => sum + each.count, 0),
  );
  return {
    name: shorten(name),
    count: count.toLocaleString('en'),
    share: `${name}: ${((100 * count) / total).toFixed(1)} %`,
  };
}

function shorten(name: string): string {
  const letters = [...name];
  return letters.length > longestName ? `${letters.slice(0, longestName - 1).join('')}…` : name;
}

function summarize(shares: readonly Share[]): string {
  return shares.map(({ name, count }) => `${name}: ${count.toLocaleString('en')}`).join('; ') || 'nothing';
}
