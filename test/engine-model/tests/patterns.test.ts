import { describe, expect, it } from 'vitest';
import { compileOsMatch, matchesGroups } from '../../../src/wazuh/os-pattern.ts';
import { holds, type PatternType, toPattern } from '../pattern.ts';

describe('OSMatch', () => {
  it.each([
    ['svchost.exe', 'C:\\SVCHOST.EXE', true],
    ['^start', 'Start of it', true],
    ['^start', 'the start', false],
    ['end$', 'the END', true],
    ['end$', 'the end.', false],
    ['^all$', 'ALL', true],
    ['^all$', 'all of it', false],
    ['one|two', 'has two', true],
    ['^one|two$', 'not one nor 2', false],
    ['!one|two', 'three', true],
    ['!one|two', 'two', false],
    ['^', 'anything', true],
    ['^', '', true],
    ['^$', 'x', false],
    ['a.c', 'abc', false],
  ])('%s on %s', (pattern, value, expected) => {
    expect(compileOsMatch(pattern)(value)).toBe(expected);
  });
});

describe('if_group', () => {
  it.each([
    ['sysmon_event1', 'windows,sysmon,sysmon_event1,', true],
    ['SYSMON_EVENT1', 'sysmon_event1,', true],
    ['sysmon_event_2', 'sysmon,sysmon_event_22,', true],
    ['sysmon_event_1', 'sysmon,sysmon_event1,', false],
    ['nothing|sysmon_event3', 'sysmon_event3,', true],
    ['^sysmon', 'windows,sysmon,', false],
    ['^windows', 'Windows,sysmon,', true],
    ['a||b', 'x', false],
  ])('%s in %s', (pattern, groups, expected) => {
    expect(matchesGroups(pattern, groups)).toBe(expected);
  });
});

describe('OSRegex', () => {
  it.each([
    ['^1$', '1', true],
    ['^1$', '11', false],
    ['$', '', true],
    ['$', 'a', false],
    ['\\.+', 'x', true],
    ['\\.+', '', false],
    ['^\\d\\d\\d$', '123', true],
    ['^\\w+$', 'A-z_9@', true],
    ['^\\w+$', 'a b', false],
    ['\\s', 'a\tb', false],
    ['a\\tb', 'a\tb', true],
    ['\\p', 'a(b', true],
    ['\\p', 'a/b', false],
    ['^\\D+$', 'abc', true],
    ['^\\W+$', ' /', true],
    ['^\\S+$', 'a b', false],
    ['\\\\services.exe', 'C:\\services.exe', true],
    ['services.exe', 'servicesXexe', false],
    ['a+', 'aaa', false],
    ['a+', 'a+', true],
    ['[ab]', 'a', false],
    ['x{2}', 'x{2}', true],
    ['one|two$', 'has two', true],
    ['one|^two', 'has two', false],
    ['a\\|b', 'a|b', true],
    ['a$b', 'a$b', true],
    ['5\\$', '5$', true],
    ['(\\d+)', 'a1', true],
    ['\\(x\\)', '(x)', true],
    ['UPPER', 'upper', true],
    ['x\\<y', 'x<y', true],
  ])('%s on %s', (pattern, value, expected) => {
    expect(holds(toPattern('osregex', pattern), value)).toBe(expected);
  });

  it.each(['\\q', '(a(b))', '(a|b)', '(a', 'a)', 'a\\'])('refuses %s', (pattern) => {
    expect(toPattern('osregex', pattern).compile().state).toBe('refused');
  });

  it('captures as little as it can, and all at the end', () => {
    const compilation = toPattern('osregex', '^(\\S+) (\\.+) to (\\.+)').compile();
    const match = compilation.state === 'ready' ? compilation.match('a b to c to d') : null;
    expect(match).toEqual({ end: 13, captures: ['a', 'b', 'c to d'] });
  });
});

describe('PCRE2', () => {
  it.each([
    ['(?i)\\\\powershell\\.exe', 'C:\\PowerShell.EXE', true],
    ['\\\\powershell', 'C:\\PowerShell', false],
    ['^(?:a|b)$', 'b', true],
    ['^3389$', '3389\n', true],
    ['^3389\\z', '3389\n', false],
    ['\\Aab', 'cab', false],
    ['a.b', 'a\nb', false],
    ['(?s)a.b', 'a\nb', true],
    ['a.b', 'a\rb', true],
    ['(?im)^x$', 'a\nX\nb', true],
    ['[]x]+$', 'a]', true],
    ['[[:digit:]]{2}', 'a12', true],
    ['[^[:space:]]', ' ', false],
    ['(?P<n>a)\\k<n>', 'aa', true],
    ['\\x{41}', 'A', true],
    ['(*UTF)\\N{U+202E}', 'x\u202Ey', true],
    ['x\\h+y', 'x \ty', true],
    ['(?i)(?:^|\\.)(?:sazoya\\.com)$', 'www.SAZOYA.com', true],
    ['(?i)(?:^|\\.)(?:sazoya\\.com)$', 'notsazoya.com', false],
    ['SHA256=38(?:0[0-9A-F]|1)', 'MD5=1,SHA256=3802', true],
  ])('%s on %j', (pattern, value, expected) => {
    expect(holds(toPattern('pcre2', pattern), value)).toBe(expected);
  });

  it.each([
    ...['a(', '[a', '*a', 'a\\', '(?<n>a)(?<n>b)'],
    // What asserts a place cannot be repeated, as Debian's pcre2test says too.
    ...['a$+', 'a$*b', '$?', '^{2}a', '^+a', '\\b+a', 'a\\Z*', 'a\\z?', '\\A+a', '(?m)a$+'],
  ])('refuses %s', (pattern) => {
    expect(toPattern('pcre2', pattern).compile().state).toBe('refused');
  });

  it.each(['(?>a)b', 'a++', '(?|a|b)', '(?i:a)b', '\\Qa.b\\E', '(?x) a', 'a(?R)?', '[[:cntrl:]]'])(
    'says that it cannot run %s, and whether it holds stays open',
    (text) => {
      const pattern = toPattern('pcre2', text);
      expect(pattern.compile().state).toBe('unsupported');
      expect(holds(pattern, 'ab')).toBeUndefined();
    },
  );
});

it.each<[PatternType, string]>([
  ['osmatch', 'x'],
  ['osregex', '^x'],
  ['pcre2', 'x$'],
  ['string', 'x'],
])('%s can be negated', (type, text) => {
  expect(holds(toPattern(type, text), 'x')).toBe(true);
  expect(holds(toPattern(type, text, true), 'x')).toBe(false);
  expect(holds(toPattern(type, text, true), 'y')).toBe(true);
});
