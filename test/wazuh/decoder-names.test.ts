import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { KnownError } from '../../src/errors.ts';
import { builtInDecoders, findDecoderNames, readDecoderNames } from '../../src/wazuh/decoder-names.ts';
import { makeFolder } from '../support/folder.ts';

type Files = Readonly<Record<string, string>>;

function writeFiles(folder: string, files: Files): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

function makeHome(ruleset: string, files: Files): string {
  const conf = `<ossec_config>${ruleset}</ossec_config>\n`;
  return writeFiles(makeFolder(), { 'etc/ossec.conf': conf, ...files });
}

const decoder = (name: string) => `<decoder name="${name}"><prematch>^x</prematch></decoder>\n`;

/** The names that come from files. */
function found(home: string): string[] | null {
  const names = findDecoderNames(home);
  return names && [...names].filter((name) => !builtInDecoders.has(name)).sort();
}

const usual =
  '<ruleset><decoder_dir>ruleset/decoders</decoder_dir><decoder_dir>etc/decoders</decoder_dir></ruleset>';

test.each<[string, string, Files, string[]]>([
  [
    'stock and site folders',
    usual,
    { 'ruleset/decoders/0006-json_decoders.xml': decoder('json'), 'etc/decoders/site.xml': decoder('door') },
    ['door', 'json'],
  ],
  [
    'without a block the stock folder alone',
    '',
    { 'ruleset/decoders/0006-json_decoders.xml': decoder('json'), 'etc/decoders/site.xml': decoder('door') },
    ['json'],
  ],
  [
    'a block without a folder has the stock one',
    '<ruleset><list>etc/lists/one</list></ruleset>',
    { 'ruleset/decoders/0006-json_decoders.xml': decoder('json'), 'etc/decoders/site.xml': decoder('door') },
    ['json'],
  ],
  [
    'what the pattern of a folder takes',
    '<ruleset><decoder_dir pattern="_ours.xml$">etc/decoders</decoder_dir></ruleset>',
    { 'etc/decoders/a_ours.xml': decoder('a'), 'etc/decoders/b.xml': decoder('b') },
    ['a'],
  ],
  [
    'an included file, with and without a folder',
    '<ruleset><decoder_include>one.xml</decoder_include><decoder_include>site/two.txt</decoder_include><decoder_dir>etc/decoders</decoder_dir></ruleset>',
    {
      'ruleset/decoders/one.xml': decoder('one'),
      'ruleset/decoders/other.xml': decoder('other'),
      'site/two.txt': decoder('two'),
    },
    ['one', 'two'],
  ],
  [
    'without the excluded ones, by name and by path',
    `<ruleset><decoder_exclude>one.xml</decoder_exclude><decoder_exclude>etc/decoders/two.xml</decoder_exclude>${usual.slice('<ruleset>'.length)}`,
    {
      'ruleset/decoders/one.xml': decoder('one'),
      'ruleset/decoders/two.xml': decoder('stock-two'),
      'etc/decoders/two.xml': decoder('two'),
    },
    ['stock-two'],
  ],
  [
    'the last of two blocks',
    `${usual}<ruleset><decoder_dir>other</decoder_dir></ruleset>`,
    { 'ruleset/decoders/one.xml': decoder('one'), 'other/two.xml': decoder('two') },
    ['two'],
  ],
])('the decoders of a manager: %s', (_case, ruleset, files, names) => {
  expect(found(makeHome(ruleset, files))).toEqual(names);
});

test.each<[string, string, string[]]>([
  [
    'a child, in the same case',
    '<decoder name="Door"><prematch>^x</prematch></decoder><decoder name="door-child"><parent>Door</parent><use_own_name>true</use_own_name><prematch>y</prematch></decoder>',
    ['Door', 'door-child'],
  ],
  ['a name with a blank at its end', decoder('door '), ['door ']],
  ['one that takes its name from a variable', `<var name="NAME">door</var>${decoder('$NAME')}`, ['door']],
  ['an element of another case', '<DECODER NAME="door"><prematch>^x</prematch></DECODER>', ['door']],
  ['one in a comment', `<!-- ${decoder('old')} -->${decoder('door')}`, ['door']],
  ['an empty file', '', []],
  ['a file that ends too early', `${decoder('door')}<decoder name="half"><prematch>`, []],
  ['an unknown variable', `<var name="A">a</var>${decoder('door')}${decoder('$B_IS_NONE')}`, []],
  ['an element that is no decoder', `${decoder('door')}<rule id="1"></rule>`, []],
  ['a decoder without an option', `${decoder('door')}<decoder name="none"></decoder>`, []],
  [
    'a first attribute that is no name',
    `${decoder('door')}<decoder status="x" name="y"><prematch>z</prematch></decoder>`,
    [],
  ],
])('the names of a file: %s', (_case, text, names) => {
  expect(found(makeHome(usual, { 'etc/decoders/site.xml': text }))).toEqual(names);
});

test('files of ours add no name, since a refresh can take them away', () => {
  const files = {
    'etc/decoders/zzzz-opencti-decoder.xml': decoder('marker'),
    'etc/decoders/site.xml': decoder('door'),
  };
  expect(found(makeHome(usual, files))).toEqual(['door']);
});

test('what cannot be read adds no name: a pipe, a folder, a link to nowhere, a file without end', () => {
  const home = makeHome(usual, { 'etc/decoders/site.xml': decoder('door') });
  const folder = join(home, 'etc/decoders');
  execFileSync('mkfifo', [join(folder, 'pipe.xml')]);
  mkdirSync(join(folder, 'folder.xml'));
  symlinkSync('nowhere', join(folder, 'link.xml'));
  writeFileSync(join(folder, 'large.xml'), decoder('large'));
  truncateSync(join(folder, 'large.xml'), 8 * 2 ** 20 + 1);
  // A link to a file counts, as in the engine.
  writeFiles(home, { 'kept/far.txt': decoder('far') });
  symlinkSync(join(home, 'kept/far.txt'), join(folder, 'far.xml'));
  expect(found(home)).toEqual(['door', 'far']);
  // Nor is a folder one that is a link in a circle.
  const loop = makeHome('<ruleset><decoder_dir>loop</decoder_dir><decoder_dir>d</decoder_dir></ruleset>', {
    'd/site.xml': decoder('door'),
  });
  symlinkSync('loop', join(loop, 'loop'));
  expect(found(loop)).toEqual(['door']);
});

test('without an ossec.conf that can be read nothing is known', () => {
  expect(findDecoderNames(makeFolder())).toBeNull();
  expect(
    findDecoderNames(writeFiles(makeFolder(), { 'etc/ossec.conf': '<ossec_config><ruleset>' })),
  ).toBeNull();
});

test('the built-in ones are there without any file', () => {
  const home = makeHome(usual, {});
  expect(findDecoderNames(home)).toEqual(builtInDecoders);
  expect(builtInDecoders.size).toBe(16);
  expect(builtInDecoders.has('windows_eventchannel')).toBe(true);
  expect(builtInDecoders.has('json')).toBe(false);
});

test('a plain folder of decoder files has their names and the built-in ones', () => {
  const folder = writeFiles(makeFolder(), {
    '0006-json_decoders.xml': decoder('json'),
    'SITE.XML': decoder('door'),
    'notes.txt': decoder('note'),
    'broken.xml': '<decoder',
    'deeper/other.xml': decoder('other'),
  });
  expect(readDecoderNames(folder)).toEqual(new Set([...builtInDecoders, 'json', 'door']));
});

test('a folder that cannot be read is named with what to do', () => {
  const folder = join(makeFolder(), 'absent');
  expect.assertions(2);
  try {
    readDecoderNames(folder);
  } catch (error) {
    expect(error).toBeInstanceOf(KnownError);
    expect(error).toMatchObject({
      exitCode: 2,
      message: `the decoders in ${folder} cannot be read (ENOENT): name a folder with copies of the manager's decoder files (ruleset/decoders and etc/decoders)`,
    });
  }
});
