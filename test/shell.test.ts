import { describe, expect, test } from 'vitest';
import { findEnvironmentProxy } from '../src/shell.ts';

const url = 'https://cti.example.org/graphql';

describe('the proxy of an environment', () => {
  test.each([
    ['none is named', {}, null],
    ['for this scheme', { HTTPS_PROXY: 'http://proxy:3128' }, 'http://proxy:3128'],
    ['for every scheme', { ALL_PROXY: 'http://proxy:3128' }, 'http://proxy:3128'],
    ['this scheme before every one', { ALL_PROXY: 'http://a', HTTPS_PROXY: 'http://b' }, 'http://b'],
    ['in lower case before upper case', { https_proxy: 'http://a', HTTPS_PROXY: 'http://b' }, 'http://a'],
    ['for another scheme', { HTTP_PROXY: 'http://proxy:3128' }, null],
    ['without a scheme of its own', { HTTPS_PROXY: 'proxy:3128' }, 'https://proxy:3128'],
    ['an empty one', { HTTPS_PROXY: '' }, null],
  ])('%s', (_, environment, expected) => {
    expect(findEnvironmentProxy(url, environment)).toBe(expected);
  });

  test.each([
    ['*', true],
    ['cti.example.org', true],
    ['CTI.Example.ORG', true],
    ['other.example, cti.example.org', true],
    ['other.example cti.example.org', true],
    ['cti.example.org:443', true],
    ['cti.example.org:8443', false],
    ['.example.org', true],
    ['.example.org:443', true],
    ['*.example.org', true],
    ['*example.org', true],
    ['example.org', false],
    ['.cti.example.org', false],
    ['other.example', false],
    [',, ', false],
  ])('NO_PROXY=%s leaves the host out: %s', (noProxy, isLeftOut) => {
    const environment = { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: noProxy };
    expect(findEnvironmentProxy(url, environment)).toBe(isLeftOut ? null : 'http://proxy:3128');
  });

  test('NO_PROXY names a port that is not the usual one, and an address in brackets', () => {
    const environment = { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '[2001:db8::1]:8443' };
    expect(findEnvironmentProxy('https://[2001:db8::1]:8443/', environment)).toBe(null);
    expect(findEnvironmentProxy('https://[2001:db8::1]/', environment)).toBe('http://proxy:3128');
  });

  test('what is no URL has none', () => {
    expect(findEnvironmentProxy('cti.example.org', { ALL_PROXY: 'http://proxy:3128' })).toBe(null);
  });
});
