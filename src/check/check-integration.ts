import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readNativePiece } from '../install/native-piece.ts';
import { formatSettings } from '../integration/settings.ts';
import { packageRoot } from '../package-root.ts';
import { integrationName, matchGroup } from '../wazuh/ossec-conf/our-blocks.ts';
import { lastText } from '../wazuh/ossec-conf/read-ossec-conf.ts';
import { type CheckLine, fail, orOk, warn } from './line.ts';
import { findBarrier } from './reach.ts';
import { findWriter, formatMode, readText, type Site, statOf } from './site.ts';

const install = 'run opencti-wazuh install';
const restart = 'restart the manager';

/** Options of a block beside its groups that choose alerts (Wazuh 4.14.7). */
const narrowing = ['level', 'rule_id', 'event_location'] as const;

/** The block of `ossec.conf`. */
export function checkBlock({ conf }: Site): readonly CheckLine[] {
  const blocks = conf.integrations.filter(({ name }) => name === integrationName);
  const [block] = blocks;
  if (block === undefined)
    return [
      fail(
        'integration',
        `ossec.conf has no <integration> named ${integrationName}`,
        `${install}, then ${restart}`,
      ),
    ];
  const findings = blocks.flatMap((each) => {
    const { groups, alertFormat, element } = each;
    const at = `ossec.conf:${conf.lineOf(element)}: the <integration>`;
    return [
      ...(groups === matchGroup
        ? []
        : [
            fail(
              'integration',
              `${at} takes the groups ${groups ?? '(none)'}, not ${matchGroup}`,
              `${install} --adopt, then ${restart}`,
            ),
          ]),
      ...(alertFormat === 'json'
        ? []
        : [
            fail(
              'integration',
              `${at} has alert_format ${alertFormat ?? '(none)'}`,
              `write <alert_format>json</alert_format> there, then ${restart}`,
            ),
          ]),
      ...narrowing.flatMap((option) => {
        const value = lastText(element.children, option);
        const text = `${at} has <${option}>${value}</${option}>, and gets fewer matches than there are`;
        return value === null ? [] : [fail('integration', text, `take it out, then ${restart}`)];
      }),
      ...(lastText(element.children, 'api_key')
        ? [
            warn(
              'integration',
              `${at} holds an api_key, which every local user can read while it runs`,
              `${install} with opencti.token_file set, and take <api_key> out`,
            ),
          ]
        : []),
    ];
  });
  return orOk(findings, 'integration', `its block takes the group ${matchGroup}`);
}

/** The files beside integratord's other scripts. */
export function checkScript(site: Site): readonly CheckLine[] {
  const { home, wazuh, group, config } = site;
  const folder = join(home, 'integrations');
  const names = [integrationName, `${integrationName}.cjs`, `${integrationName}.json`];
  const missing = names.filter((name) => statOf(join(folder, name)) === null);
  if (missing.length > 0)
    return missing.map((name) => fail('script', `integrations/${name} is not there`, install));
  const findings = names.flatMap((name) => {
    const path = join(folder, name);
    const stats = statOf(path);
    if (stats === null) return [];
    const isScript = name === integrationName;
    const mend = `chown root:${group} ${path}; chmod ${isScript ? 750 : 640} ${path}`;
    const mode = formatMode(stats);
    const writer = findWriter(stats, site);
    if (writer !== null) {
      const text = `integrations/${name} can be written by ${writer} (mode ${mode})`;
      const logs = ': integratord then refuses it, and logs the whole command line';
      return [fail('script', `${text}${writer === 'others than root' ? '' : logs}`, mend)];
    }
    const barrier = findBarrier(path, wazuh, isScript ? 'run' : 'read');
    if (barrier === null) return [];
    const use = isScript ? 'run' : 'read';
    return [fail('script', `integrations/${name} cannot be ${use} by the manager's user: ${barrier}`, mend)];
  });
  return [
    ...orOk(findings, 'script', 'the integration is there, with owner and mode as they should be'),
    ...checkVersions(folder, config),
    ...checkNativePiece(folder, site),
  ];
}

/** Without it no message reaches the engine. */
function checkNativePiece(folder: string, { wazuh }: Site): CheckLine[] {
  const barrier = readNativePiece()
    .map(({ path }) => findBarrier(join(folder, path), wazuh, 'read'))
    .find((each) => each !== null);
  if (!barrier) return [];
  return [fail('script', `koffi, which opens the socket of the engine's queue: ${barrier}`, install)];
}

function checkVersions(folder: string, config: Site['config']): CheckLine[] {
  const bundle = readFileSync(join(packageRoot(), 'dist', `${integrationName}.cjs`), 'utf8');
  const lines: CheckLine[] = [];
  if (readText(join(folder, `${integrationName}.cjs`)) !== bundle)
    lines.push(warn('script', 'the integration is of another version than this tool', install));
  if (readText(join(folder, `${integrationName}.json`)) !== formatSettings(config))
    lines.push(
      warn(
        'script',
        'the integration has another copy of the configuration than the one that is written',
        install,
      ),
    );
  return lines;
}
