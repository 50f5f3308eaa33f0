import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runs } from '../../support/runs.ts';
import { evaluate } from '../evaluate.ts';
import { loadRuleset } from '../load-ruleset.ts';
import { base, logEvent, wrap } from './sources.ts';

interface Shape {
  readonly level: number;
  readonly noalert: boolean;
  /** How far back in the file the parents are; empty for a parent by group, by level or by category. */
  readonly back: readonly number[];
  readonly parentGroup: string | null;
  readonly parentLevel: number | null;
  readonly groups: readonly string[];
  readonly has: string | null;
}

interface NumberedShape extends Shape {
  readonly id: number;
  readonly sids: readonly number[];
}

const groupNames = ['gate', 'gate_2', 'base'];
const fields = ['a', 'b', 'c'];

const shape: fc.Arbitrary<Shape> = fc.record({
  level: fc.constantFrom(0, 0, 3, 5, 5, 7),
  noalert: fc.boolean(),
  back: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }),
  parentGroup: fc.option(fc.constantFrom(...groupNames, 'gate|base', 'GATE_2')),
  parentLevel: fc.option(fc.integer({ min: 1, max: 8 })),
  groups: fc.subarray(groupNames),
  has: fc.option(fc.constantFrom(...fields)),
});

function numbered(shapes: readonly Shape[]): NumberedShape[] {
  return shapes.map((one, index) => {
    const sids = one.back.map((distance) => 100 + index - distance).filter((id) => id >= 100);
    return { ...one, id: 100 + index, sids };
  });
}

function write({ id, level, noalert, sids, parentGroup, parentLevel, groups, has }: NumberedShape): string {
  const parts = [
    sids.length > 0 ? `<if_sid>${sids.join(', ')}</if_sid>` : '',
    parentGroup === null ? '' : `<if_group>${parentGroup}</if_group>`,
    parentLevel === null ? '' : `<if_level>${parentLevel}</if_level>`,
    has === null ? '' : `<field name="${has}">x</field>`,
    `<description>rule</description><group>${groups.map((name) => `${name},`).join('')}</group>`,
  ];
  return `<rule id="${id}" level="${level}" noalert="${noalert ? 1 : 0}">${parts.join('')}</rule>`;
}

/** A tree of copies, one under each parent, the way the engine holds it. */
interface Copy {
  readonly rule: NumberedShape;
  readonly children: Copy[];
}

const rank = (level: number) => (level === 0 ? 99 : level);

function insertCopy(chain: Copy[], rule: NumberedShape): void {
  const at = chain.findIndex((other) => rank(rule.level) > rank(other.rule.level));
  chain.splice(at === -1 ? chain.length : at, 0, { rule, children: [] });
}

/** Walks along siblings and stops at the first one that has the id; those after it are never reached. */
function attachBySid(chain: readonly Copy[], sid: number, rule: NumberedShape): boolean {
  let attached = false;
  for (const copy of chain) {
    if (copy.rule.id === sid) {
      insertCopy(copy.children, rule);
      return true;
    }
    attached = attachBySid(copy.children, sid, rule) || attached;
  }
  return attached;
}

function attachWhere(
  chain: readonly Copy[],
  fits: (rule: NumberedShape) => boolean,
  rule: NumberedShape,
): void {
  for (const copy of chain) {
    if (copy.rule.id === rule.id) continue;
    if (fits(copy.rule)) insertCopy(copy.children, rule);
    attachWhere(copy.children, fits, rule);
  }
}

function hasGroup(pattern: string, { groups }: NumberedShape): boolean {
  const joined = groups.map((name) => `${name},`).join('');
  return pattern
    .toLowerCase()
    .split('|')
    .some((word) => joined.includes(word));
}

function buildCopies(rules: readonly NumberedShape[]): Copy {
  const root = {
    ...{ id: 1, level: 0, noalert: true, back: [], sids: [], parentGroup: null, parentLevel: null },
    ...{ groups: [], has: null },
  };
  const top: Copy = { rule: root, children: [] };
  for (const rule of rules) {
    const { sids, parentGroup, parentLevel } = rule;
    if (sids.length > 0) for (const sid of sids) attachBySid([top], sid, rule);
    else if (parentLevel !== null) attachWhere([top], ({ level }) => rank(level) >= parentLevel, rule);
    else if (parentGroup !== null) attachWhere([top], (other) => hasGroup(parentGroup, other), rule);
    else insertCopy(top.children, rule);
  }
  return top;
}

interface Trial {
  tried: number;
}

function winningPath(copy: Copy, present: readonly string[], trial: Trial): number[] | null {
  trial.tried += 1;
  if (copy.rule.has !== null && !present.includes(copy.rule.has)) return null;
  for (const child of copy.children) {
    const path = winningPath(child, present, trial);
    if (path) return [copy.rule.id, ...path];
  }
  return copy.rule.noalert ? null : [copy.rule.id];
}

it('chooses what a tree of copies chooses, by the same path and after as many trials', () => {
  const input = fc.tuple(fc.array(shape, { minLength: 1, maxLength: 10 }), fc.subarray(fields));
  fc.assert(
    fc.property(input, ([shapes, present]) => {
      const rules = numbered(shapes);
      const text = `${wrap(base, '')}${wrap(rules.map(write).join('\n'), '')}`;
      const { ruleset } = loadRuleset({ rules: [{ name: 'a.xml', text }] });
      const event = logEvent(Object.fromEntries(present.map((name) => [name, 'x'])));
      const { path, tried } = evaluate(ruleset, event);
      const trial: Trial = { tried: 0 };
      const expected = winningPath(buildCopies(rules), present, trial) ?? [];
      expect({ path, tried }).toEqual({ path: expected, tried: trial.tried });
    }),
    { numRuns: runs(500), seed: 4_147 },
  );
});
