import type { XmlElement, XmlFault } from './xml.ts';

interface Expansion {
  readonly roots: readonly XmlElement[];
  readonly fault: XmlFault | null;
}

/** A use is `$name`, and the name goes on to one of `$ . | , ` or a blank or the end. */
const use = /\$([^$.|, ]*)/g;

/**
 * Puts the values of `<var name="X">` in place of `$X` in every text and attribute behind it, wherever it stands, as
 * the engine does (Wazuh 4.14.7) once a file defines a variable; an unknown name then makes it refuse the file.
 */
export function expandVariables(roots: readonly XmlElement[]): Expansion {
  const expansion: Variables = { values: new Map(), faults: [] };
  const expanded = expandAll(roots, expansion);
  return { roots: expanded, fault: expansion.faults[0] ?? null };
}

interface Variables {
  readonly values: Map<string, string>;
  readonly faults: XmlFault[];
}

function expandAll(elements: readonly XmlElement[], variables: Variables): XmlElement[] {
  return elements.flatMap((element) => {
    if (element.name.toLowerCase() !== 'var') return [expandElement(element, variables)];
    define(element, variables);
    return [];
  });
}

/** Of two with one name the first counts. */
function define({ attributes, text, start }: XmlElement, { values, faults }: Variables): void {
  const [named] = attributes;
  if (named !== undefined && named.name.toLowerCase() !== 'name')
    faults.push({ message: `<var> has no attribute "${named.name}"`, offset: start, overflow: false });
  const name = (named?.value ?? '').toLowerCase();
  if (!values.has(name)) values.set(name, text);
}

function expandElement(element: XmlElement, variables: Variables): XmlElement {
  const { values, faults } = variables;
  const expand = (text: string) =>
    text.length <= 2 || values.size === 0
      ? text
      : text.replace(use, (written, name: string) => {
          if (name === '' || name.startsWith('(')) return written;
          const value = values.get(name.toLowerCase());
          if (value !== undefined) return value;
          faults.push({ message: `variable "${name}" is unknown`, offset: element.start, overflow: false });
          return written;
        });
  // The element's own text before what its children define.
  const text = expand(element.text);
  const attributes = element.attributes.map(({ name, value }) => ({ name, value: expand(value) }));
  return { ...element, attributes, text, children: expandAll(element.children, variables) };
}
