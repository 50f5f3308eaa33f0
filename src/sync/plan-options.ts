import type { Plan, PlanOptions } from '../compile/plan.ts';
import type { Config } from '../config/schema.ts';
import type { PlannedFile } from '../files/write.ts';
import type { LinuxDecoder } from '../wazuh/rules.ts';
import { findSysmonDecoder } from '../wazuh/site-decoders.ts';

/**
 * Returns the options of the plan from the configuration; the decoder for Sysmon for Linux depends on the decoders of
 * this machine's manager.
 */
export function toPlanOptions({ rules, gates, integration, wazuh }: Config): PlanOptions {
  const linuxDecoder: LinuxDecoder =
    rules.linuxDecoder === 'off' ? 'none' : (findSysmonDecoder(wazuh.home) ?? 'own');
  return {
    rules: {
      blocks: rules.blocks,
      level: rules.level,
      linuxDecoder,
      withoutMail: integration.mail === 'once',
    },
    gates,
  };
}

/** Returns the files of a plan for a manager, with paths below its `etc`. */
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
