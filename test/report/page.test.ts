import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderReportPage } from '../../src/commands/report/page.ts';
import type { Report } from '../../src/commands/report/report.ts';
import { makeLastingFolder } from '../support/lasting-folder.ts';

const folder = makeLastingFolder();
const hostile = '<img src=x onerror="document.title=1">&"quoted"';
const longLabel = 'a-label-without-blanks-'.repeat(8);

const report: Report = {
  tool: 'opencti-wazuh',
  version: '1.2.3',
  started: '2026-11-24T05:00:00.000Z',
  finished: '2026-11-24T05:00:12.500Z',
  source: {
    url: 'https://cti.example.com/graphql',
    version: '6.9.28',
    user: hostile,
    markings: ['TLP:GREEN'],
  },
  read: { observables: 12_000, indicators: 3_000, requests: 18, bytes: 9_000_000 },
  values: {
    in: 1_234_567,
    out: 89,
    kinds: [
      { kind: 'name', in: 234_567, out: 80 },
      { kind: 'sha256', in: 1_000_000, out: 9 },
    ],
    sources: { observable: 1_000_000, indicator: 234_567 },
    skipped: { 'low-score': 60, revoked: 20, allowed: 9 },
    examples: {
      'low-score': [{ value: 'low.example.com', id: '0e5e40ee-2ad3-4fc3-a9c6-a75869ea3c2e' }],
      revoked: [{ value: hostile, id: hostile }],
    },
    listed: [{ name: '/etc/allow.txt', count: 9 }],
  },
  lists: [
    { name: 'opencti-win-hashes', entries: 1_000_000, added: 12, removed: 3 },
    { name: 'opencti-win-query-name', entries: 234_567, added: 0, removed: 0 },
  ],
  authors: [
    { name: hostile, count: 900_000 },
    { name: 'AlienVault', count: 300_000 },
    { name: 'no author', count: 34_567 },
  ],
  labels: [
    { name: longLabel, count: 40 },
    ...Array.from({ length: 11 }, (_, index) => ({ name: `label ${index}`, count: 20 - index })),
  ],
  markings: [{ name: 'TLP:GREEN', count: 1_234_567 }],
  scores: Array.from({ length: 10 }, (_, index) => ({
    name: `${index * 10}-${index * 10 + 9}`,
    count: index * 100,
  })),
  ages: [
    { name: 'a day', count: 1 },
    { name: 'older', count: 1_234_566 },
  ],
  coverage: [
    // As an earlier version wrote it.
    {
      source: 'windows',
      event: 22,
      field: 'win.eventdata.queryName',
      list: 'opencti-win-query-name',
      rule: 100_649,
      entries: 234_567,
      gates: 512,
      declared: true,
      seen: 'yes',
      last_seen: '2026-11-24T04:59:01.500Z',
      state: 'active',
    },
    {
      source: 'fim',
      event: 554,
      field: 'md5',
      list: 'opencti-fim-md5',
      rule: 100_661,
      entries: 0,
      gates: 0,
      declared: false,
      seen: 'no',
      last_seen: null,
      state: 'not-configured',
    },
    {
      source: 'suricata',
      row: 'dns',
      event: null,
      field: 'dns.queries',
      list: null,
      rule: 119_105,
      entries: 0,
      gates: 512,
      declared: null,
      seen: 'unknown',
      last_seen: null,
      state: 'active',
    },
  ],
  off: [
    { source: 'logins', row: 'attempt', seen: 'yes', last_seen: null },
    { source: 'zeek', row: 'dns', seen: 'no', last_seen: null },
  ],
};

const notices = [
  { state: 'warning', text: 'stale: the lists were last confirmed long ago' },
  { state: 'good', text: 'all else' },
] as const;

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
});
afterAll(() => browser.close());

interface Opened {
  readonly page: Page;
  readonly requests: string[];
  readonly messages: string[];
}

async function open(width: number, colorScheme: 'light' | 'dark' = 'light', shown = report): Promise<Opened> {
  const file = join(folder, 'report.html');
  writeFileSync(file, renderReportPage(shown, notices));
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const requests: string[] = [];
  const messages: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => messages.push(message.text()));
  page.on('pageerror', (error) => messages.push(error.message));
  await page.goto(pathToFileURL(file).href, { waitUntil: 'load' });
  return { page, requests, messages };
}

describe('the page in a browser', () => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open(1200);
  });

  test('asks for nothing but itself, and has nothing to complain about', () => {
    expect(opened.requests.filter((url) => !url.startsWith('data:'))).toEqual([
      pathToFileURL(join(folder, 'report.html')).href,
    ]);
    expect(opened.messages).toEqual([]);
  });

  test('could not ask anybody if it wanted to', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { page } = await open(1200);
    // As text, since the types of a browser are not those of the rest.
    const load = `new Promise((resolve) => {
      const image = new Image();
      image.onload = () => resolve('loaded');
      image.onerror = () => resolve('blocked');
      image.src = 'http://127.0.0.1:${port}/x.png';
    })`;
    const blocked = await page.evaluate<string>(load);
    server.close();
    expect(blocked).toBe('blocked');
    expect(asked).toEqual([]);
  });

  test('shows the counts, the reasons and what to do', async () => {
    const text = await opened.page.locator('main').textContent();
    expect(text).toContain('2026-11-24 05:00:12 UTC, 12.5 s');
    expect(text).toContain('1,234,567');
    expect(text).toContain('12 added, 3 removed');
    const row = opened.page.locator('tr', { hasText: 'low-score' });
    expect(await row.textContent()).toMatch(
      /60\s*low-score\s*The score of the object that decides is below the minimum\.\s*Raise its score/,
    );
    expect(await opened.page.locator('tr', { hasText: 'opencti-fim-md5' }).textContent()).toContain(
      'not in ossec.conf',
    );
    expect(text).toContain('/etc/allow.txt');
    const last = opened.page.locator('tr', { hasText: 'opencti-fim-md5' }).last();
    expect(await last.textContent()).toContain('not seen');
    const suricata = opened.page.locator('tr', { hasText: 'suricata dns' });
    expect(await suricata.textContent()).toMatch(/dns\.queries\s*patterns alone\s*0\s*512\s*119105\s*active/);
    expect(text).toContain('2 rows not looked up: off, or without a decoder of this manager');
    expect(text).toContain('Events of these arrive: logins attempt.');
    const first = opened.page.locator('tr', { hasText: 'win.eventdata.queryName' });
    expect(await first.textContent()).toContain('windows 22');
    expect(await first.textContent()).toContain('activeseen 2026-11-24T04:59:01Z');
  });

  test('begins with how old the lists are and with what is wrong', async () => {
    const first = opened.page.locator('main > section').first();
    expect(await first.locator('p').allTextContents()).toEqual(notices.map(({ text }) => text));
    expect(await first.locator('p').first().getAttribute('class')).toBe('empty');
  });

  test('names values of a reason, each with the page of its object', async () => {
    const link = opened.page.locator('tr', { hasText: 'low-score' }).locator('a');
    expect(await link.textContent()).toBe('low.example.com');
    expect(await link.getAttribute('href')).toBe(
      'https://cti.example.com/dashboard/id/0e5e40ee-2ad3-4fc3-a9c6-a75869ea3c2e',
    );
    const other = opened.page.locator('tr', { hasText: 'revoked' }).locator('a');
    expect(await other.getAttribute('href')).toMatch(/^https:\/\/cti\.example\.com\/dashboard\/id\/%3Cimg/);
  });

  test('is text where somebody else wrote it', async () => {
    expect(await opened.page.locator('img').count()).toBe(0);
    expect(await opened.page.title()).toBe('opencti-wazuh: the run of 2026-11-24 05:00:12 UTC');
    expect(await opened.page.locator('.head').textContent()).toContain(hostile);
    // Once as an author, and once as an example of a reason.
    expect(await opened.page.locator('td', { hasText: hostile }).count()).toBe(2);
  });

  test('shows what has an order in its order, all of it, with counts and shares', async () => {
    expect(await rowsOf(opened.page, 'Score of the object that decided')).toEqual(
      report.scores.map(({ name, count }) => [
        name,
        count.toLocaleString('en'),
        `${(count / 45).toFixed(1)} %`, // The ten counts add up to 4,500.
      ]),
    );
    expect(await rowsOf(opened.page, 'Time of the object in OpenCTI, up to')).toEqual([
      ['a day', '1', '0.0 %'],
      ['older', '1,234,566', '100.0 %'],
    ]);
  });

  test('shows names with their counts and shares, the largest first', async () => {
    expect(await rowsOf(opened.page, 'Kinds')).toEqual([
      ['sha256', '1,000,000', '81.0 %'],
      ['name', '234,567', '19.0 %'],
    ]);
    expect(await rowsOf(opened.page, 'Authors')).toEqual([
      [hostile, '900,000', '72.9 %'],
      ['AlienVault', '300,000', '24.3 %'],
      ['no author', '34,567', '2.8 %'],
    ]);
    expect(await rowsOf(opened.page, 'Markings')).toEqual([['TLP:GREEN', '1,234,567', '100.0 %']]);
  });

  test('shows the first ten of many names whole, with their shares of all of them', async () => {
    const rows = await rowsOf(opened.page, 'Labels');
    expect(rows).toHaveLength(10);
    expect(rows[0]).toEqual([longLabel, '40', '19.5 %']);
    expect(rows[9]).toEqual(['label 8', '12', '5.9 %']);
  });

  test('names each table and its columns, and draws nothing', async () => {
    const tables = opened.page.locator('table[aria-label]');
    expect(await tables.count()).toBe(6);
    for (const table of await tables.all()) {
      expect(await table.locator('th').allTextContents()).toEqual(['Name', 'Count', 'Share']);
    }
    expect(await opened.page.locator('svg, canvas, figure').count()).toBe(0);
  });

  test('says so where there is nothing to show', async () => {
    const { page } = await open(1200, 'light', { ...report, labels: [] });
    expect(await rowsOf(page, 'Labels')).toEqual([['nothing']]);
  });
});

function rowsOf(page: Page, title: string): Promise<(string | null)[][]> {
  return page
    .locator(`table[aria-label="${title}"] tbody tr`)
    .evaluateAll((rows) =>
      rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent)),
    );
}

test.each([
  [1200, 'light'],
  [1200, 'dark'],
  [400, 'light'],
] as const)('is readable at %i pixels in %s', async (width, scheme) => {
  const { page } = await open(width, scheme);
  const scrolled = await page.evaluate<number>('document.documentElement.scrollWidth');
  const background = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
  const text = await page.evaluate<string>('getComputedStyle(document.body).color');
  expect(scrolled).toBeLessThanOrEqual(width);
  // A card scrolls by itself where its table is too wide: those of shares never have to.
  const tooWide = await page
    .locator('.card', { has: page.locator('h3') })
    .evaluateAll((cards) => cards.filter((card) => card.scrollWidth > card.clientWidth).length);
  expect(tooWide).toBe(0);
  const brightness = (color: string) =>
    (color.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
  expect(Math.abs(brightness(background) - brightness(text))).toBeGreaterThan(450);
  expect(brightness(background) > brightness(text)).toBe(scheme === 'light');
});
