import { expandVariables, readXml, type XmlElement } from '../../src/wazuh/xml.ts';
import type { Report } from './problem.ts';

/**
 * The outer elements of a rules or decoders file, with its variables put in. A file that the engine cannot read gives
 * null, and the engine then refuses the whole ruleset.
 */
export function readRoots(text: string, report: Report): readonly XmlElement[] | null {
  const reading = readXml(text);
  const { roots, fault } = reading.fault ? reading : expandVariables(reading.roots);
  if (!fault) return roots;
  report(fault.overflow ? 'text-too-long' : 'malformed-xml', fault.offset, fault.message);
  return null;
}
