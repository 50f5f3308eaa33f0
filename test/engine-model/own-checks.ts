import { attributeOf, type XmlElement } from '../../src/wazuh/xml.ts';
import { holdsSomeIpv4, type Network, parseNetwork } from './address.ts';
import type { Report } from './problem.ts';
import { toRuleAttributes } from './rule-attributes.ts';

/** Elements of a rule that have children of their own. */
const nesting: ReadonlySet<string> = new Set(['mitre']);

function checkText(element: XmlElement, ruleId: number | undefined, report: Report): void {
  const texts = [element.text, ...element.attributes.map(({ value }) => value)];
  if (texts.some((text) => text.includes('&'))) {
    const message = `<${element.name}> holds "&": the engine decodes no entities and shows it as written`;
    report('entity', element.start, message, ruleId);
  }
  if (texts.some((text) => text.includes('<'))) {
    report('markup-in-text', element.start, `<${element.name}> holds "<"`, ruleId);
  }
}

function checkOption(option: XmlElement, ruleId: number | undefined, report: Report): void {
  checkText(option, ruleId, report);
  if (nesting.has(option.name.toLowerCase())) {
    for (const child of option.children) checkText(child, ruleId, report);
  } else if (option.children.length > 0) {
    const message = `<${option.name}> holds an element: the engine keeps only the text behind it`;
    report('markup-in-text', option.start, message, ruleId);
  }
}

/**
 * `match_key` and the lookups of addresses search a cursor that the threads of the engine share, so they miss keys
 * that are in the list; `match_key_value` locks it (Wazuh 4.14.7, upstream 38324). `^` accepts every value.
 */
function checkLookup(list: XmlElement, ruleId: number | undefined, report: Report): void {
  const lookup = attributeOf(list, 'lookup')?.toLowerCase() ?? 'match_key';
  const value = attributeOf(list, 'check_value');
  if (lookup === 'match_key_value' && value === '^') return;
  const written = `lookup="${lookup}"${value === undefined ? '' : ` check_value="${value}"`}`;
  const message = `<list> with ${written}: only lookup="match_key_value" check_value="^" finds every key`;
  report('unsure-lookup', list.start, message, ruleId);
}

function familiesOf(networks: readonly Network[]): ReadonlySet<string> {
  return new Set(networks.map(({ family }) => family).filter((family) => family !== 'any'));
}

/**
 * The engine reads a network as one of the family that the event's address has, whatever was written (Wazuh 4.14.7):
 * so a rule has those of one family, and none of IPv6 that is one of IPv4 as well.
 */
function checkNetworks(elements: readonly XmlElement[], ruleId: number | undefined, report: Report): void {
  const [first] = elements;
  if (first === undefined) return;
  const parsed = elements.map((element) => ({ element, network: parseNetwork(element.text) }));
  const networks = parsed.flatMap(({ network }) => network ?? []);
  if (familiesOf(networks).size > 1) {
    const message = `the <${first.name}> of one rule are of IPv4 and of IPv6: each family needs a rule of its own`;
    report('mixed-families', first.start, message, ruleId);
  }
  for (const { element, network } of parsed) {
    if (network === null || !holdsSomeIpv4(network)) continue;
    const message = `<${element.name}> ${element.text} holds IPv4 addresses too: the engine reads its bytes 1 to 4 as a network of IPv4 and 5 to 8 as the mask`;
    report('accidental-ipv4', element.start, message, ruleId);
  }
}

function checkRule(rule: XmlElement, report: Report): void {
  const attributes = toRuleAttributes(rule);
  const known = 'id' in attributes ? attributes : undefined;
  checkText(rule, known?.id, report);
  for (const option of rule.children) checkOption(option, known?.id, report);
  if (known?.level === 0 && !known.noalert) {
    report('silent-level', rule.start, 'level 0 without noalert="1" ends an event in silence', known.id);
  }
  const named = (name: string) => rule.children.filter((child) => child.name.toLowerCase() === name);
  const lists = named('list');
  if (lists.length > 1) {
    const message = `a rule of ${lists.length} lists: the engine forgets all but the last two, and a rule of ours needs one`;
    report('too-many-lists', rule.start, message, known?.id);
  }
  for (const list of lists) checkLookup(list, known?.id, report);
  for (const name of ['srcip', 'dstip']) checkNetworks(named(name), known?.id, report);
  if (named('if_sid').length > 0 && named('if_group').length > 0) {
    report('ignored-group', rule.start, 'if_group does nothing beside if_sid', known?.id);
  }
}

/** What the engine takes and the project refuses in its own files: each of these has lost events or alerts. */
export function checkOwnFile(text: string, roots: readonly XmlElement[], report: Report): void {
  if (text === '') report('empty-file', 0, 'the file has 0 bytes: delete it instead');
  for (const root of roots) {
    checkText(root, undefined, report);
    for (const rule of root.children) checkRule(rule, report);
  }
}
