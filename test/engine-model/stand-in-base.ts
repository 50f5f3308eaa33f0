import type { RulesetFile } from './load-ruleset.ts';

/** The category templates of the engine, by their ids (0010-rules_config.xml, Wazuh 4.2 to 4.14.7). */
const templates = {
  1: 'syslog',
  2: 'firewall',
  3: 'ids',
  4: 'web-log',
  5: 'squid',
  6: 'windows',
  7: 'ossec',
} as const;

/** The least ruleset that our files can hang under where the manager's own is not at hand. */
export const templatesFile: RulesetFile = {
  name: '0010-rules_config.xml',
  text: `<group name="templates,">\n${Object.entries(templates).map(renderTemplate).join('\n')}\n</group>\n`,
};

function renderTemplate([id, category]: readonly [string, string]): string {
  return `<rule id="${id}" level="0" noalert="1"><category>${category}</category><description>stand-in</description></rule>`;
}
