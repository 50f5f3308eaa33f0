import type { XmlElement } from '../../src/wazuh/xml.ts';
import type { ProblemCause } from './problem.ts';

export interface RuleAttributes {
  id: number;
  level: number;
  noalert: boolean;
  accurate: boolean;
  overwrite: boolean;
  /** Its own condition on the size of the log, or a count of earlier events: the model cannot decide these. */
  maxsize: boolean;
  frequency: boolean;
}

type Fault = readonly [ProblemCause, string];

const digits = /^\d+$/;
/** The engine scans six digits; a seventh makes the whole reload fail (Wazuh 4.14.7). */
const ruleId = /^\d{1,6}$/;

type Setter = (attributes: RuleAttributes, value: string) => Fault | null;

function numeric(name: string, set: (attributes: RuleAttributes, value: number) => void): Setter {
  return (attributes, value) => {
    if (!digits.test(value)) return ['invalid-attribute', `${name}="${value}" is no whole number`];
    set(attributes, Number(value));
    return null;
  };
}

const setters: Readonly<Record<string, Setter>> = {
  id: (attributes, value) => {
    if (!ruleId.test(value)) return ['invalid-id', `id "${value}" has to be of one to six digits`];
    attributes.id = Number(value);
    return null;
  },
  // The engine reads an empty level as 0.
  level: (attributes, value) => {
    if (!/^\d*$/.test(value) || Number(value) > 16)
      return ['invalid-level', `level "${value}" is not within 0 to 16`];
    attributes.level = Number(value);
    return null;
  },
  noalert: (attributes, value) => {
    attributes.noalert = value === '1';
    return null;
  },
  overwrite: (attributes, value) => {
    if (value !== 'yes' && value !== 'no')
      return ['invalid-attribute', `overwrite="${value}" is not yes or no`];
    attributes.overwrite = value === 'yes';
    return null;
  },
  frequency: (attributes, value) => {
    if (!digits.test(value) || Number(value) < 2 || Number(value) > 9999) {
      return ['invalid-attribute', `frequency="${value}" is not within 2 to 9999`];
    }
    attributes.frequency = Number(value) > 2;
    return null;
  },
  maxsize: numeric('maxsize', (attributes, value) => {
    attributes.maxsize = value > 0;
  }),
  accuracy: numeric('accuracy', (attributes, value) => {
    attributes.accurate = value !== 0;
  }),
  timeframe: numeric('timeframe', () => undefined),
  ignore: numeric('ignore', () => undefined),
};

/** Reads the attributes of `<rule>`, or says what the engine refuses about them. */
export function toRuleAttributes(element: XmlElement): RuleAttributes | Fault {
  const attributes: RuleAttributes = {
    id: -1,
    level: -1,
    noalert: false,
    accurate: true,
    overwrite: false,
    maxsize: false,
    frequency: false,
  };
  for (const { name, value } of element.attributes) {
    const key = name.toLowerCase();
    const setter = Object.hasOwn(setters, key) ? setters[key] : undefined;
    if (setter === undefined) return ['invalid-attribute', `<rule> has no attribute "${name}"`];
    const fault = setter(attributes, value);
    if (fault) return fault;
  }
  if (attributes.id === -1) return ['invalid-id', 'a rule has no id'];
  if (attributes.level === -1) return ['invalid-level', `rule ${attributes.id} has no level`];
  return attributes;
}
