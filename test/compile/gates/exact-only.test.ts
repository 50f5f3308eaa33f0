import { describe, expect, it } from 'vitest';
import { toExactOnly } from '../../../src/compile/gates/names.ts';
import { popularNames } from '../../../src/compile/gates/popular-names.ts';

describe('a name whose subdomains are other people’s', () => {
  const isExactOnly = toExactOnly(['shared.example.net']);

  it.each([
    ['co.uk', 'a public suffix'],
    ['github.io', 'the private part of the list'],
    ['duckdns.org', 'the private part of the list'],
    ['blogspot.com', 'the private part of the list'],
    ['s3.amazonaws.com', 'the private part of the list'],
    ['workers.dev', 'the private part of the list'],
    ['google.com', 'very popular'],
    ['api.telegram.org', 'very popular'],
    ['onedrive.live.com', 'very popular'],
    ['raw.githubusercontent.com', 'very popular'],
    ['trycloudflare.com', 'very popular'],
    ['shared.example.net', 'named by the site'],
  ])('%s: %s', (name) => {
    expect(isExactOnly(name)).toBe(true);
  });

  it.each([
    'evil.com',
    'mine.github.io',
    'evil.co.uk',
    'notgoogle.com',
    'x.shared.example.net',
    'bad.duckdns.org',
  ])('not %s', (name) => {
    expect(isExactOnly(name)).toBe(false);
  });

  it('is named by the site only where the site says so', () => {
    expect(toExactOnly()('shared.example.net')).toBe(false);
  });
});

describe('the list of popular names', () => {
  it('has each name once, as a checked name is written', () => {
    expect(new Set(popularNames).size).toBe(popularNames.length);
    for (const name of popularNames) expect(name).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/);
    expect(popularNames.length).toBeGreaterThan(200);
  });
});
