import { defaultHome } from '../config/schema.ts';
import { tellSystemErrors } from '../errors.ts';
import { removeAlone } from '../install/alone.ts';
import { formatChanges } from '../install/format-changes.ts';
import { findWhatIsLeft, type Machine } from '../install/machine.ts';
import { planUninstall, type UninstallPlan } from '../install/plan-uninstall.ts';
import { applyChecked, restartManager, toRestartCommand } from '../install/verify.ts';
import type { Output, Shell } from '../shell.ts';
import { printText } from './print.ts';

export interface UninstallArguments {
  readonly dryRun: boolean;
  readonly purge: boolean;
  readonly restart: boolean;
  readonly etc: string;
}

/** Takes out what `install` and the refreshes have put in, and nothing else. */
export function runUninstall(options: UninstallArguments, shell: Shell): Promise<void> {
  return tellSystemErrors(() => uninstall(options, shell));
}

async function uninstall(options: UninstallArguments, { stdout, env }: Shell): Promise<void> {
  // A configuration that cannot be read must not keep it from going.
  const machine = findWhatIsLeft(env.WAZUH_HOME || defaultHome, options.etc);
  if (options.dryRun) printText(stdout, formatDryRun(machine, planUninstall(machine, options.purge)));
  else await removeAlone(machine, () => apply(machine, options, stdout));
}

async function apply(
  machine: Machine,
  { purge, restart }: UninstallArguments,
  stdout: Output,
): Promise<void> {
  const plan = planUninstall(machine, purge);
  if (plan.changes.length === 0) {
    printText(stdout, formatNothing(machine, plan));
    return;
  }
  const text = formatChanges(machine, plan.changes);
  // A rule of the site that hangs below one of ours goes without its parent.
  const undo = await applyChecked(machine, plan.changes, { keepsRules: false });
  if (restart && plan.needsRestart) await restartManager(machine, undo);
  printText(
    stdout,
    `Done in ${machine.home}\n${text}${formatLeft(plan)}${formatNext(machine, plan, restart)}`,
  );
}

function formatNext(
  { home }: Machine,
  { needsRestart, changes }: UninstallPlan,
  isRestarted: boolean,
): string {
  const steps = [
    ...(needsRestart && !isRestarted
      ? [`restart the manager, which reads ossec.conf when it starts: ${toRestartCommand(home)}`]
      : []),
    // A timer that runs goes on without its file.
    ...(changes.some(({ path }) => path.endsWith('/opencti-wazuh.timer'))
      ? ['stop the timer: systemctl stop opencti-wazuh.timer && systemctl daemon-reload']
      : []),
  ];
  if (steps.length === 0) return '';
  return ['\n\nNext', ...steps.map((step, index) => `  ${index + 1}. ${step}`)].join('\n');
}

function formatDryRun(machine: Machine, plan: UninstallPlan): string {
  if (plan.changes.length === 0) return formatNothing(machine, plan);
  const text = formatChanges(machine, plan.changes);
  return `Would be done in ${machine.home}\n${text}${formatLeft(plan)}\n\nA dry run: nothing was changed`;
}

function formatNothing({ home }: Machine, plan: UninstallPlan): string {
  return `Nothing of opencti-wazuh is in ${home}${formatLeft(plan)}`;
}

function formatLeft({ left }: UninstallPlan): string {
  return left.map((path) => `\n${path} stays: it is not as it was written (--purge takes it too)`).join('');
}
