import type { XmlElement, XmlFault } from './xml.ts';

interface Expansion {
  readonly roots: readonly XmlElement[];
  readonly fault: XmlFault | null;
}

/** A use is `$name`, and the name goes on to one of `$ . | , ` or a blank or the end. */
const use = /\$([^$.|, ]*)/g;

/**
 * Puts the values of `<var name="X">` in place of `$X` in every text and attribute behind it, as the engine does
 * (Wazuh 4.14.7) once a file defines a variable; an unknown name then makes it refuse the file.
 */
export function expandVariables(roots: readonly XmlElement[]): Expansion {
  const values = new Map<string, string>();
  const expanded: XmlElement[] = [];
  const faults: XmlFault[] = [];
  for (const root of roots) {
    if (root.name.toLowerCase() === 'var') {
      const name = root.attributes[0]?.value ?? '';
      values.set(name.toLowerCase(), root.text);
    } else {
      expanded.push(values.size === 0 ? root : expandElement(root, values, faults));
    }
  }
  return { roots: expanded, fault: faults[0] ?? null };
}

function expandElement(element: XmlElement, values: Map<string, string>, faults: XmlFault[]): XmlElement {
  const expand = (text: string) =>
    text.length <= 2
      ? text
      : text.replace(use, (written, name: string) => {
          if (name === '' || name.startsWith('(')) return written;
          const value = values.get(name.toLowerCase());
          if (value !== undefined) return value;
          faults.push({ message: `variable "${name}" is unknown`, offset: element.start, overflow: false });
          return written;
        });
  return {
    ...element,
    attributes: element.attributes.map(({ name, value }) => ({ name, value: expand(value) })),
    text: expand(element.text),
    children: element.children.map((child) => expandElement(child, values, faults)),
  };
}
