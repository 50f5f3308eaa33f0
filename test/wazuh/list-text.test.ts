import { expect, test } from 'vitest';
import { formatListLine, parseListLine, problemOfListLine } from '../../src/wazuh/list.ts';

test.each([
  ['a.com:x', { key: 'a.com', value: 'x' }],
  ['a.com:', { key: 'a.com', value: '' }],
  [':x', { key: '', value: 'x' }],
  ['a:b:c', { key: 'a', value: 'b:c' }],
  ['"2001:db8::1":x', { key: '2001:db8::1', value: 'x' }],
  ['"a b": x', { key: 'a b', value: ' x' }],
  [' a :x', { key: ' a ', value: 'x' }],
  ['a:"x y"', { key: 'a', value: 'x y' }],
  ['a:b"x"c', { key: 'a', value: 'x' }],
  ['z"a":x', { key: 'a', value: 'x' }],
  ['a.com:x\r', { key: 'a.com', value: 'x' }],
  ['"a:x', null],
  ['a:"x', null],
  ['no colon', null],
  ['"2001:db8::1"', null],
  ['', null],
])('the engine reads %j as %j', (line, entry) => {
  expect(parseListLine(line)).toEqual(entry);
});

test('a key with a colon is quoted', () => {
  expect(formatListLine({ key: '2001:db8::1', value: 'x' })).toBe('"2001:db8::1":x');
  expect(formatListLine({ key: 'SHA1=AB', value: 'x' })).toBe('SHA1=AB:x');
});

test.each([
  'sazoya.com:0e5e40ee-2ad3-4fc3-a9c6-a75869ea3c2e',
  'SHA256=AB:x',
  '"2a00:1450:4009:81e:0:0:0:200e":x',
  '_dmarc.a-b.com:x',
])('%j can stand in a list', (line) => {
  expect(problemOfListLine(line)).toBeNull();
});

test.each([
  '',
  '# comment',
  'a b:x',
  'a.com',
  '"http://a/b":x',
  '"::ffff:1.2.3.4":x',
  'a:b:c',
  'a:"b"',
  `a:${'x'.repeat(65_534)}`,
  'ä.com:x',
  'a:x\t',
])('%j cannot', (line) => {
  expect(problemOfListLine(line)).toEqual(expect.any(String));
});
