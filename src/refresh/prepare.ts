import { compilePlan, type Plan } from '../compile/plan.ts';
import type { Config } from '../config/schema.ts';
import { KnownError } from '../errors.ts';
import { hashFiles, type PlannedFile } from '../files/write.ts';
import { type Fetched, fetchSelection } from '../sync/fetch-selection.ts';
import { snippetPath, toPlannedFiles, toPlanOptions } from '../sync/plan-options.ts';
import type { Progress } from '../sync/progress.ts';
import { toRecordPlace } from '../sync/read.ts';
import { checkManager, findUndeclared, type ManagerNode } from '../wazuh/manager/check-manager.ts';
import type { HeldHome, HeldManager } from '../wazuh/manager/held-home.ts';
import { openOssecConf } from '../wazuh/ossec-conf/open-ossec-conf.ts';
import { toRetiredLists } from '../wazuh/retired-lists.ts';
import { nameSet } from '../wazuh/set-marker.ts';
import { compareWithManager, type FileChange } from './compare.ts';
import { countValues, objectToPlatform, objectToRows, objectToShrinking, objectToSize } from './guards.ts';
import type { RefreshState } from './state.ts';
import type { StepTracker } from './steps.ts';

export interface RefreshOptions {
  readonly config: Config;
  /** Publishes although a guard objects that may be wrong. */
  readonly force: boolean;
  readonly progress: Progress;
  readonly tracker: StepTracker;
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
}

/** All that is known before anything is written. */
export interface Prepared {
  readonly node: ManagerNode;
  readonly fetched: Fetched;
  readonly plan: Plan;
  /** Lists that `ossec.conf` lacks, by their names: the engine compiles none of them. */
  readonly undeclared: readonly string[];
  /** The name of the set, as the decoder that the engine lists. */
  readonly marker: string;
  readonly files: readonly PlannedFile[];
  readonly changes: readonly FileChange[];
  /** Why a guard would publish none of it; null: none objects. A dry run shows the difference all the same. */
  readonly objection: string | null;
}

/** @throws KnownError when nothing can be published, forced or not. */
export async function prepare(
  options: RefreshOptions,
  manager: HeldManager | HeldHome,
  { confirmed }: RefreshState,
): Promise<Prepared> {
  const { config, force, tracker, now } = options;
  const insist = (objection: string | null) => {
    if (objection !== null) throw new KnownError(objection);
  };
  const object = (objection: string | null) => {
    if (!force) insist(objection);
  };
  const node = await tracker.run('manager', () => checkManager(manager.path));
  const fetched = await tracker.run('read', () =>
    fetchSelection({
      ...options,
      record: 'state' in manager ? toRecordPlace(manager.state, manager.owner) : undefined,
      checkPlatform: (platform) => object(objectToPlatform(platform, confirmed?.platformId ?? null, now)),
    }),
  );
  const conf = openOssecConf(manager.path);
  const undeclared = findUndeclared(conf);
  if (undeclared.length > 0)
    options.progress.note(
      `ossec.conf does not declare ${undeclared.join(', ')}: what these lists hold is not matched; run opencti-wazuh install`,
    );
  const { rules, ...planOptions } = toPlanOptions(config);
  const plan = await tracker.run('compile', () =>
    compilePlan(fetched.selection.values, {
      ...planOptions,
      rules: { ...rules, undeclared },
      canaries: true,
      target: 'engine',
      earlierPrefix: confirmed?.gatePrefix ?? null,
    }),
  );
  const { marker, files, changes } = await tracker.run('compare', () => {
    const planned = [...toPlannedFiles(plan)].filter(({ path }) => path !== snippetPath);
    const set = nameSet(hashFiles([...planned, ...toRetiredLists(conf.lists)]));
    return { ...set, changes: compareWithManager(manager, set.files, undeclared) };
  });
  const objection = await tracker.run('guards', () => {
    insist(objectToSize(plan.lists, config.guards));
    return force
      ? null
      : (objectToRows(fetched.read) ??
          objectToShrinking(countValues(changes, plan.lists, confirmed), config.guards));
  });
  return { node, fetched, plan, undeclared, marker, files, changes, objection };
}
