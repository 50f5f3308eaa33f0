import { expect, it } from 'vitest';
import { readStandIns } from '../../support/stock-ruleset/stand-ins.ts';
import { evaluate } from '../evaluate.ts';
import { loadRuleset } from '../load-ruleset.ts';
import { sysmonEvent, wrap } from './sources.ts';

const hex = [...'0123456789ABCDEF'];

function gate(id: number, parent: number, prefix: string, rest = ''): string {
  return `<rule id="${id}" level="0" noalert="1"><if_sid>${parent}</if_sid>
<field name="win.eventdata.hashes" type="pcre2">SHA256=${prefix}${rest}</field>
<description>gate</description><group>${rest === '' ? '' : 'octgate_hashes,'}</group></rule>`;
}

/** A tree of 16, 256 and 256 x 10 gates; a leaf holds some 370 prefixes, its text about 6 KB. */
function gateTree(): string {
  const rules: string[] = [];
  let id = 810_000;
  const next = () => {
    id += 1;
    return id;
  };
  for (const first of hex) {
    const outer = next();
    rules.push(gate(outer, 118001, first));
    for (const second of hex) {
      const inner = next();
      rules.push(gate(inner, outer, first + second));
      for (let leaf = 0; leaf < 10; leaf += 1) {
        const prefixes = Array.from({ length: 370 }, (_, index) =>
          (leaf * 370 + index).toString(16).toUpperCase().padStart(15, '0'),
        );
        rules.push(gate(next(), inner, first + second, `(?:${prefixes.join('|')})`));
      }
    }
  }
  return rules.join('\n');
}

it('loads a tree of 16 MB, and an event touches its path alone', () => {
  const root = `<rule id="118001" level="0" noalert="1"><if_sid>7</if_sid>
<field name="win.system.eventID">^1$</field><description>root</description></rule>`;
  const alert = `<rule id="100640" level="14"><if_group>octgate_hashes</if_group><description>hit</description></rule>`;
  const text = wrap(`${root}\n${gateTree()}\n${alert}`, 'gates,');
  expect(text.length).toBeGreaterThan(15_000_000);
  const stock = readStandIns();
  const { ruleset, problems } = loadRuleset({
    ...stock,
    rules: [...stock.rules, { name: '0011-gates.xml', text, ours: true }],
  });
  expect(problems).toEqual([]);
  expect(ruleset.tree.rules.size).toBeGreaterThan(2_800);

  const listed = `SHA1=00,SHA256=AB${(3_699).toString(16).toUpperCase().padStart(15, '0')}${'F'.repeat(47)}`;
  const hit = evaluate(ruleset, sysmonEvent(1, { hashes: listed }));
  expect(hit.fired?.id).toBe(100640);
  expect(hit.tried).toBeLessThan(60);

  const miss = evaluate(ruleset, sysmonEvent(1, { hashes: `SHA256=AB${'F'.repeat(62)}` }));
  expect(miss.silencedBy?.id).toBe(61603);
  expect(miss.tried).toBeLessThan(80);
});
