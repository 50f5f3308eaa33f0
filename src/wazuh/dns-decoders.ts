import type { RuleFile } from './rules.ts';
import { renderTemplate } from './template.ts';

const namedDecoderFile = '0154-opencti-dns-decoders.xml';
const dnsDecoderFile = 'zzzz-opencti-dns-decoders.xml';

/**
 * The decoders of DNS queries, for `etc/decoders`: they fill `srcip` with the client and `url` with the name as it was
 * asked for. Only queries are taken, and of them only names of letters, digits, `-` and `_`: no list holds another name.
 *
 * Two files, since the engine asks decoders in the order of the file names (Wazuh 4.14.7). The first one joins the stock
 * decoder `named` and has to load before it. The second one has decoders of its own, and loads last: were it the first, it
 * would take the queries from a decoder that the site has for dnsmasq, and from the rules of the site below that one.
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

/** What a pattern looks for at the places of the two fields. */
interface Parts {
  readonly name: string;
  readonly address: string;
}

type Query = (parts: Parts) => string;

const name = '[\\w-]+(?:\\.[\\w-]+)*';
/** A zone may follow the address of a client in the same network: `fe80::1%2`. */
const address = '[\\dA-Fa-f.:]+(?:%\\w+)?';

/** The pattern twice, since the engine takes an event by `prematch`, and fills fields by `regex`. */
function toPatterns(query: Query) {
  return { prematch: query({ name, address }), regex: query({ name: `(${name})`, address: `(${address})` }) };
}

/** Time, category, module and severity, which `named.conf` may ask for, and the word `client` with an address of memory. */
const afterNamed = '(?:[\\w.:+/-]+ ){0,5}?client (?:@\\w+ )?';
/**
 * The same in a file, also below the header of RFC 5424. The engine takes an ISO time stamp by its length, and the word
 * `client` with it (Wazuh 4.14.7).
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

/** Without a program name the tag is a part of the log, or what the engine's reading of a time stamp leaves of it. */
const dnsmasqTag = '(?:\\S+ ){0,4}?d?n?s?m?a?s?q(?:(?:\\[\\d+\\])?:| \\d+ - -) ';

/**
 * dnsmasq, `_log_query` of 2.92, and Pi-hole: with `log-queries=extra` a number and the address with the port before the
 * query, with `log-queries=proto` the protocol, too. A name may hold blanks there, and so the words of another query: only a
 * pattern for the whole line reads the right one.
 */
function dnsmasqQuery(before: string): Query {
  return (part) =>
    `^${before}(?:(?:UDP |TCP )?\\d+ (?:\\S+/\\d+ )?)?(?:query|auth)\\[[^\\]]+\\] ${part.name} from ${part.address}$`;
}
