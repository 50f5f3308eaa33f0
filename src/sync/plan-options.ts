import type { Plan, PlanOptions } from '../compile/plan.ts';
import type { Config } from '../config/schema.ts';
import type { PlannedFile } from '../files/write.ts';
import { builtInDecoders, findDecoderNames } from '../wazuh/decoder-names.ts';
import { ownDnsDecoders } from '../wazuh/dns-decoders.ts';
import { allFields, type EventField, toActiveFields, toCustomFields } from '../wazuh/fields.ts';
import type { LinuxDecoder } from '../wazuh/rules.ts';
import { findSysmonDecoder } from '../wazuh/site-decoders.ts';

/** What the configuration says of the plan; the decoder for Sysmon for Linux depends on those of this machine's manager. */
export function toPlanOptions(config: Config, decoders = findOwnDecoders(config)): PlanOptions {
  const { rules, gates, integration, wazuh } = config;
  const linuxDecoder: LinuxDecoder =
    rules.linuxDecoder === 'off' ? 'none' : (findSysmonDecoder(wazuh.home) ?? 'own');
  return {
    rules: {
      fields: toFields(config, decoders),
      blocks: rules.blocks,
      level: rules.level,
      linuxDecoder,
      dnsDecoders: rules.dnsDecoders,
      withoutMail: integration.mail === 'once',
    },
    gates,
  };
}

/** The fields that the rules of this machine's manager look up. */
export function toOwnFields(config: Config): EventField[] {
  return toFields(config, findOwnDecoders(config));
}

/** The lists that they read. */
export function toOwnLists(config: Config): string[] {
  return toOwnFields(config).flatMap(({ list }) => (list === null ? [] : [list]));
}

/** Without a manager that can be read: the decoders that every engine has. */
function findOwnDecoders({ wazuh }: Config): ReadonlySet<string> {
  return findDecoderNames(wazuh.home) ?? builtInDecoders;
}

/** @param decoders those that a manager has, without ours. */
function toFields({ sources, customFields, rules }: Config, decoders: ReadonlySet<string>): EventField[] {
  const own = rules.dnsDecoders ? ownDnsDecoders : [];
  return toActiveFields([...allFields, ...toCustomFields(customFields)], {
    switches: sources,
    decoders: new Set([...decoders, ...own]),
  });
}

/** The files of a plan that a manager has, below its `etc`. */
export function* toPlannedFiles({ lists, networkMap, ruleFiles }: Plan): Generator<PlannedFile> {
  for (const { name, lines } of [...lists, networkMap]) yield { path: `lists/${name}`, lines };
  for (const { path, text } of ruleFiles) yield { path, lines: toLines(text) };
}

/** The file is for a person; the manager has no such file. */
export function toSnippetFile({ snippet }: Plan): PlannedFile {
  return { path: 'ossec.conf.snippet', lines: toLines(snippet) };
}

function toLines(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}
