import { describe, expect, test } from 'vitest';
import { lintList, withLint } from '../../src/compile/lint-list.ts';
import { createLines, toRun } from '../../src/compile/list-lines.ts';
import { compileLists } from '../../src/compile/lists.ts';
import { compilePlan } from '../../src/compile/plan.ts';
import type { SelectedValue } from '../../src/compile/selection.ts';
import { toValueSet } from '../../src/compile/value-set.ts';
import { isSkip } from '../../src/observable/skip.ts';
import { toObservable } from '../../src/observable/to-observable.ts';
import { planOptions } from '../support/plan-options.ts';

const id = '0e5e40ee-2ad3-4fc3-a9c6-a75869ea3c2e';

function selected(kind: 'sha256' | 'sha1' | 'md5' | 'ipv4' | 'ipv6' | 'name', text: string): SelectedValue {
  const observable = toObservable({ kind, text });
  if (isSkip(observable)) throw new Error(`${text}: ${observable.skip}`);
  return { ...observable, id, score: 80 };
}

const values = [
  selected('sha256', '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6'),
  selected('sha1', '3f249cbadc8de47ddd960a77ec71a5c92da82de2'),
  selected('md5', 'e65487f5f65bca9e283dd3aabd817dc0'),
  selected('ipv4', '105.112.50.80'),
  selected('ipv4', '31.0.0.0/24'),
  selected('ipv6', '2a00:1450:4009:81e::200e'),
  selected('ipv6', '2a00:1450:1:2:3:4:5:6'),
  selected('name', 'Sazoya.com'),
  selected('name', 'bücher.evil.net'),
];

const sysmonHashes = [
  `MD5=E65487F5F65BCA9E283DD3AABD817DC0:${id}`,
  `SHA1=3F249CBADC8DE47DDD960A77EC71A5C92DA82DE2:${id}`,
  `SHA256=3802E1848C0FA4B4B408BE34C6A4C9A799F9A37B29D6BD3DBD3BD7760747A8A6:${id}`,
];

test('each field has the keys that it will ask for, in the order of bytes', () => {
  const lists = Object.fromEntries(
    compileLists(toValueSet(values)).map(({ name, lines }) => [name, [...lines]]),
  );
  expect(lists).toEqual({
    'opencti-win-hashes': sysmonHashes,
    'opencti-win-hash': sysmonHashes,
    'opencti-win-destination-ip': [
      `"2a00:1450:1:2:3:4:5:6":${id}`,
      `"2a00:1450:4009:81e:0:0:0:200e":${id}`,
      `105.112.50.80:${id}`,
    ],
    'opencti-win-query-name': [`sazoya.com:${id}`, `xn--bcher-kva.evil.net:${id}`],
    'opencti-linux-destination-ip': [
      `"2a00:1450:1:2:3:4:5:6":${id}`,
      `"2a00:1450:4009:81e:0:0:0:200e":${id}`,
      `"2a00:1450:4009:81e::200e":${id}`,
      `105.112.50.80:${id}`,
    ],
    'opencti-linux-hashes': sysmonHashes,
    'opencti-fim-sha256': [`3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6:${id}`],
    'opencti-fim-sha1': [`3f249cbadc8de47ddd960a77ec71a5c92da82de2:${id}`],
    'opencti-fim-md5': [`e65487f5f65bca9e283dd3aabd817dc0:${id}`],
  });
});

test('with no values every list is there and empty', () => {
  expect(compileLists(toValueSet([])).map(({ lines }) => lines.length)).toEqual(Array(9).fill(0));
});

test.each([
  ['a value with a colon', ['sazoya.com:a:b'], /line 1: "sazoya.com:a:b" is not of the form/],
  ['a blank', ['saz oya.com:a'], /holds a blank/],
  ['a wrong order', ['b.com:1', 'a.com:1'], /line 2: "a.com:1" is not in the order of bytes/],
  ['a key twice', ['a.com:1', 'a.com:2'], /line 2: "a.com:2" has the key of the line before it/],
  ['a line twice', ['a.com:1', 'a.com:1'], /has the key of the line before it/],
])('the lint refuses %s', (_, lines, message) => {
  expect(() => lintList({ name: 'opencti-win-query-name', lines: createLines([toRun(lines)], 100) })).toThrow(
    message,
  );
});

describe('an id that would break a list', () => {
  const values = toValueSet([selected('name', 'a.com'), { ...selected('name', 'b.com'), id: 'x"y' }]);
  const openLines = () => {
    const lists = compilePlan(values, planOptions).lists;
    return lists.find(({ name }) => name === 'opencti-win-query-name')?.lines ?? expect.fail('no such list');
  };
  const objection = /opencti-win-query-name, line 2/;

  test('stops whoever goes through its lines, each time', () => {
    const lines = openLines();
    for (let time = 0; time < 2; time += 1) {
      expect(() => [...lines]).toThrow(objection);
      expect(() => [...lines.chunks()]).toThrow(objection);
      expect(() => lines.map((line) => line)).toThrow(objection);
    }
  });

  test('is found also when somebody before went through a part only', () => {
    const many = Array.from({ length: 10_000 }, (_, number) => selected('name', `n${number}.com`));
    const lines = withLint({
      name: 'opencti-win-query-name',
      lines: createLines(
        [toRun(many.map(({ value }) => `${value}:${id}`).sort()), toRun(['z.com:x"y'])],
        100,
      ),
    });
    for (const _ of lines) break;
    expect(() => [...lines]).toThrow(/line 10001: /);
  });

  test('lists that had the same lines still share them', () => {
    const { lists } = compilePlan(values, planOptions);
    const of = (name: string) => lists.find((list) => list.name === name)?.lines;
    expect(of('opencti-win-hashes')).toBe(of('opencti-win-hash'));
  });
});
