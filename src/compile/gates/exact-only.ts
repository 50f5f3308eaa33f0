import { getPublicSuffix } from 'tldts';
import { popularNames } from './popular-names.ts';

/** Says of a name whether its subdomains are other people's. */
export type ExactOnly = (name: string) => boolean;

/**
 * A name whose subdomains must not match: a public suffix, its private part included (`github.io`, where anyone
 * has a name of his own), one of the very popular names of `popular-names.ts`, or one that the site named.
 * Names are lower case, as checked values are.
 */
export function toExactOnly(siteNames: Iterable<string> = []): ExactOnly {
  const listed = new Set([...popularNames, ...siteNames]);
  return (name) => listed.has(name) || getPublicSuffix(name, { allowPrivateDomains: true }) === name;
}
