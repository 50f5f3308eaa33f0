import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readOssecConf } from '../../../src/wazuh/ossec-conf/read.ts';
import { findLeftOut, readEffectiveRuleset } from '../../../src/wazuh/ossec-conf/ruleset-files.ts';

/** A home with files of one rule or decoder each. */
function makeHome(...paths: string[]): string {
  const home = mkdtempSync(join(tmpdir(), 'home-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  for (const path of paths) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), `<!-- ${path} -->`);
  }
  return home;
}

function read(home: string, ...blocks: string[]) {
  const text = blocks.map((block) => `<ossec_config><ruleset>${block}</ruleset></ossec_config>`).join('\n');
  return readEffectiveRuleset(home, readOssecConf(text));
}

const names = (files: readonly { readonly name: string }[]) => files.map(({ name }) => name);
const usual = '<rule_dir>ruleset/rules</rule_dir><rule_dir>etc/rules</rule_dir>';
const usualDecoders = '<decoder_dir>ruleset/decoders</decoder_dir><decoder_dir>etc/decoders</decoder_dir>';

test('the files of each folder load by base name, and one of two with one name by its folder', () => {
  const home = makeHome(
    'ruleset/rules/0595-sysmon.xml',
    'ruleset/rules/local.xml',
    'etc/rules/a.xml',
    'etc/rules/local.xml',
    'etc/rules/note.txt',
    'etc/rules/UPPER.XML',
  );
  expect(names(read(home, usual).rules)).toEqual([
    'ruleset/rules/0595-sysmon.xml',
    // The pattern of a folder has no case; the names are sorted by their bytes.
    'etc/rules/UPPER.XML',
    'etc/rules/a.xml',
    'ruleset/rules/local.xml',
    'etc/rules/local.xml',
  ]);
});

test('a slash behind a folder names no other one', () => {
  const home = makeHome('ruleset/rules/1.xml', 'etc/rules/2.xml');
  const { rules } = read(home, '<rule_dir>ruleset/rules</rule_dir><rule_dir>etc//rules/</rule_dir>');
  expect(names(rules)).toEqual(['ruleset/rules/1.xml', 'etc/rules/2.xml']);
});

test('a block that names no folder has the stock one alone', () => {
  const home = makeHome(
    'ruleset/rules/1.xml',
    'etc/rules/2.xml',
    'ruleset/decoders/3.xml',
    'etc/decoders/4.xml',
  );
  const { rules, decoders } = read(home, '<list>etc/lists/one</list>');
  expect(names(rules)).toEqual(['ruleset/rules/1.xml']);
  expect(names(decoders)).toEqual(['ruleset/decoders/3.xml']);
});

test('without any block the stock folders count', () => {
  const home = makeHome('ruleset/rules/1.xml', 'etc/rules/2.xml');
  expect(names(readEffectiveRuleset(home, readOssecConf('<ossec_config></ossec_config>')).rules)).toEqual([
    'ruleset/rules/1.xml',
  ]);
});

test('further folders count, each with its own pattern, which looks at folder and name', () => {
  const home = makeHome('site/rules/1.xml', 'site/rules/2.rules', 'site/rules/3.off', 'etc/rules/b.xml');
  const dirs = String.raw`<rule_dir pattern="\d.rules$|/3">site/rules</rule_dir><rule_dir>etc/rules</rule_dir>`;
  expect(names(read(home, dirs).rules)).toEqual([
    'site/rules/2.rules',
    'site/rules/3.off',
    'etc/rules/b.xml',
  ]);
});

test('a file is excluded by its name or its path, and an included one stays', () => {
  const home = makeHome('ruleset/rules/1.xml', 'ruleset/rules/2.xml', 'etc/rules/1.xml', 'etc/rules/3.xml');
  const { rules } = read(
    home,
    `${usual}<rule_exclude>1.xml</rule_exclude><rule_exclude>etc/rules/3.xml</rule_exclude>`,
  );
  expect(names(rules)).toEqual(['ruleset/rules/2.xml']);
  expect(
    names(read(home, '<rule_exclude>1.xml</rule_exclude><rule_include>1.xml</rule_include>').rules),
  ).toEqual(['ruleset/rules/1.xml', 'ruleset/rules/2.xml']);
});

test('an include without a slash is a stock file; one with a slash a path of the home, whatever its name', () => {
  const home = makeHome('ruleset/rules/1.xml', 'site/rules.conf', 'ruleset/decoders/d.xml', 'site/d.conf');
  const { rules, decoders } = read(
    home,
    '<rule_dir>etc/rules</rule_dir><rule_include>1.xml</rule_include><rule_include>site/rules.conf</rule_include>' +
      '<decoder_dir>etc/decoders</decoder_dir><decoder_include>site/d.conf</decoder_include><decoder_include>d.xml</decoder_include>',
  );
  expect(names(rules)).toEqual(['ruleset/rules/1.xml', 'site/rules.conf']);
  expect(names(decoders)).toEqual(['site/d.conf', 'ruleset/decoders/d.xml']);
});

test('decoders have excludes of their own', () => {
  const home = makeHome('ruleset/decoders/1.xml', 'etc/decoders/2.xml', 'etc/rules/2.xml');
  const { rules, decoders } = read(home, `${usual}${usualDecoders}<decoder_exclude>2.xml</decoder_exclude>`);
  expect(names(decoders)).toEqual(['ruleset/decoders/1.xml']);
  expect(names(rules)).toEqual(['etc/rules/2.xml']);
});

test('a second block takes the place of the files of the first; its lists only where it has some', () => {
  const home = makeHome('ruleset/rules/1.xml', 'etc/rules/2.xml', 'etc/decoders/d.xml');
  const first = `${usual}${usualDecoders}<list>etc/lists/one</list>`;
  const second = read(home, first, '<decoder_dir>nothing</decoder_dir>');
  // A block without a rule_dir has the stock folder, and so writes over the rules of the one before.
  expect(names(second.rules)).toEqual(['ruleset/rules/1.xml']);
  // It found no decoder, and leaves what was there.
  expect(names(second.decoders)).toEqual(['etc/decoders/d.xml']);
  expect(second.lists).toEqual(['etc/lists/one']);
  expect(second.faults).toEqual([]);
});

test('what the engine refuses of a block is told', () => {
  const home = makeHome('ruleset/rules/1.xml');
  expect(read(home, '').faults).toEqual(['line 1: the <ruleset> block is empty']);
  expect(read(home, '<rules>x</rules>').faults).toEqual(['line 1: <ruleset> has no option <rules>']);
  expect(read(home, '<rule_dir patern=".x$">etc/rules</rule_dir>').faults).toEqual([
    'line 1: <rule_dir> has an attribute and no pattern',
  ]);
  expect(read(home, '<rule_dir pattern="(.xml">etc/rules</rule_dir>').faults).toEqual([
    'line 1: the pattern "(.xml" of <rule_dir> does not compile',
  ]);
  expect(read(home, '<rule_include>etc/rules/gone.xml</rule_include>').faults).toEqual([
    'etc/rules/gone.xml, named by <rule_include>, cannot be read (ENOENT)',
  ]);
});

test('why a file of ours is left out, and what to do', () => {
  const home = makeHome('etc/rules/zz-opencti-1-gates.xml', 'etc/rules/other.xml');
  const find = (block: string) =>
    findLeftOut(home, readOssecConf(`<ossec_config>\n<ruleset>\n${block}\n</ruleset></ossec_config>`));
  const exclude = '<rule_exclude>zz-opencti-1-gates.xml</rule_exclude>';
  const path = 'etc/rules/zz-opencti-1-gates.xml';
  expect(find(usual)).toEqual([]);
  expect(find('<rule_dir>ruleset/rules/</rule_dir><rule_dir>etc/rules/</rule_dir>')).toEqual([]);
  expect(find(`${usual}\n${exclude}<rule_exclude>other.xml</rule_exclude>`)).toEqual([
    {
      path,
      why: `line 4 has ${exclude}`,
      next: 'take that line out of its <ruleset> block, then restart the manager',
    },
  ]);
  expect(find('<rule_dir>ruleset/rules</rule_dir>')).toEqual([
    {
      path,
      why: 'no <rule_dir> names etc/rules',
      next: 'write <rule_dir>etc/rules</rule_dir> into its last <ruleset> block, then restart the manager',
    },
  ]);
  expect(find('<rule_dir pattern="local">etc/rules</rule_dir>')).toEqual([
    {
      path,
      why: 'line 3 takes only what "local" matches from etc/rules',
      next: 'widen that pattern, then restart the manager',
    },
  ]);
});
