import type { Selection } from '../compile/selection.ts';
import type { SkipReason } from '../observable/skip-reasons.ts';
import { flags, type ObjectStore, reasonNames } from '../record/object-store.ts';

/** One value that is out, and the object of OpenCTI that it is about. */
export interface Example {
  /** Null: the object has a text that is no value, and the text is not kept. */
  readonly value: string | null;
  /** OpenCTI's internal id; null: no object speaks for or against it. */
  readonly id: string | null;
}

export type Examples = Readonly<Partial<Record<SkipReason, readonly Example[]>>>;

/** A person wants to see what is meant; `explain` has the rest. */
const perReason = 3;

/** Some values of each reason, in the order in which they were read. */
export function findExamples(selection: Selection): Examples {
  const found = new Map<SkipReason, Example[]>();
  const add = (reason: SkipReason, toExample: () => Example) => {
    const known = found.get(reason) ?? [];
    if (known.length === perReason) return;
    const example = toExample();
    const isNew = known.every(({ value, id }) => value !== example.value || id !== example.id);
    if (isNew) found.set(reason, [...known, example]);
  };
  addValues(selection, add);
  addTexts(selection.values.objects, add);
  return Object.fromEntries(found);
}

/** An example is made only where one more is wanted. */
type Add = (reason: SkipReason, toExample: () => Example) => void;

function addValues({ values: { objects }, skippedValues }: Selection, add: Add): void {
  for (const value of skippedValues.numbers()) {
    add(skippedValues.reasonOf(value), () => {
      const object = skippedValues.objectOf(value);
      return { value: objects.values.textAt(value), id: object < 0 ? null : objects.ids.at(object) };
    });
  }
}

/** Of texts that are no values the reason is known, and the object that has one. */
function addTexts({ ids, size, columns }: ObjectStore, add: Add): void {
  const { flags: states, linkStarts, links } = columns();
  for (let object = 0; object < size; object += 1) {
    if (((states[object] as number) & flags.gone) !== 0) continue;
    for (let at = linkStarts[object] as number; at < (linkStarts[object + 1] as number); at += 1) {
      const reason = reasonNames[-1 - (links[at] as number)];
      if (reason !== undefined) add(reason, () => ({ value: null, id: ids.at(object) }));
    }
  }
}

/**
 * The page of an object in OpenCTI's own interface (5.12 to 7.260817).
 * @param url of the platform, as a report has it. @returns null: the report names no web address.
 */
export function toObjectUrl(url: string, id: string | null): string | null {
  if (id === null || !/^https?:\/\//.test(url)) return null;
  return `${url.replace(/\/graphql$/, '').replace(/\/+$/, '')}/dashboard/id/${encodeURIComponent(id)}`;
}
