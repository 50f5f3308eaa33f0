import { describe, expect, it } from 'vitest';
import { attributeOf, expandVariables, lineFinder, readXml } from '../../src/wazuh/xml.ts';

function only(source: string) {
  const { roots, fault } = readXml(source);
  expect(fault).toBeNull();
  const [root] = roots;
  if (root === undefined) throw new Error('no element');
  return root;
}

describe('the text of an element', () => {
  it.each([
    ['is kept as written, blanks included', '<a>  x \n y </a>', '  x \n y '],
    ['keeps entities', '<a>x &amp; y &lt; z</a>', 'x &amp; y &lt; z'],
    ['leaves comments out', '<a>x<!-- <b> -->y</a>', 'xy'],
    ['takes "!>" for the end of a comment too', '<a>x<! <b> !>y</a>', 'xy'],
    ['keeps "<" behind a backslash, with the backslash', '<a>x\\<y</a>', 'x\\<y'],
    ['is what stands behind the last child', '<a>x<b>1</b>y<c/>z</a>', 'z'],
    ['may hold ">" and quotes', '<a>x > "y"</a>', 'x > "y"'],
    ['is empty when the element closes itself', '<a/>', ''],
  ])('%s', (_, source, text) => {
    expect(only(source).text).toBe(text);
  });

  it('opens an element at "<" behind an escaped backslash', () => {
    expect(only('<a>x\\\\<b>1</b></a>').children.map(({ name }) => name)).toEqual(['b']);
  });

  it.each([
    [20_479, null],
    [20_480, true],
  ])('of %i bytes', (bytes, overflow) => {
    const long = 'x'.repeat(bytes);
    for (const source of [`<a>${long}</a>`, `<a b="${long}"/>`, `<a ${long}="b"/>`, `<${long}></${long}>`])
      expect(readXml(source).fault?.overflow ?? null).toBe(overflow);
  });

  it('between two roots may have any length', () => {
    expect(readXml(`<a/>${'x'.repeat(30_000)}<b/>`).fault).toBeNull();
  });

  it('is measured in bytes, comments not counted', () => {
    expect(readXml(`<a>${'é'.repeat(10_240)}</a>`).fault?.overflow).toBe(true);
    expect(readXml(`<a>${'x'.repeat(20_000)}<!--${'y'.repeat(5_000)}--></a>`).fault).toBeNull();
  });
});

describe('elements', () => {
  it('may be several at the root, with anything between them', () => {
    expect(readXml('<a>1</a> & noise <b>2</b>').roots.map(({ text }) => text)).toEqual(['1', '2']);
  });

  it('know where they are in the source', () => {
    const source = '<!-- x -->\n<list a="1">\n  <item>abc</item></list>\n';
    const root = only(source);
    const [child] = root.children;
    expect(source.slice(root.start, root.end)).toBe('<list a="1">\n  <item>abc</item></list>');
    expect(source.slice(root.contentStart, root.contentEnd)).toBe('\n  <item>abc</item>');
    expect(child && source.slice(child.start, child.end)).toBe('<item>abc</item>');
    expect(child && lineFinder(source)(child.start)).toBe(3);
  });

  it('have attributes in either quote, with blanks around', () => {
    const root = only(`<a  x="1" Y='it "is"'  z= "3" >t</a>`);
    expect(root.attributes).toEqual([
      { name: 'x', value: '1' },
      { name: 'Y', value: 'it "is"' },
      { name: 'z', value: '3' },
    ]);
    expect(attributeOf(root, 'y')).toBe('it "is"');
    expect(only('<a x="1"/>').children).toEqual([]);
  });

  it('keep those before a fault', () => {
    const { roots, fault } = readXml('<a>1</a><b>2');
    expect(roots.map(({ name }) => name)).toEqual(['a']);
    expect(fault).toEqual({ message: 'the text ends inside element "b"', offset: 8, overflow: false });
  });
});

it.each([
  ['closed by another name', '<a><b></a></b>', 'element "b" is closed by "a"'],
  ['closed by a name with a blank', '<a>x</a >', 'element "a" is closed by "a "'],
  ['a bare "<" in a text', '<a>1 < 2</a>', 'attribute "2<" has no value'],
  ['closed without being open', 'x</a>', 'element "a" is not open'],
  ['an open comment', '<a><!-- x</a>', 'a comment is not closed'],
  ['an attribute without a value', '<a x>1</a>', 'attribute "x" has no value'],
  ['an attribute without quotes', '<a x=1>1</a>', 'attribute "x" is not followed by a quote'],
  ['an open attribute', '<a x="1>2</a>', 'attribute "x" is not closed'],
  ['">" in an attribute', '<a x="1>2">3</a>', 'attribute "x" is not closed'],
  ['attributes that touch', '<a x="1"y="2">3</a>', 'attribute "x" is followed by "y"'],
  ['an attribute set twice', '<a x="1" x="2">3</a>', 'attribute "x" is set twice'],
  ['an open tag', '<a', 'the text ends inside a tag'],
  ['an open attribute name', '<a x', 'the text ends inside an attribute'],
  ['an XML declaration', '<?xml version="1.0"?><a>1</a>', 'attribute "version" is followed by "?"'],
  ['too deep nesting', '<a>'.repeat(1_025), 'elements are nested too deep'],
])('refuses %s', (_, source, message) => {
  expect(readXml(source).fault?.message).toBe(message);
});

describe('variables', () => {
  const expand = (source: string) => expandVariables(readXml(source).roots);

  it('stand for their value up to the next separator', () => {
    const { roots, fault } = expand('<var name="BAD">error|fail</var><r x="$BAD"><m>$BAD,$bad.</m></r>');
    expect(fault).toBeNull();
    expect(roots.map(({ name }) => name)).toEqual(['r']);
    expect(roots[0]?.attributes[0]?.value).toBe('error|fail');
    expect(roots[0]?.children[0]?.text).toBe('error|fail,error|fail.');
  });

  it('leave the end of a pattern and the fields of a description alone', () => {
    const { roots } = expand('<var name="A">x</var><r><m>^end$</m><d>of $(field) now</d></r>');
    expect(roots[0]?.children.map(({ text }) => text)).toEqual(['^end$', 'of $(field) now']);
  });

  it('are refused when unknown, once there is any', () => {
    expect(expand('<var name="A">x</var><r><m>$OTHER</m></r>').fault?.message).toBe(
      'variable "OTHER" is unknown',
    );
    expect(expand('<r><m>$OTHER</m></r>').fault).toBeNull();
  });
});
