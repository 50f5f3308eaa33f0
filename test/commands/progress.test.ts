import { expect, test } from 'vitest';
import { createProgress } from '../../src/sync/progress.ts';
import { setUp } from '../refresh/support/set-up.ts';

/** A log, and a clock that is set by hand. */
function openLog(quiet: boolean) {
  const lines: string[] = [];
  const begun = Date.parse('2026-03-01T10:00:00Z');
  let seconds = 0;
  const now = () => new Date(begun + seconds * 1_000);
  const progress = createProgress({ write: (text) => lines.push(text) }, { quiet, now });
  return {
    lines,
    progress,
    at(later: number) {
      seconds = later;
      return progress;
    },
  };
}

test('a log of a schedule has a line a minute of a long read, and where it ended', () => {
  const { lines, at } = openLog(true);
  for (let page = 1; page <= 250; page += 1) at(page).read('observables', page * 1_000, 250_400);
  at(251).read('observables', 250_400, 250_400);
  at(252).read('indicators', 500, 900);
  at(253).read('indicators', 900, 900);
  at(254).end();
  expect(lines).toEqual([
    '2026-03-01T10:01:00.000Z read 60,000 of 250,400 observables\n',
    '2026-03-01T10:02:00.000Z read 120,000 of 250,400 observables\n',
    '2026-03-01T10:03:00.000Z read 180,000 of 250,400 observables\n',
    '2026-03-01T10:04:00.000Z read 240,000 of 250,400 observables\n',
    '2026-03-01T10:04:12.000Z read 250,400 of 250,400 observables\n',
  ]);
});

test('a log that a person keeps has the first and the last page of each read, too', () => {
  const { lines, at } = openLog(false);
  at(1).read('observables', 1_000, 3_000);
  at(2).read('observables', 2_000, 3_000);
  at(3).read('observables', 3_000, 3_000);
  at(4).read('indicators', 500, 500);
  for (let page = 1; page <= 90; page += 1) at(4 + page).read('others', page, null);
  at(95).end();
  expect(lines).toEqual([
    '2026-03-01T10:00:01.000Z read 1,000 of 3,000 observables\n',
    '2026-03-01T10:00:04.000Z read 3,000 of 3,000 observables\n',
    '2026-03-01T10:00:04.000Z read 500 of 500 indicators\n',
    '2026-03-01T10:00:05.000Z read 1 others\n',
    '2026-03-01T10:01:05.000Z read 61 others\n',
    '2026-03-01T10:01:35.000Z read 90 others\n',
  ]);
});

test('the second read of two counts from its own beginning', () => {
  const { lines, at } = openLog(true);
  at(50).read('observables', 1_000, 1_000);
  at(100).read('indicators', 500, null);
  at(115).read('indicators', 1_000, null);
  at(160).read('indicators', 1_500, null);
  at(161).end();
  expect(lines).toEqual(['2026-03-01T10:02:40.000Z read 1,500 indicators\n']);
});

test('a note is told at once, and a read that is short says nothing', () => {
  const { lines, at } = openLog(true);
  at(5).read('observables', 1_000, 3_000);
  at(6).note('OpenCTI did not answer: asking again\u001b[2J');
  at(30).read('observables', 3_000, 3_000);
  at(31).end();
  expect(lines).toEqual([expect.stringMatching(/^2026-03-01T10:00:06\.000Z OpenCTI did not answer/)]);
  expect(lines.join('')).not.toContain('\u001b');
});

test('a terminal has one line that moves, a page at a time', () => {
  const written: string[] = [];
  const progress = createProgress({ isTTY: true, write: (text) => written.push(text) });
  progress.read('observables', 1_000, 2_000);
  progress.read('observables', 2_000, 2_000);
  progress.end();
  expect(written).toEqual([
    '\r\u001b[Kread 1,000 of 2,000 observables',
    '\r\u001b[Kread 2,000 of 2,000 observables',
    '\r\u001b[K',
  ]);
});

test('a refresh of many pages that goes well gives cron nothing to mail', async () => {
  const set = await setUp({ data: { observables: 300, indicators: 100 } });
  set.configure('opencti: { timeout: 5s, page_size: 20 }\n');
  const { code, stdout, stderr } = await set.run(['refresh']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('Refreshed');
  expect(set.server.requests.length).toBeGreaterThan(20);
});
