import { join } from 'node:path';
import { toBackupFolder } from '../install/journal.ts';
import { findDaemon } from '../wazuh/manager/daemons.ts';
import { hasSameBlocks, integrationName } from '../wazuh/ossec-conf/our-blocks.ts';
import { type CheckLine, fail, ok, orOk, warn } from './line.ts';
import { readText, type Site, statOf } from './site.ts';

const restart = 'restart the manager';

export function checkEngine({ home }: Site): readonly CheckLine[] {
  if (findDaemon(home, 'wazuh-analysisd') !== null) return [ok('engine', 'wazuh-analysisd runs')];
  return [
    fail('engine', 'wazuh-analysisd does not run', `${home}/bin/wazuh-control start; see logs/ossec.log`),
  ];
}

/** integratord reads `ossec.conf` when it starts, and runs only when a script was there. */
export function checkIntegratord({ home, wazuh }: Site): readonly CheckLine[] {
  const running = findDaemon(home, 'wazuh-integratord');
  if (running === null) {
    const text = 'integratord does not run: without an integration it ends when the manager starts';
    return [fail('integratord', text, `${restart}; see "integratord" in logs/ossec.log`)];
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
      ? [warn('integratord', 'it was started before etc/ossec.conf was changed the last time', restart)]
      : []),
    ...(isLater(findInstalled(home), started)
      ? [fail('integratord', 'it was started before the integration was there, and left it out', restart)]
      : []),
  ];
  return orOk(findings, 'integratord', 'it runs since the last change of ossec.conf');
}

/** Of one installation, which copies the file a moment before it writes it. Milliseconds. */
const oneRun = 60_000;

/** Was the change since then one of an installation that brought `<list>` lines? They come with a hot reload. */
function isOfListsAlone(home: string, started: number): boolean {
  const [conf, copy] = [join(home, 'etc/ossec.conf'), join(toBackupFolder({ home }), 'ossec.conf')];
  const [written, copied] = [conf, copy].map((path) => statOf(path)?.mtimeMs ?? 0);
  if (written === undefined || copied === undefined) return false;
  const isOfInstall = isLater(copied, started) && written >= copied && written - copied < oneRun;
  return isOfInstall && hasSameBlocks(readText(copy) ?? '', readText(conf) ?? '');
}

/** In whole seconds: what was written in the second of the start was there. */
function isLater(time: number | undefined, started: number): boolean {
  return time !== undefined && Math.floor(time / 1_000) > Math.floor(started / 1_000);
}

/** An upgrade writes the script anew, and needs no restart: what counts is the first time. */
function findInstalled(home: string): number | undefined {
  const backup = statOf(toBackupFolder({ home }));
  return backup ? backup.birthtimeMs : statOf(join(home, 'integrations', integrationName))?.mtimeMs;
}
