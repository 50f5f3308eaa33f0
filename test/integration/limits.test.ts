import { describe, expect, onTestFinished, test } from 'vitest';
import { createDemoData } from '../platform/data/demo-data.ts';
import { writeObservable } from '../platform/data/written.ts';
import { startOpenCti } from '../platform/server.ts';
import { readEvent } from './support/engine.ts';
import { createListedManager, nameAlert, nameSource, withName } from './support/listed.ts';

type Written = Partial<Parameters<typeof writeObservable>[0]>;

interface OpenCtiData {
  readonly id: string;
  readonly value: string;
  readonly x_opencti_score: string;
  readonly x_opencti_description: string;
  readonly objectMarking: { readonly edges: readonly unknown[] };
  readonly objectLabel: { readonly edges: readonly { readonly node: { readonly value: string } }[] };
  readonly indicators: { readonly edges: readonly unknown[] };
  readonly externalReferences: { readonly edges: readonly unknown[] };
  readonly source: { readonly cut?: readonly string[]; readonly value: string };
}

/** One run for a name of which the platform has this object; with so many labels. */
async function runFor(own: Written, { labels = 0, alert = nameAlert as object } = {}) {
  const ids = Array.from({ length: labels }, (_, index) => `label-${index}`);
  const observable = writeObservable({
    id: 'big',
    entity_type: 'Domain-Name',
    value: 'sazoya.com',
    objectLabel: ids,
    ...own,
  });
  const data = createDemoData({ documented: false, written: { observables: [observable] } });
  for (const [index, id] of ids.entries()) data.labels.set(id, toLabel(id, `label number ${index}`));
  const server = await startOpenCti({ data });
  onTestFinished(() => server.close());
  const manager = createListedManager({ url: server.url });
  const result = await manager.run(alert);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(result.messages).toHaveLength(1);
  const [message = ''] = result.messages;
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(65_535);
  const event = readEvent(message);
  const opencti = event.data.opencti as OpenCtiData & Readonly<Record<string, unknown>>;
  expect(countFields(JSON.parse(event.json))).toBeLessThanOrEqual(256);
  expect(opencti).toMatchObject({ id: 'big', value: 'sazoya.com', x_opencti_score: '70' });
  expect(opencti.objectMarking.edges).toHaveLength(1);
  expect(opencti.source).toMatchObject(nameSource);
  return { opencti, message };
}

function toLabel(id: string, value: string) {
  const created = '2022-02-07T01:30:00.000Z';
  return {
    id,
    standard_id: `label--${id}`,
    value,
    color: '#d4323e',
    created_at: created,
    updated_at: created,
  };
}

/** Fields of the engine, counted another way than the product does: by the lines of a flat list. */
function countFields(value: unknown, path = 'x'): number {
  const lines: string[] = [];
  const visit = (inner: unknown, name: string): void => {
    if (inner !== null && typeof inner === 'object' && !Array.isArray(inner)) {
      for (const [key, next] of Object.entries(inner)) visit(next, `${name}.${key}`);
    } else if (inner !== '') lines.push(name);
  };
  visit(value, path);
  return lines.length;
}

describe('an event that the engine would not take whole', () => {
  test('with 500 labels loses numbered copies from the highest, and nothing else', async () => {
    const { opencti } = await runFor({}, { labels: 500 });
    expect(opencti.source.cut).toEqual(['numbered labels']);
    expect(opencti.objectLabel.edges).toHaveLength(500);
    const numbers = Object.keys(opencti)
      .filter((key) => /^\d+$/.test(key))
      .map(Number);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => index));
    expect(numbers.length).toBeGreaterThan(60);
    expect(opencti['0']).toEqual({ node: { id: 'label-0', value: 'label number 0', color: '#d4323e' } });
  });

  test('is filled to the last field: one more label would be one too many', async () => {
    const { opencti, message } = await runFor({}, { labels: 500 });
    const numbered = Object.keys(opencti).filter((key) => /^\d+$/.test(key)).length;
    const { json } = readEvent(message);
    expect(countFields(JSON.parse(json))).toBeGreaterThan(256 - 3);
    expect(numbered).toBeLessThan(500);
  });

  test('with a description of 1 MB has its beginning, as much as fits', async () => {
    const { opencti, message } = await runFor(
      { x_opencti_description: 'long '.repeat(200_000) },
      { labels: 3 },
    );
    expect(opencti.source.cut).toEqual(['numbered labels', 'long texts']);
    expect(opencti.x_opencti_description).toMatch(/^long long .*\.\.\.$/);
    expect(Buffer.byteLength(message)).toBeGreaterThan(65_000);
    expect(opencti.objectLabel.edges).toHaveLength(3);
  });

  test('with 5,000 references and as many labels keeps what there is room for, references before labels', async () => {
    const reference = {
      id: 'r',
      standard_id: 'external-reference--r',
      created_at: '2022-02-07T01:30:00.000Z',
      updated_at: '2022-02-07T01:30:00.000Z',
      source_name: 'A report with a name',
      description: null,
      url: 'https://example.org/reports/1',
      hash: null,
      external_id: null,
      created: '2022-02-07T01:30:00.000Z',
      modified: '2022-02-07T01:30:00.000Z',
      importFiles: [],
    };
    const { opencti, message } = await runFor(
      {
        externalReferences: Array.from({ length: 5_000 }, (_, index) => ({ ...reference, id: `r${index}` })),
      },
      { labels: 5_000 },
    );
    expect(opencti.source.cut).toEqual(['numbered labels', 'externalReferences', 'objectLabel']);
    expect(opencti.externalReferences.edges).toEqual([]);
    expect(opencti.objectLabel.edges.length).toBeGreaterThan(500);
    expect(opencti.objectLabel.edges[0]?.node.value).toBe('label number 0');
    expect(Buffer.byteLength(message)).toBeGreaterThan(65_000);
  });

  test('that nothing of this makes small enough is reduced to what an analyst needs', async () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `name-${index}.exe`);
    const hash = '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6';
    const file = writeObservable({
      id: 'f',
      entity_type: 'StixFile',
      hashes: [{ algorithm: 'SHA-256', hash }],
      x_opencti_additional_names: names,
    });
    const server = await startOpenCti({
      data: createDemoData({ documented: false, written: { observables: [file] } }),
    });
    onTestFinished(() => server.close());
    const manager = createListedManager({ url: server.url });
    manager.writeList('opencti-win-hashes', [`SHA256=${hash.toUpperCase()}:f`]);
    const win = { eventdata: { hashes: `SHA256=${hash.toUpperCase()}` } };
    const { messages } = await manager.run({ ...nameAlert, data: { win } });
    const { opencti } = readEvent(messages[0]).data as { opencti: OpenCtiData };
    expect(Object.keys(opencti).sort()).toEqual([
      'entity_type',
      'id',
      'objectMarking',
      'observable_value',
      'source',
      'standard_id',
      'value',
      'x_opencti_score',
    ]);
    expect(opencti.source.cut).toEqual(['everything else']);
  });
});

describe('any text comes through', () => {
  const nasty = 'quotes " and \\ and \'\nnewline\r\n\ttab\u0007\u001b[31m \u{1F600} \u2028 é <b>&amp;</b>';

  test('quotes, line breaks, control characters, emoji', async () => {
    const { opencti, message } = await runFor({ x_opencti_description: nasty });
    expect(opencti.x_opencti_description).toBe(nasty);
    expect(message).not.toContain('\n');
  });

  test('a NUL would end the text in the engine, and half an emoji would cost the event: both are marked', async () => {
    const { opencti, message } = await runFor({ x_opencti_description: 'a\0b\ud83dc\ude00d' });
    expect(opencti.x_opencti_description).toBe('a\ufffdb\ufffdc\ufffdd');
    expect(message).not.toMatch(/\\u0000|\\ud[89a-f]/i);
  });

  test('a long text is not cut within an emoji', async () => {
    const { message } = await runFor({ x_opencti_description: `x${'\u{1F600}'.repeat(100_000)}` });
    expect(message).not.toMatch(/\\ud[89a-f]/i);
  });

  test('an alert of 64 KiB, of which nothing but the looked-up field is repeated', async () => {
    const { win } = nameAlert.data;
    const commandLine = `"${'\u{1F600}\\" '.repeat(10_000)}`.slice(0, 60_000);
    const alert = { ...nameAlert, data: { win: { ...win, eventdata: { ...win.eventdata, commandLine } } } };
    const { message } = await runFor({}, { alert });
    expect(message.length).toBeLessThan(4_000);
  });

  test('a field of 60,000 characters is shortened in the source', async () => {
    const name = `${'a'.repeat(60_000)}.sazoya.com`;
    const server = await startOpenCti({ data: createDemoData() });
    onTestFinished(() => server.close());
    const manager = createListedManager({ url: server.url });
    const { messages, log } = await manager.run(withName(name));
    const { opencti } = readEvent(messages[0]).data as { opencti: OpenCtiData };
    expect(opencti).toMatchObject({ value: 'sazoya.com', source: { value: 'a'.repeat(2_048) } });
    expect(log[0]?.length).toBeLessThan(1_000);
  });

  test('a forged name of 60,000 dots is no more work than a long one', async () => {
    const server = await startOpenCti({ data: createDemoData() });
    onTestFinished(() => server.close());
    const manager = createListedManager({ url: server.url });
    const name = `${'a.'.repeat(30_000)}sazoya.com`;
    const { messages } = await manager.run(withName(name));
    expect(readEvent(messages[0]).data.opencti).toMatchObject({
      value: 'sazoya.com',
      source: { matched_by: 'parent domain' },
    });
    const nothing = await manager.run(withName(`${'a.'.repeat(30_000)}${'b'.repeat(300)}`));
    expect(nothing.messages).toEqual([]);
    expect(nothing.log[0]).toContain('note="malformed-name"');
  });

  test.each([
    ['IPv6', { id: '007', name: 'ipv6', ip: '2a00:1450::5' }, '1:[007] (ipv6) 2a00|:1450|:|:5->opencti'],
    ['a bar in its name', { id: '008', name: 'a|b:c', ip: 'any' }, '1:[008] (a||b|:c) any->opencti'],
    ['no address', { id: '009', name: 'unknown' }, '1:[009] (unknown) any->opencti'],
    ['the manager', { id: '000', name: 'wazuh' }, '1:opencti'],
  ])('an agent with %s', async (_, agent, header) => {
    const { message } = await runFor({}, { alert: { ...nameAlert, agent } });
    expect(message.startsWith(`${header}:{"integration":"opencti",`)).toBe(true);
  });
});
