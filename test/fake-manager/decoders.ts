import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Decoders of firewalls as the stock ruleset has them, for the rows of firewalls that start by themselves. */
export function addFirewallDecoders(home: string): void {
  writeFileSync(
    join(home, 'etc/decoders/firewalls.xml'),
    `<decoder name="fortigate-firewall-v5">
  <prematch type="pcre2">^date=\\S+ time=\\S+ devname=</prematch>
  <regex type="pcre2">srcip=(\\S+) .*dstip=(\\S+) .*action="(\\w+)"</regex>
  <order>srcip, dstip, action</order>
</decoder>
<decoder name="junos-rt-flow">
  <program_name>^junos-flow</program_name>
  <regex type="pcre2">source-address="([^"]+)" .*destination-address="([^"]+)"</regex>
  <order>srcip, dstip</order>
</decoder>
`,
  );
}
