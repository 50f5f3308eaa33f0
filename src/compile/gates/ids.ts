import type { AddressKind, HashKind } from '../../values/kinds.ts';
import { allFields, type EventField, type eventFields, mostCustomFields } from '../../wazuh/fields.ts';
import type { Node } from './grow.ts';

/** The ids that the gates may take, both ends included. */
export interface IdRange {
  readonly from: number;
  readonly to: number;
}

/**
 * How a gate gets its id, so that no gate changes the id of another one:
 *
 * - The range is cut into spans by the fixed table below, one for each field and kind of value, whatever is compiled. A new
 *   field takes its span from the reserve, so the spans before it do not change.
 * - Each gate has a place, a string of bits, that depends on the values that it matches and not on its neighbours.
 * - A hash gate has the id of its place, as a binary heap numbers them, as long as `2 ** (depth + 1)` places fit into the
 *   span. Hashes are spread evenly, so that is true for all of them (4,096 ids, 11 bits, up to four million hashes).
 * - For every other gate a hash of its place gives an id in the span, and the gate takes the next free one. Gates nearer to
 *   the root choose first, so that the parts of a leaf that was split, which are further away, do not change the ids that
 *   are there. A new gate can change the id of a gate of its own depth only when both hash to the same ids.
 */
const shares = {
  'win_hashes/sha256': 4_608,
  'win_hashes/sha1': 4_608,
  'win_hashes/md5': 4_608,
  'win_stream/sha256': 4_608,
  'win_stream/sha1': 4_608,
  'win_stream/md5': 4_608,
  'win_query/name': 16_000,
  'win_address/ipv4': 2_000,
  'win_address/ipv6': 2_000,
  'linux_address/ipv4': 2_000,
  'linux_address/ipv6': 2_000,
  'suricata_dns_name/name': 900,
  'suricata_dns_queries/name': 900,
  'suricata_http_host/name': 900,
  'suricata_tls_sni/name': 900,
  'win_dns_server/name': 900,
  'query_url/name': 4_500,
  'squid_host/name': 4_500,
  'guardduty_name/name': 900,
  'gcp_query/name': 900,
  'zeek_query/name': 900,
  'zeek_host/name': 900,
  'zeek_server/name': 900,
  'srcip/ipv4': 600,
  'srcip/ipv6': 300,
  'dstip/ipv4': 600,
  'dstip/ipv6': 300,
  'src_ip/ipv4': 600,
  'src_ip/ipv6': 300,
  'dest_ip/ipv4': 600,
  'dest_ip/ipv6': 300,
  'dst_ip/ipv4': 600,
  'dst_ip/ipv6': 300,
  'win_logon/ipv4': 600,
  'win_logon/ipv6': 300,
  'win_filter/ipv4': 600,
  'win_filter/ipv6': 300,
  'win_source/ipv4': 150,
  'win_source/ipv6': 90,
  'pan_source/ipv4': 150,
  'pan_source/ipv6': 90,
  'pan_destination/ipv4': 150,
  'pan_destination/ipv6': 90,
  'checkpoint_source/ipv4': 150,
  'checkpoint_source/ipv6': 90,
  'checkpoint_destination/ipv4': 150,
  'checkpoint_destination/ipv6': 90,
  'fortigate_peer/ipv4': 150,
  'fortigate_peer/ipv6': 90,
  'win_rdp_data/ipv4': 150,
  'win_rdp_data/ipv6': 90,
  'win_rdp_xml/ipv4': 150,
  'win_rdp_xml/ipv6': 90,
  'win_rcm_data/ipv4': 150,
  'win_rcm_data/ipv6': 90,
  'win_rcm_xml/ipv4': 150,
  'win_rcm_xml/ipv6': 90,
  'port_remote/ipv4': 150,
  'port_remote/ipv6': 90,
  'aws_source/ipv4': 150,
  'aws_source/ipv6': 90,
  'guardduty_remote/ipv4': 150,
  'guardduty_remote/ipv6': 90,
  'guardduty_caller/ipv4': 150,
  'guardduty_caller/ipv6': 90,
  'vpc_destination/ipv4': 150,
  'vpc_destination/ipv6': 90,
  'vpc_source/ipv4': 150,
  'vpc_source/ipv6': 90,
  'alb_client/ipv4': 150,
  'alb_client/ipv6': 90,
  'waf_client/ipv4': 150,
  'waf_client/ipv6': 90,
  'lake_source/ipv4': 150,
  'lake_source/ipv6': 90,
  'lake_destination/ipv4': 150,
  'lake_destination/ipv6': 90,
  'o365_client/ipv4': 150,
  'o365_client/ipv6': 90,
  'o365_address/ipv4': 150,
  'o365_address/ipv6': 90,
  'o365_actor/ipv4': 150,
  'o365_actor/ipv6': 90,
  'ms_graph_address/ipv4': 150,
  'ms_graph_address/ipv6': 90,
  'azure_address/ipv4': 150,
  'azure_address/ipv6': 90,
  'azure_caller/ipv4': 150,
  'azure_caller/ipv6': 90,
  'gcp_destination/ipv4': 150,
  'gcp_destination/ipv6': 90,
  'gcp_source/ipv4': 150,
  'gcp_source/ipv6': 90,
  'gcp_caller/ipv4': 150,
  'gcp_caller/ipv6': 90,
  'github_actor/ipv4': 150,
  'github_actor/ipv6': 90,
  'cloudflare_client/ipv4': 150,
  'cloudflare_client/ipv6': 90,
  'zeek_origin/ipv4': 150,
  'zeek_origin/ipv6': 90,
  'zeek_responder/ipv4': 150,
  'zeek_responder/ipv6': 90,
  'osquery_remote/ipv4': 150,
  'osquery_remote/ipv6': 90,
  'falco_server/ipv4': 150,
  'falco_server/ipv6': 90,
  ...customShares(),
  reserve: 452,
} as const;

export type SpanName = Exclude<keyof typeof shares, 'reserve'>;
export type GateKind = HashKind | AddressKind | 'name';

const allShares = Object.values(shares).reduce((sum: number, share) => sum + share, 0);

/** The fields that have pattern gates: their lists cannot have every spelling. */
export type GateField =
  | Extract<(typeof eventFields)[number], { readonly patterns: string }>['key']
  | CustomKey;
type CustomKey = `custom_${string}`;

/** All of them, in the order of the table. */
export const gateFields: readonly GateField[] = allFields.filter(isGateField).map(({ key }) => key);

function isGateField<Field extends EventField>(field: Field): field is Field & { readonly key: GateField } {
  return field.patterns !== null;
}

/** Fields of a site have room for few values. */
function customShares(): Record<`${CustomKey}/${GateKind}`, number> {
  const places = Array.from({ length: mostCustomFields }, (_, index) => String(index + 1).padStart(2, '0'));
  return Object.fromEntries(
    places.flatMap((place) => [
      [`custom_${place}/name`, 100],
      [`custom_${place}/ipv4`, 100],
      [`custom_${place}/ipv6`, 60],
    ]),
  );
}

export interface Span {
  readonly first: number;
  readonly size: number;
}

export function toSpan(range: IdRange, name: SpanName): Span {
  const size = range.to - range.from + 1;
  const names = Object.keys(shares) as SpanName[];
  const before = names.slice(0, names.indexOf(name)).reduce((sum, other) => sum + shares[other], 0);
  const toOffset = (share: number): number => Math.floor((size * share) / allShares);
  const first = toOffset(before);
  return { first: range.from + first, size: toOffset(before + shares[name]) - first };
}

export function toSpanName(field: string, kind: GateKind): SpanName | undefined {
  const name = `${field}/${kind}`;
  return name in shares ? (name as SpanName) : undefined;
}

const placeOf = (node: Node): string => `${node.depth}/${node.symbols}/${node.partial}`;

/** Returns the FNV-1a hash of 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}

/** Returns the number of a place in a tree of hex digits, where the root has 1; undefined when it is too deep. */
function heapIndex(node: Node, places: number): number | undefined {
  if (2 ** (node.depth + 1) > places) return undefined;
  const digits = node.symbols === '' ? 0 : Number.parseInt(node.symbols, 16);
  return 2 ** node.depth + digits * 2 ** (node.depth % 4) + node.partial;
}

const byDepthThenPlace = (a: readonly [Node, string], b: readonly [Node, string]): number =>
  a[0].depth - b[0].depth || (a[1] < b[1] ? -1 : 1);

/** Returns offsets in the span for the nodes without a number of their own. */
function probe(nodes: readonly Node[], first: number, size: number): Map<Node, number> {
  const places = nodes.map((node): [Node, string] => [node, placeOf(node)]).sort(byDepthThenPlace);
  const taken = new Set<number>();
  const offsets = new Map<Node, number>();
  for (const [node, place] of places) {
    let offset = hashText(place) % size;
    while (taken.has(offset)) offset = (offset + 1) % size;
    taken.add(offset);
    offsets.set(node, first + offset);
  }
  return offsets;
}

function toOffset(node: Node, offset: number | undefined): number {
  if (offset === undefined) throw new Error(`no id for the gate at ${placeOf(node)}`);
  return offset;
}

/** Returns an id for each node; null when the span is too small. @param hashes whether the places are hex digits. */
export function assignIds(nodes: readonly Node[], span: Span, hashes: boolean): number[] | null {
  const places = hashes ? 2 ** Math.floor(Math.log2(Math.max(span.size, 1))) : 0;
  const deep = nodes.filter((node) => heapIndex(node, places) === undefined);
  if (deep.length > span.size - places) return null;
  const offsets = probe(deep, places, span.size - places);
  return nodes.map((node) => span.first + toOffset(node, heapIndex(node, places) ?? offsets.get(node)));
}
