#!/bin/sh
# What a careful engineer writes in an afternoon: one curl and one jq pass a page, then `sort -u` a list.
# No patterns but equalities, no dead indicators, no addresses checked, no gates.
# usage: pipeline.sh <url> <page size> <folder>
set -eu
url=$1 size=$2 folder=$3
export LC_ALL=C
mkdir -p "$folder"

observables='query Observables($first: Int, $after: ID, $types: [String]) { stixCyberObservables(first: $first, after: $after, types: $types, orderBy: created_at, orderMode: asc) { pageInfo { endCursor globalCount } edges { node { id entity_type x_opencti_score ... on StixFile { hashes { algorithm hash } } ... on Artifact { hashes { algorithm hash } } ... on IPv4Addr { value } ... on IPv6Addr { value } ... on DomainName { value } ... on Hostname { value } } } } }'
indicators='query Indicators($first: Int, $after: ID) { indicators(first: $first, after: $after, orderBy: created_at, orderMode: asc) { pageInfo { endCursor globalCount } edges { node { id pattern_type pattern revoked valid_from valid_until x_opencti_score } } } }'

# Rows to lines `<list> <key>:<id>`; the last line is the cursor.
to_lines='
def hash($id): (.algorithm | gsub("-"; "")) as $name
  | "h \($name)=\(.hash // "" | ascii_upcase):\($id)", "\($name) \(.hash // "" | ascii_downcase):\($id)";
def values: .id as $id
  | if .hashes then (.hashes[] | hash($id))
    elif .entity_type == "IPv6-Addr" then "a \"\(.value)\":\($id)"
    elif .entity_type == "IPv4-Addr" then "a \(.value):\($id)"
    elif .value then "n \(.value | ascii_downcase):\($id)"
    else empty end;
def claims: .id as $id
  | (.pattern // "") | scan("(file|domain-name|hostname|ipv4-addr|ipv6-addr):(?:value|hashes\\.\u0027?([A-Za-z0-9-]+)\u0027?) = \u0027([^\u0027]+)\u0027")
  | if .[0] == "file" then ({ algorithm: .[1], hash: .[2] } | hash($id))
    elif .[0] == "ipv6-addr" then "a \"\(.[2])\":\($id)"
    elif .[0] == "ipv4-addr" then "a \(.[2]):\($id)"
    else "n \(.[2] | ascii_downcase):\($id)" end;
.data | (.stixCyberObservables // .indicators)
| (.edges[].node | select((.x_opencti_score // 0) >= 50 and .revoked != true) | values, claims),
  "cursor \(.pageInfo.endCursor)"
'

read_all() {
  after=null
  while :; do
    curl -sS --fail -H 'content-type: application/json' -H 'authorization: Bearer bench' \
      --data-binary @- "$url/graphql" >"$folder/page.json" <<END
{"query": "$1", "variables": {"first": $size, "after": $after, "types": ["StixFile", "Artifact", "IPv4-Addr", "IPv6-Addr", "Domain-Name", "Hostname"]}}
END
    jq -r "$to_lines" "$folder/page.json" >"$folder/page.lines"
    cursor=$(tail -n 1 "$folder/page.lines")
    cursor=${cursor#cursor }
    [ -n "$cursor" ] || return 0
    cat "$folder/page.lines" >>"$folder/lines"
    after="\"$cursor\""
  done
}

: >"$folder/lines"
read_all "$observables"
read_all "$indicators"

# Of two lines with one key the first one stays.
to_list() {
  sed -n "s/^$1 //p" "$folder/lines" | sort -u -t: -k1,1 >"$folder/$2"
}
to_list h win-hashes
cp "$folder/win-hashes" "$folder/win-hash"
cp "$folder/win-hashes" "$folder/linux-hashes"
to_list n win-query-name
# IPv6 keys hold colons.
sed -n 's/^a //p' "$folder/lines" | sort -u >"$folder/win-destination-ip"
cp "$folder/win-destination-ip" "$folder/linux-destination-ip"
to_list SHA256 fim-sha256
to_list SHA1 fim-sha1
to_list MD5 fim-md5
