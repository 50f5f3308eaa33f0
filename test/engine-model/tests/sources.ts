import { readStandIns } from '../../support/stock-ruleset/stand-ins.ts';
import type { ListReader } from '../list-reader.ts';
import { type LoadedRuleset, loadRuleset } from '../load-ruleset.ts';
import type { RuleEvent } from '../rule-event.ts';

/** A base rule, which is the parent of the rules of a test. */
export const base =
  '<rule id="1" level="0" noalert="1"><category>syslog</category><description>base</description></rule>';

export function wrap(rules: string, groups = 'test,'): string {
  return `<group name="${groups}">\n${rules}\n</group>`;
}

type Lists = Readonly<Record<string, ListReader | null>>;

/** Loads rules as one of the project's own files, after the base rule. */
export function loadOwn(rules: string, lists: Lists = {}): LoadedRuleset {
  return loadRuleset({
    rules: [
      { name: 'rules/0-base.xml', text: wrap(base) },
      { name: 'rules/zz-own.xml', text: wrap(rules), ours: true },
    ],
    lists: new Map(Object.entries(lists)),
  });
}

/** Loads files of the project beside the stand-ins for the stock ruleset. */
export function loadBesideStock(files: Readonly<Record<string, string>>, lists: Lists = {}): LoadedRuleset {
  const stock = readStandIns();
  const own = Object.entries(files).map(([name, text]) => ({ name, text, ours: true }));
  return loadRuleset({
    ...stock,
    rules: [...stock.rules, ...own],
    lists: new Map([...stock.lists, ...Object.entries(lists)]),
  });
}

export function logEvent(fields: Readonly<Record<string, string>>): RuleEvent {
  return { decoder: 'json', fields };
}

export function sysmonEvent(eventId: number, eventdata: Readonly<Record<string, string>>): RuleEvent {
  const fields: Record<string, string> = {
    'win.system.providerName': 'Microsoft-Windows-Sysmon',
    'win.system.channel': 'Microsoft-Windows-Sysmon/Operational',
    'win.system.severityValue': 'INFORMATION',
    'win.system.eventID': String(eventId),
  };
  for (const [name, value] of Object.entries(eventdata)) fields[`win.eventdata.${name}`] = value;
  return { decoder: 'windows_eventchannel', fields };
}
