import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatSettings } from '../../integration/settings.ts';
import { packageRoot } from '../../text.ts';
import { findDaemon } from '../../wazuh/engine/daemons.ts';
import { hasSameBlocks, integrationName, matchGroup } from '../../wazuh/ossec-conf/edit.ts';
import { lastText, readAlertOutput } from '../../wazuh/ossec-conf/read.ts';
import { readNativePiece } from '../install/files.ts';
import { toBackupFolder } from '../install/journal.ts';
import {
  type CheckLine,
  fail,
  findBarrier,
  findWriter,
  formatMode,
  ok,
  orOk,
  readText,
  type Site,
  statOf,
  warn,
} from './site.ts';

/** Checks the options of the manager that prevent alerts from being written. */
export function checkAlerts({ conf, config }: Site): readonly CheckLine[] {
  const findings: CheckLine[] = [];
  const { isJson, leastLevel: least } = readAlertOutput(conf);
  if (!isJson)
    findings.push(
      fail(
        'alerts',
        'jsonout_output is no: integratord reads alerts.json, and there is none',
        'set <jsonout_output>yes</jsonout_output>, then restart the manager',
      ),
    );
  const lowest = Math.min(...Object.values(config.rules.level));
  if (least > lowest)
    findings.push(
      fail(
        'alerts',
        `log_alert_level is ${least}, and matches have level ${lowest}: they are not written`,
        'lower <log_alert_level>, or raise rules.level',
      ),
    );
  else if (least > 3)
    findings.push(
      warn(
        'alerts',
        `log_alert_level is ${least}: alerts of level 3, those of the selftest too, are not written`,
        'lower <log_alert_level> to 3',
      ),
    );
  return orOk(findings, 'alerts', 'alerts of matches are written to alerts.json');
}

const restartProcesses = 'restart the manager';

export function checkEngine({ home }: Site): readonly CheckLine[] {
  if (findDaemon(home, 'wazuh-analysisd') !== null) return [ok('engine', 'wazuh-analysisd runs')];
  return [
    fail('engine', 'wazuh-analysisd does not run', `${home}/bin/wazuh-control start; see logs/ossec.log`),
  ];
}

/** Checks integratord: it reads `ossec.conf` when it starts, and runs only if there was a script. */
export function checkIntegratord({ home, wazuh }: Site): readonly CheckLine[] {
  const running = findDaemon(home, 'wazuh-integratord');
  if (running === null) {
    const text = 'integratord does not run: without an integration it ends when the manager starts';
    return [fail('integratord', text, `${restartProcesses}; see "integratord" in logs/ossec.log`)];
  }
  const { started, gid } = running;
  const findings = [
    ...(gid !== wazuh.gid
      ? [
          fail(
            'integratord',
            `it runs with group ${gid}, and the integration's files are for group ${wazuh.gid}`,
            `chgrp -R ${gid} ${home}/integrations/custom-opencti*`,
          ),
        ]
      : []),
    ...(isLater(statOf(join(home, 'etc/ossec.conf'))?.mtimeMs, started) && !isOfListsAlone(home, started)
      ? [
          warn(
            'integratord',
            'it was started before etc/ossec.conf was changed the last time',
            restartProcesses,
          ),
        ]
      : []),
    ...(isLater(findInstalled(home), started)
      ? [
          fail(
            'integratord',
            'it was started before the integration was there, and left it out',
            restartProcesses,
          ),
        ]
      : []),
  ];
  return orOk(findings, 'integratord', 'it runs since the last change of ossec.conf');
}

/** In milliseconds: the time between the copy and the new file of one installation. */
const oneRun = 60_000;

/**
 * Returns whether the change was made by an installation that added `<list>` lines. The engine loads these with a hot
 * reload.
 */
function isOfListsAlone(home: string, started: number): boolean {
  const [conf, copy] = [join(home, 'etc/ossec.conf'), join(toBackupFolder({ home }), 'ossec.conf')];
  const [written, copied] = [conf, copy].map((path) => statOf(path)?.mtimeMs ?? 0);
  if (written === undefined || copied === undefined) return false;
  const isOfInstall = isLater(copied, started) && written >= copied && written - copied < oneRun;
  return isOfInstall && hasSameBlocks(readText(copy) ?? '', readText(conf) ?? '');
}

/** Compares whole seconds: a file that was written in the second of the start existed then. */
function isLater(time: number | undefined, started: number): boolean {
  return time !== undefined && Math.floor(time / 1_000) > Math.floor(started / 1_000);
}

/** The first time counts: an upgrade writes the script again, and needs no restart. */
function findInstalled(home: string): number | undefined {
  const backup = statOf(toBackupFolder({ home }));
  return backup ? backup.birthtimeMs : statOf(join(home, 'integrations', integrationName))?.mtimeMs;
}

const install = 'run opencti-wazuh install';
const restartIntegration = 'restart the manager';

/** The options of a block, other than its groups, that select alerts (Wazuh 4.14.7). */
const narrowing = ['level', 'rule_id', 'event_location'] as const;

/** Checks the block of `ossec.conf`. */
export function checkBlock({ conf }: Site): readonly CheckLine[] {
  const blocks = conf.integrations.filter(({ name }) => name === integrationName);
  const [block] = blocks;
  if (block === undefined)
    return [
      fail(
        'integration',
        `ossec.conf has no <integration> named ${integrationName}`,
        `${install}, then ${restartIntegration}`,
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
              `${install} --adopt, then ${restartIntegration}`,
            ),
          ]),
      ...(alertFormat === 'json'
        ? []
        : [
            fail(
              'integration',
              `${at} has alert_format ${alertFormat ?? '(none)'}`,
              `write <alert_format>json</alert_format> there, then ${restartIntegration}`,
            ),
          ]),
      ...narrowing.flatMap((option) => {
        const value = lastText(element.children, option);
        const text = `${at} has <${option}>${value}</${option}>, and gets fewer matches than there are`;
        return value === null ? [] : [fail('integration', text, `take it out, then ${restartIntegration}`)];
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

/** Checks the files of the integration, next to integratord's other scripts. */
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

/** Checks koffi, without which no message reaches the engine. */
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
