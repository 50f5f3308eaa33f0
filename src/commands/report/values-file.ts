import { createLines, type Run } from '../../compile/list-lines.ts';
import type { Selection } from '../../compile/select.ts';
import type { PlannedFile } from '../../files/write.ts';
import { flags, noInteger, type ObjectStore, reasonNames } from '../../store/object-store.ts';
import { copyBytes } from '../../store/packing.ts';
import { storedKinds } from '../../store/sort.ts';
import type { SkipReason } from '../../values/skip-reasons.ts';
import type { Listing } from '../../values/value-lists.ts';

/** Values, and the data that are written for each; a null reason: it is in. */
interface Rows {
  readonly numbers: Uint32Array;
  reasonOf(value: number): SkipReason | null;
  objectOf(value: number): number;
  listingOf(value: number): Listing | null;
}

/**
 * Returns the lines of `values.tsv`: the traits as JSON, then a line for each value: kind, value, `in` or the reason,
 * the object that decided (type, id, score, valid_until, number of its traits), and the entry of a list that names it.
 * Missing fields are empty.
 */
export function renderRecord({ values, skippedValues, traits }: Selection): PlannedFile['lines'] {
  const header = `${JSON.stringify({ traits })}\n`;
  const { objects } = values;
  const isIn = {
    numbers: values.numbers(),
    objectOf: values.objectOf,
    reasonOf: nothing,
    listingOf: nothing,
  };
  const runs = [isIn, { ...skippedValues, numbers: skippedValues.numbers() }].map((rows) =>
    toRun(rows, objects, values.traits),
  );
  const lines = createLines(runs, objects.ids.longest + longestRest);
  return {
    *chunks() {
      yield Buffer.from(header);
      yield* lines.chunks();
    },
    *[Symbol.iterator]() {
      yield header.slice(0, -1);
      yield* lines;
    },
  };
}

const nothing = () => null;

/** The most bytes of the numbers, the name of a reason, and a listing with the name of a file. */
const longestRest = 8192;

/** Texts that most lines contain, as bytes: copying bytes takes a third of the time of writing a string. */
const kindTexts = storedKinds.map((kind) => toBytes(`${kind}\t`));
const inText = toBytes('\tin\t');
const reasonTexts = new Map(reasonNames.map((reason) => [reason, toBytes(`\t${reason}\t`)]));
const typeTexts = { observable: toBytes('observable\t'), indicator: toBytes('indicator\t') };
const noVote = toBytes('\t\t\t\t');
const tab = toBytes('\t');

function toBytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

function toRun(
  { numbers, reasonOf, objectOf, listingOf }: Rows,
  objects: ObjectStore,
  traits: Uint32Array,
): Run {
  const { kinds } = objects.values.columns();
  return {
    length: numbers.length,
    write(index, target, at) {
      const value = numbers[index] as number;
      const reason = reasonOf(value);
      const object = objectOf(value);
      const listing = listingOf(value);
      let end = copy(kindTexts[kinds[value] as number] ?? tab, target, at);
      end = objects.values.write(value, target, end);
      end = copy((reason === null ? inText : reasonTexts.get(reason)) ?? tab, target, end);
      end = object < 0 ? copy(noVote, target, end) : writeVote(objects, object, traits, target, end);
      end = copy(tab, target, end);
      return listing === null ? end : end + target.write(JSON.stringify(listing), end);
    },
  };
}

function writeVote(
  objects: ObjectStore,
  object: number,
  traits: Uint32Array,
  target: Buffer,
  at: number,
): number {
  const { flags: states, scores, validUntil } = objects.columns();
  const isIndicator = ((states[object] as number) & flags.indicator) !== 0;
  const score = scores[object] as number;
  const until = validUntil[object] as number;
  let end = copy(isIndicator ? typeTexts.indicator : typeTexts.observable, target, at);
  end = copy(tab, target, objects.ids.write(object, target, end));
  if (score !== noInteger) end = writeInteger(score, target, end);
  end = copy(tab, target, end);
  if (!Number.isNaN(until)) end += target.write(String(until), end, 'latin1');
  end = copy(tab, target, end);
  return writeInteger(traits[object] as number, target, end);
}

function copy(text: Uint8Array, target: Buffer, at: number): number {
  return copyBytes(text, 0, text.length, target, at);
}

/** Writes an integer; most have only a few digits. */
function writeInteger(integer: number, target: Buffer, at: number): number {
  if (integer < 0 || integer > 999) return at + target.write(String(integer), at, 'latin1');
  let end = at;
  for (const unit of [100, 10, 1]) {
    if (integer < unit && unit > 1) continue;
    target[end] = 48 + (Math.floor(integer / unit) % 10);
    end += 1;
  }
  return end;
}
