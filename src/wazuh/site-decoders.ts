import { readRulesetOrUsual } from './effective-ruleset.ts';
import { decodeLog } from './ruleset/decode.ts';
import { loadRuleset } from './ruleset/load-ruleset.ts';

/** The beginning of every line that Sysmon for Linux writes, with one field. */
const line =
  'Nov 20 10:00:00 host sysmon: <Event><System><Provider Name="Linux-Sysmon" ' +
  'Guid="{ff032593-a8d3-4f13-b0d6-01fc615a0f97}"/><EventID>3</EventID><Version>5</Version></System>' +
  '<EventData><Data Name="DestinationIp">192.0.2.1</Data></EventData></Event>';

/**
 * Does a decoder of this manager, stock or the site's own, take the lines of Sysmon for Linux? The first one that
 * does takes them all, so a second one would never see a line, or silence the first. A line is tried, since what a
 * decoder says of programs is not enough: several stock ones take any program and then compare the text.
 * @param home the Wazuh home; one that is not there has no decoders.
 */
export function hasSysmonDecoder(home: string): boolean {
  const { decoders } = readRulesetOrUsual(home);
  const { ruleset } = loadRuleset({ rules: [], decoders: decoders.filter(({ ours }) => !ours) });
  return decodeLog(ruleset, { location: '/var/log/syslog', line }).decoder !== '';
}
