import type { Content } from './content.ts';
import type { ObservableEntityType } from './objects.ts';

const objectTypes = {
  StixFile: 'file',
  Artifact: 'file',
  'IPv4-Addr': 'ipv4-addr',
  'IPv6-Addr': 'ipv6-addr',
  'Domain-Name': 'domain-name',
  Hostname: 'hostname',
  Url: 'url',
  'Email-Addr': 'email-addr',
  'Mac-Addr': 'mac-addr',
} as const satisfies Record<ObservableEntityType, string>;

/** The comparisons that an observable of this content fulfils. */
export function toComparisons(type: ObservableEntityType, content: Content): readonly string[] {
  if (!content.hashes) return [`${objectTypes[type]}:value = ${quote(content.value ?? '')}`];
  return content.hashes.map(
    ({ algorithm, hash }) => `file:hashes.${quoteStep(algorithm)} = ${quote(hash ?? '')}`,
  );
}

/** In a pattern only `\'` and `\\` are escapes. */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function quoteStep(algorithm: string): string {
  return /^\w+$/.test(algorithm) ? algorithm : `'${algorithm}'`;
}

/** Makes a pattern of comparisons that are fulfilled by one observable. */
type PatternForm = (comparisons: readonly string[]) => string;

/** The usual form: one observation that is an OR of equalities. */
export const plainPattern: PatternForm = (comparisons) => `[${comparisons.join(' OR ')}]`;

/** Every other form that indicators come in. */
export const patternForms = {
  'AND of all': (comparisons) => `[${comparisons.join(' AND ')}]`,
  'AND with another property': (comparisons) => `[${comparisons[0]} AND file:name = 'invoice.exe']`,
  'AND inside an OR': (comparisons) => `[(${comparisons[0]} AND network-traffic:dst_port = 443) OR ${other}]`,
  'OR with an unused object': (comparisons) => `[${plain(comparisons)} OR url:value = 'http://u.example/x']`,
  'observations joined by OR': (comparisons) => `[${plain(comparisons)}] OR [${other}]`,
  'observations joined by AND': (comparisons) => `[${plain(comparisons)}] AND [${other}]`,
  FOLLOWEDBY: (comparisons) => `[${plain(comparisons)}] FOLLOWEDBY [${other}]`,
  'OR with a sequence': (comparisons) => `[${plain(comparisons)}] OR ([${other}] FOLLOWEDBY [${other}])`,
  NOT: (comparisons) => `[${comparisons[0]?.replace(' = ', ' NOT = ')}]`,
  'not equal': (comparisons) => `[${comparisons[0]?.replace(' = ', ' != ')}]`,
  LIKE: () => "[domain-name:value LIKE '%.demo-dirt.com']",
  MATCHES: () => "[domain-name:value MATCHES '^[a-z]{12}\\\\.demo-dirt\\\\.com$']",
  IN: () => "[ipv4-addr:value IN ('185.220.101.9', '185.220.101.10')]",
  ISSUBSET: () => "[ipv4-addr:value ISSUBSET '185.220.101.0/24']",
  EXISTS: () => '[EXISTS file:hashes]',
  'START and STOP': (comparisons) =>
    `[${plain(comparisons)}] START t'2024-01-01T00:00:00Z' STOP t'2024-02-01T00:00:00Z'`,
  WITHIN: (comparisons) => `[${plain(comparisons)}] WITHIN 300 SECONDS`,
  REPEATS: (comparisons) => `[${plain(comparisons)}] REPEATS 5 TIMES`,
  escapes: () => "[domain-name:value = 'o\\'brien\\\\x.demo-dirt.com']",
  'parentheses and blanks': (comparisons) => `[ ( ${plain(comparisons)} ) ]`,
  'SHA-512 only': () => `[file:hashes.'SHA-512' = '${'7e'.repeat(64)}']`,
  'a mutex': () => "[mutex:name = 'Global\\\\demo']",
  broken: (comparisons) => `[${comparisons[0]}`,
  empty: () => '',
} as const satisfies Record<string, PatternForm>;

const other = "domain-name:value = 'other.demo-dirt.com'";

function plain(comparisons: readonly string[]): string {
  return comparisons.join(' OR ');
}

/** Indicators that are no STIX patterns. */
export const foreignPatterns = {
  yara: 'rule demo { strings: $a = "opencti sample payload" condition: $a }',
  sigma: 'title: demo\nlogsource:\n  product: windows\ndetection:\n  condition: selection',
  snort: 'alert tcp any any -> any 443 (msg:"demo"; sid:1000001;)',
} as const;
