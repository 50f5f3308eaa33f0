import { dnsDecoderFile, namedDecoderFile, type RuleFile } from './ours.ts';
import { renderTemplate } from './template.ts';

/** Names of decoders of ours that `<decoded_as>` may take while `rules.dns_decoders` is on. */
export const ownDnsDecoders = ['opencti-named', 'opencti-dnsmasq'] as const;

/**
 * Returns the decoders of DNS queries, for `etc/decoders`: they fill `srcip` with the client and `url` with the name in
 * the query, as written. They take only queries, and of these only names with letters, digits, `-` and `_`: no list
 * holds any other name.
 *
 * There are two files, since the engine tries decoders in the order of the file names (Wazuh 4.14.7). The first one
 * joins the stock decoder `named` and has to load before it. The second one has decoders of its own, and loads last: if
 * it loaded first, it would take the queries from a decoder of the site for dnsmasq, and from the site's rules below
 * that decoder.
 */
export function renderDnsDecoders(): RuleFile[] {
  return [
    {
      path: `decoders/${namedDecoderFile}`,
      text: renderTemplate(namedDecoderFile, { named: toPatterns(namedQuery(afterNamed)) }),
    },
    {
      path: `decoders/${dnsDecoderFile}`,
      text: renderTemplate(dnsDecoderFile, {
        namedFile: toPatterns(namedQuery(afterAnything)),
        dnsmasq: toPatterns(dnsmasqQuery('')),
        dnsmasqFile: toPatterns(dnsmasqQuery(dnsmasqTag)),
      }),
    },
  ];
}

/** The parts of a pattern for the two fields. */
interface Parts {
  readonly name: string;
  readonly address: string;
}

type Query = (parts: Parts) => string;

const name = '[\\w-]+(?:\\.[\\w-]+)*';
/** The address of a client; a zone may follow it in the same network: `fe80::1%2`. */
const address = '[\\dA-Fa-f.:]+(?:%\\w+)?';

/**
 * Returns a decoder with the pattern twice, since the engine selects an event by `prematch`, and fills fields by
 * `regex`.
 */
function toPatterns(query: Query) {
  return { prematch: query({ name, address }), regex: query({ name: `(${name})`, address: `(${address})` }) };
}

/**
 * The time, category, module and severity, which `named.conf` may switch on, and the word `client` with a memory
 * address.
 */
const afterNamed = '(?:[\\w.:+/-]+ ){0,5}?client (?:@\\w+ )?';
/**
 * The same text in a file, also after the header of RFC 5424. The engine recognizes an ISO time stamp by its length,
 * and takes the word `client` as a part of it (Wazuh 4.14.7).
 */
const afterAnything = '(?:\\S+ ){0,16}?';

/**
 * BIND, `ns_client_logv` of 9.11 to 9.21: address and port, the TSIG key, the name of the first query in parentheses, the
 * view, the query with class, type and flags. A name has no blanks there: they are `\032`.
 */
function namedQuery(before: string): Query {
  return (part) =>
    `^${before}${part.address}#\\d+(?:/key \\S+)?(?: \\(\\S+\\))?: (?:view \\S.*?: )?query: ${part.name} IN \\S+ [+-]`;
}

/**
 * Without a program name the tag is a part of the log, or the part that remains after the engine has read a time stamp.
 */
const dnsmasqTag = '(?:\\S+ ){0,4}?d?n?s?m?a?s?q(?:(?:\\[\\d+\\])?:| \\d+ - -) ';

/**
 * dnsmasq, `_log_query` of 2.92, and Pi-hole: with `log-queries=extra` a number and the address with the port precede
 * the query, with `log-queries=proto` also the protocol. A name may hold blanks there, and so the words of another
 * query: only a pattern for the whole line reads the right one.
 */
function dnsmasqQuery(before: string): Query {
  return (part) =>
    `^${before}(?:(?:UDP |TCP )?\\d+ (?:\\S+/\\d+ )?)?(?:query|auth)\\[[^\\]]+\\] ${part.name} from ${part.address}$`;
}
