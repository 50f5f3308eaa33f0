import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readXml, type XmlElement } from '../../src/wazuh/xml.ts';

const markup = fc.constantFrom(
  ...[
    '<a>',
    '</a>',
    '<b x="1">',
    '</b>',
    '<c/>',
    '<d y="/>',
    '<!--',
    '-->',
    '!>',
    '\\',
    '\\<',
    '<',
    '>',
    '&amp;',
    '"',
    '\n',
    'text',
  ],
);
const noise = fc.array(markup, { maxLength: 30 }).map((parts) => parts.join(''));

function everyElement(roots: readonly XmlElement[]): XmlElement[] {
  return roots.flatMap((root) => [root, ...everyElement(root.children)]);
}

it('reads any text to the end or to a fault inside it', () => {
  fc.assert(
    fc.property(noise, (source) => {
      const { roots, fault } = readXml(source);
      for (const element of everyElement(roots)) {
        expect(source.startsWith(`<${element.name}`, element.start)).toBe(true);
        expect(source[element.end - 1]).toBe('>');
        expect(element.contentStart).toBeLessThanOrEqual(element.contentEnd);
        for (const child of element.children) {
          expect(child.start).toBeGreaterThanOrEqual(element.contentStart);
          expect(child.end).toBeLessThanOrEqual(element.contentEnd);
        }
      }
      if (fault) expect(fault.offset).toBeLessThanOrEqual(source.length);
    }),
  );
});

interface Tree {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Tree[];
  readonly text: string;
}

const word = fc.stringMatching(/^[a-z_]{1,8}$/);
/** Everything that an element's text may hold: entities, quotes, `>`, backslashes that no `<` follows. */
const text = fc.stringMatching(/^[a-zA-Z0-9 &;"'>.^$|()\n-]{0,20}$/);
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.record({
    name: word,
    attributes: fc.dictionary(word, fc.stringMatching(/^[a-zA-Z0-9 &;'.^$|-]{0,10}$/), { maxKeys: 3 }),
    children: fc.oneof({ maxDepth: 3 }, fc.constant([]), fc.array(tie('tree'), { maxLength: 2 })),
    text,
  }),
}));

function write({ name, attributes, children, text: written }: Tree): string {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${value}"`);
  return `<${name}${pairs.join('')}>${children.map(write).join('\n')}${written}</${name}>`;
}

function plain({ name, attributes, children, text: read }: XmlElement): Tree {
  const pairs = attributes.map((attribute): [string, string] => [attribute.name, attribute.value]);
  return { name, attributes: Object.fromEntries(pairs), children: children.map(plain), text: read };
}

it('gives back what was written, to the letter', () => {
  fc.assert(
    fc.property(fc.array(tree, { maxLength: 3 }), (trees) => {
      const { roots, fault } = readXml(trees.map(write).join('\n<!-- between -->\n'));
      expect(fault).toBeNull();
      expect(roots.map(plain)).toEqual(trees.map((one) => ({ ...one, attributes: { ...one.attributes } })));
    }),
  );
});
