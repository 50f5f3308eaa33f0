import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatSettings } from '../integration/settings.ts';
import { packageRoot } from '../package-root.ts';
import { integrationName, matchGroup } from '../wazuh/ossec-conf/our-blocks.ts';
import { lastText } from '../wazuh/ossec-conf/read-ossec-conf.ts';
import { type CheckLine, fail, ok, orOk, warn } from './line.ts';
import { formatMode, isReadableBy, readText, type Site, statOf } from './site.ts';

const install = 'run opencti-wazuh install';
const restart = 'restart the manager';

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
  const { home, wazuh, config } = site;
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
    const mend = `chown root:wazuh ${path}; chmod ${isScript ? 750 : 640} ${path}`;
    const mode = formatMode(stats);
    if (stats.uid === wazuh.uid || (stats.mode & 0o022) !== 0)
      return [
        fail(
          'script',
          `integrations/${name} can be written by the manager's user (mode ${mode}): integratord then refuses it, and logs the whole command line`,
          mend,
        ),
      ];
    if (!isReadableBy(stats, wazuh) || (isScript && (stats.mode & 0o010) === 0))
      return [
        fail(
          'script',
          `integrations/${name} cannot be ${isScript ? 'run' : 'read'} by the manager's user (mode ${mode})`,
          mend,
        ),
      ];
    return [];
  });
  return [
    ...orOk(findings, 'script', 'the integration is there, with owner and mode as they should be'),
    ...checkVersions(folder, config),
  ];
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

/** integratord reads `ossec.conf` when it starts, and runs only when a script was there. */
export function checkIntegratord({ home, wazuh }: Site): readonly CheckLine[] {
  const running = findProcess(home, 'wazuh-integratord');
  if (running === null) {
    const text = 'integratord does not run: without an integration it ends when the manager starts';
    return [fail('integratord', text, `${restart}; see "integratord" in logs/ossec.log`)];
  }
  const { started, gid } = running;
  const since = ['etc/ossec.conf', `integrations/${integrationName}`].filter((path) => {
    const stats = statOf(join(home, path));
    return stats !== null && Math.floor(stats.ctimeMs / 1_000) > Math.floor(started / 1_000);
  });
  const findings = [
    ...(gid !== null && gid !== wazuh.gid
      ? [
          fail(
            'integratord',
            `it runs with group ${gid}, and the integration's files are for group ${wazuh.gid}`,
            `chgrp -R ${gid} ${home}/integrations/custom-opencti*`,
          ),
        ]
      : []),
    ...since
      .filter((path) => path === 'etc/ossec.conf')
      .map((path) => warn('integratord', `it was started before ${path} was changed the last time`, restart)),
  ];
  return orOk(findings, 'integratord', 'it runs since the last change of ossec.conf');
}

interface RunningProcess {
  /** Milliseconds since the epoch. */
  readonly started: number;
  /** Null: it cannot be told. */
  readonly gid: number | null;
}

/** By the file that a daemon makes with its process id in the name; a dead one leaves it behind. */
function findProcess(home: string, name: string): RunningProcess | null {
  const folder = join(home, 'var/run');
  for (const file of namesIn(folder)) {
    const id = new RegExp(`^${name}-(\\d+)\\.pid$`).exec(file)?.[1];
    const status = id === undefined ? null : readText(`/proc/${id}/status`);
    if (status === null) continue;
    const gid = /^Gid:\s+\d+\s+(\d+)/m.exec(status)?.[1];
    return { started: statOf(join(folder, file))?.mtimeMs ?? 0, gid: gid === undefined ? null : Number(gid) };
  }
  return null;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

export function checkEngine({ home }: Site): readonly CheckLine[] {
  if (findProcess(home, 'wazuh-analysisd') !== null) return [ok('engine', 'wazuh-analysisd runs')];
  return [
    fail('engine', 'wazuh-analysisd does not run', `${home}/bin/wazuh-control start; see logs/ossec.log`),
  ];
}
