/** A manager whose own rules are in the way of ours. */
export interface HostileSite {
  readonly name: string;
  /** By the base name of the file in `etc/rules`. */
  readonly files: Readonly<Record<string, string>>;
  /** Stock rules that it does not have: an older version, or a file that `ossec.conf` excludes. */
  readonly without?: readonly number[];
  /** The stock file that `ossec.conf` excludes. */
  readonly excluded?: string;
}

/** A site where less fires, and what `check` has to name. */
export interface ShadowingSite extends HostileSite {
  /** How many of the 32 listed events fire, as the real engine (4.14.7) does. */
  readonly fires: number;
  readonly shadows: readonly { readonly ruleId: number; readonly how: string }[];
}

const rule = (id: number, level: number, parts: string, more = '') =>
  `<rule id="${id}" level="${level}"${more}>${parts}<description>site</description></rule>`;
const group = (...rules: readonly string[]) => `<group name="local,">\n${rules.join('\n')}\n</group>\n`;
const under = (level: number, ids: readonly number[]) =>
  group(...ids.map((id, at) => rule(100_001 + at, level, `<if_sid>${id}</if_sid>`)));
const byGroup = (...names: readonly string[]) =>
  group(...names.map((name, at) => rule(100_001 + at, 0, `<if_group>${name}</if_group>`)));
/** Without a parent: below the template of its category. */
const parentless = (level: number) =>
  group(
    rule(100_001, level, '<category>ossec</category>'),
    rule(100_002, level, '<category>syslog</category>'),
  );

const overwrite = ' overwrite="yes"';

/** As guides have them: with the conditions, and without the group that other rules hang below. */
const overwrittenFim = (
  [
    [550, 7, 'syscheck_integrity_changed'],
    [553, 7, 'syscheck_deleted'],
    [554, 5, 'syscheck_new_entry'],
  ] as const
).map(([id, level, decoder]) =>
  rule(id, level, `<category>ossec</category><decoded_as>${decoder}</decoded_as>`, overwrite),
);

/** Of Sysmon 1 to 15 and 16 to 26. */
const sysmonBases: readonly (readonly [event: number, id: number])[] = [
  ...Array.from({ length: 15 }, (_, index) => [index + 1, 61_603 + index] as const),
  ...Array.from({ length: 11 }, (_, index) => [index + 16, 61_644 + index] as const),
];
const overwrittenSysmon = sysmonBases.map(([event, id]) =>
  rule(id, 0, `<if_sid>61600</if_sid><field name="win.system.eventID">^${event}$</field>`, overwrite),
);

const templates = [1, 2, 3, 4, 5, 6, 7];

/** Sites of which none takes an event from ours. */
export const hostileSites: readonly HostileSite[] = [
  { name: 'nothing of its own', files: {} },
  {
    name: 'overwrites the base rules without their groups',
    files: { 'local_rules.xml': group(...overwrittenFim, ...overwrittenSysmon) },
  },
  {
    name: 'level 0 by the groups of all such events',
    files: { 'local_rules.xml': byGroup('windows', 'sysmon', 'syscheck') },
  },
  {
    name: 'level 0 by the groups of the base rules',
    files: { 'local_rules.xml': byGroup('sysmon_event', 'syscheck_file') },
  },
  {
    name: 'level 0 below rules of the stock',
    files: { 'local_rules.xml': under(0, [550, 553, 554, 5715, 5716]) },
  },
  { name: 'level 0 below the templates', files: { 'local_rules.xml': under(0, templates) } },
  { name: 'level 15 below the templates', files: { 'local_rules.xml': under(15, [7, 1]) } },
  { name: 'level 15 without a parent', files: { 'local_rules.xml': parentless(15) } },
  { name: 'level 0 without a parent, before the templates', files: { '0000-x.xml': parentless(0) } },
  { name: 'level 0 without a parent, right after ours', files: { '0012-z.xml': parentless(0) } },
  { name: 'level 0 without a parent, at the end', files: { 'zzz.xml': parentless(0) } },
  {
    name: 'level 0 by groups, in a file of many z that still loads before ours',
    files: { 'zzz_site.xml': byGroup('windows', 'sysmon', 'syscheck') },
  },
  {
    name: 'excludes the base rules of Windows',
    files: {},
    without: [60_000, 60_001, 60_004],
    excluded: '0575-win-base_rules.xml',
  },
  {
    name: 'overwrites the templates without noalert',
    files: {
      'local_rules.xml': group(
        rule(1, 0, '<category>syslog</category>', overwrite),
        rule(7, 0, '<category>ossec</category>', overwrite),
      ),
    },
  },
  {
    name: 'has no stock rules for Sysmon 16 to 26, as before 4.4',
    files: {},
    without: sysmonBases.filter(([event]) => event > 15).map(([, id]) => id),
  },
];

/** Sites that still shadow ours. */
export const shadowingSites: readonly ShadowingSite[] = [
  {
    name: 'level 0 without a parent, between the templates and ours',
    files: { '0010-z.xml': parentless(0) },
    fires: 0,
    shadows: [
      { ruleId: 100_001, how: 'before' },
      { ruleId: 100_002, how: 'before' },
    ],
  },
  {
    name: 'a rule of level 0 by level',
    files: { 'local_rules.xml': group(rule(100_001, 0, '<if_level>3</if_level>')) },
    fires: 0,
    shadows: [{ ruleId: 100_001, how: 'if_level' }],
  },
  {
    name: 'a rule above ours by level',
    files: { 'local_rules.xml': group(rule(100_001, 15, '<if_level>3</if_level>')) },
    fires: 0,
    shadows: [{ ruleId: 100_001, how: 'if_level' }],
  },
  {
    name: 'level 0 by groups, in a file that loads after ours',
    files: { 'zzzz_site.xml': byGroup('windows', 'sysmon', 'syscheck') },
    fires: 0,
    shadows: [
      { ruleId: 100_001, how: 'if_group' },
      { ruleId: 100_002, how: 'if_group' },
      { ruleId: 100_003, how: 'if_group' },
    ],
  },
  {
    name: 'a group that is a part of ours',
    files: { 'local_rules.xml': byGroup('gate') },
    fires: 0,
    shadows: [{ ruleId: 100_001, how: 'if_group' }],
  },
];
