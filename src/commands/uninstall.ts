import { defaultHome } from '../config/load-config.ts';
import { formatChanges } from '../install/format-changes.ts';
import { findMachine } from '../install/machine.ts';
import { planUninstall } from '../install/plan-uninstall.ts';
import { tellSystemErrors } from '../install/system-error.ts';
import { applyChecked, restartManager, toRestartCommand } from '../install/verify.ts';
import { printText } from './print.ts';

export interface UninstallArguments {
  readonly dryRun: boolean;
  readonly purge: boolean;
  readonly restart: boolean;
  readonly etc: string;
}

/** Takes out what `install` and the refreshes have put in, and nothing else. */
export function runUninstall(options: UninstallArguments): Promise<void> {
  return tellSystemErrors(() => uninstall(options));
}

async function uninstall({ dryRun, purge, restart, etc }: UninstallArguments): Promise<void> {
  // A configuration that cannot be read must not keep it from going.
  const machine = findMachine(process.env.WAZUH_HOME || defaultHome, etc);
  const { changes, needsRestart, left } = planUninstall(machine, purge);
  const stays = left
    .map((path) => `\n${path} stays: it is not as it was written (--purge takes it too)`)
    .join('');
  if (changes.length === 0) {
    printText(`Nothing of opencti-wazuh is in ${machine.home}${stays}`);
    return;
  }
  const text = formatChanges(machine, changes);
  if (dryRun) {
    printText(`Would be done in ${machine.home}\n${text}${stays}\n\nA dry run: nothing was changed`);
    return;
  }
  const undo = await applyChecked(machine, changes);
  if (restart && needsRestart) await restartManager(machine, undo);
  const next =
    needsRestart && !restart
      ? `\n\nNext\n  1. restart the manager, which reads ossec.conf when it starts: ${toRestartCommand(machine.home)}`
      : '';
  printText(`Done in ${machine.home}\n${text}${stays}${next}`);
}
