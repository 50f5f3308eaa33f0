import type { Config } from '../../config/schema.ts';
import { toOwnFields } from '../../sync/plan-options.ts';
import { allFields, type EventField, type FieldEvent, subjects } from '../../wazuh/fields.ts';
import {
  type ActiveResponse,
  findStartedResponses,
  readActiveResponses,
} from '../../wazuh/ossec-conf/active-responses.ts';
import { type OssecConf, tryOpenOssecConf } from '../../wazuh/ossec-conf/read.ts';
import { moveRuleId } from '../../wazuh/rule-ids.ts';
import { toBurstLevel } from '../../wazuh/rules.ts';

/** What the rows that are on take from stock rules, and what their alerts start. */
export interface RowEffects {
  /** Null: no row takes anything. */
  readonly counters: string | null;
  /** One sentence for each response that an alert can start. */
  readonly responses: readonly string[];
  /** The same for rows whose `srcip` is a host of the site. */
  readonly insideResponses: readonly string[];
}

export function findRowEffects(config: Config, conf: Pick<OssecConf, 'roots' | 'lineOf'>): RowEffects {
  const fields = toOwnFields(config);
  const started = findStarted(fields, config, readActiveResponses(conf).responses);
  return {
    counters: describeCounters(fields),
    responses: started.flatMap(({ response, rows }) =>
      rows.length === 0 ? [] : [`${nameResponse(response)} is started by an alert of ${listNames(rows)}`],
    ),
    insideResponses: started.flatMap(({ response, insideRows: rows }) =>
      rows.length === 0
        ? []
        : [
            `${nameResponse(response)} is started by an alert of ${listNames(rows)}, whose srcip is a host of this site`,
          ],
    ),
  };
}

/** The same for a person who installs; none where `ossec.conf` is not to be read. */
export function describeEffects(home: string, config: Config): string[] {
  const conf = tryOpenOssecConf(home);
  if (conf === null || conf.fault !== null) return [];
  const { counters, responses, insideResponses } = findRowEffects(config, conf);
  return [...(counters === null ? [] : [counters]), ...responses, ...insideResponses];
}

/** Its name in the configuration. */
export function nameRow({ source, row }: Pick<FieldEvent, 'source' | 'row'>): string {
  return `${source}.${row}`;
}

/** More names would hide what matters. */
const shownNames = 6;

/** `a, b and 12 more`; each name once. */
function listNames(names: readonly string[]): string {
  const all = [...new Set(names)];
  const more = all.length - shownNames;
  return more <= 1 ? all.join(', ') : `${all.slice(0, shownNames).join(', ')} and ${more} more`;
}

function describeCounters(fields: readonly EventField[]): string | null {
  const takenBy = new Map<string, Set<number>>();
  for (const event of fields.flatMap(({ events }) => events)) {
    const rules = takenBy.get(nameRow(event)) ?? new Set();
    for (const id of event.takesFrom ?? []) rules.add(id);
    takenBy.set(nameRow(event), rules);
  }
  const rows = [...takenBy].filter(([, rules]) => rules.size > 0);
  if (rows.length === 0) return null;
  const each = rows.map(([row, rules]) => `${row} from ${[...rules].sort((a, b) => a - b).join(', ')}`);
  return `events of listed values are taken from stock rules that count them: ${each.join('; ')}`;
}

interface Started {
  readonly response: ActiveResponse;
  readonly rows: readonly string[];
  readonly insideRows: readonly string[];
}

function findStarted(
  fields: readonly EventField[],
  config: Config,
  responses: readonly ActiveResponse[],
): Started[] {
  const rows = fields.flatMap((field) =>
    field.events.map((event) => ({
      name: nameRow(event),
      isInside: inside.has(event.ruleId),
      starts: findResponses(field, event, config, responses),
    })),
  );
  return responses.map((response) => {
    const starting = rows.filter(({ starts }) => starts.includes(response));
    const namesOf = (wanted: boolean) =>
      starting.filter(({ isInside }) => isInside === wanted).map(({ name }) => name);
    return { response, rows: namesOf(false), insideRows: namesOf(true) };
  });
}

/** Rules of the table whose `srcip` is a host of the site: a row that is named loses the mark, and may start responses. */
const inside: ReadonlySet<number> = new Set(
  allFields.flatMap(({ events }) =>
    events.filter(({ srcipIsOurs }) => srcipIsOurs).map(({ ruleId }) => ruleId),
  ),
);

/** Of the alert rule of a row, and of those that count or follow it. */
function findResponses(
  { subject }: EventField,
  event: FieldEvent,
  { rules }: Config,
  responses: readonly ActiveResponse[],
): ActiveResponse[] {
  // Such a rule has `no_ar`.
  if (event.srcipIsOurs) return [];
  const level = event.level ?? rules.level[subject];
  const groups = [
    ...['threat_intel', 'opencti_listed', ...(event.quiet ? [] : ['opencti_match'])],
    ...[subjects[subject].group, ...event.groups.split(',')],
  ];
  const further = [
    { id: event.afterFailuresRuleId, level, groups: [...groups, 'opencti_after_failures'] },
    { id: event.burstRuleId, level: toBurstLevel(level), groups: [...groups, 'opencti_burst'] },
  ];
  return [{ id: event.ruleId, level, groups }, ...further].flatMap(({ id, ...rule }) =>
    id === undefined ? [] : findStartedResponses({ ...rule, id: moveRuleId(id, rules.blocks) }, responses),
  );
}

function nameResponse({ command, line }: ActiveResponse): string {
  return `active response ${command} (ossec.conf:${line})`;
}
