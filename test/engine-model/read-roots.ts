import { expandVariables, readXml, type XmlElement, type XmlReading } from '../../src/wazuh/xml.ts';
import type { Report } from './problem.ts';

/**
 * The outer elements of a rules or decoders file, with its variables put in. A file that the engine cannot read gives
 * null, and the engine then refuses the whole ruleset.
 */
export function readRoots(text: string, report: Report): readonly XmlElement[] | null {
  const { roots, fault } = readOnce(text);
  if (!fault) return roots;
  report(fault.overflow ? 'text-too-long' : 'malformed-xml', fault.offset, fault.message);
  return null;
}

/** Readings by their texts: nearly every set that a test loads has the stock rules and the rules of the set before. */
const readings = new Map<string, XmlReading>();

/** So many texts are a few sets. */
const mostReadings = 50;

function readOnce(text: string): XmlReading {
  const known = readings.get(text);
  if (known !== undefined) return known;
  const plain = readXml(text);
  const reading = plain.fault ? plain : expandVariables(plain.roots);
  if (readings.size >= mostReadings) readings.clear();
  readings.set(text, reading);
  return reading;
}
