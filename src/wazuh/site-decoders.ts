import { readRulesetOrUsual } from './effective-ruleset.ts';
import type { SiteDecoder } from './rule-files.ts';
import { decodeLog } from './ruleset/decode.ts';
import { loadRuleset } from './ruleset/load-ruleset.ts';

/** The beginning of every line that Sysmon for Linux writes, with one field. */
const line =
  'Nov 20 10:00:00 host sysmon: <Event><System><Provider Name="Linux-Sysmon" ' +
  'Guid="{ff032593-a8d3-4f13-b0d6-01fc615a0f97}"/><EventID>3</EventID><Version>5</Version>' +
  '<Channel>Linux-Sysmon/Operational</Channel></System>' +
  '<EventData><Data Name="DestinationIp">192.0.2.1</Data></EventData></Event>';

const channelField = 'system.channel';

/**
 * The decoder of this manager, stock or the site's own, that takes the lines of Sysmon for Linux. The first one that does
 * takes them all, so a second one would never see a line, or silence the first: ours joins the chain of its children. A
 * line is tried, since what a decoder says of programs is not enough: several stock ones take any program and then compare
 * the text.
 * @param home the Wazuh home; one that is not there has no decoders.
 * @returns null: there is none.
 */
export function findSysmonDecoder(home: string): SiteDecoder | null {
  const { decoders } = readRulesetOrUsual(home);
  const { ruleset } = loadRuleset({ rules: [], decoders: decoders.filter(({ ours }) => !ours) });
  const { decoder: parent, fields } = decodeLog(ruleset, { location: '/var/log/syslog', line });
  if (parent === '') return null;
  const child = ruleset.decoders.find((decoder) => decoder.parent === parent)?.name;
  // A parent alone has no chain: a child of any name is its first.
  return { parent, child: child ?? `${parent}-opencti`, hasChannel: fields[channelField] !== undefined };
}
