import { createLines, type Run } from '../compile/list-lines.ts';
import type { Selection } from '../compile/selection.ts';
import type { PlannedFile } from '../publish/planned-file.ts';
import { flags, noInteger, type ObjectStore } from '../record/object-store.ts';
import type { Listing } from '../value-lists/value-index.ts';

/** What is written of a value: its number, `in` or the reason, the object that decided or -1, where it is listed. */
interface Row {
  readonly value: number;
  readonly decision: string;
  readonly object: number;
  readonly listing: Listing | null;
}

/**
 * The lines of `values.tsv`: the traits as JSON, then a line a value: kind, value, `in` or the reason, the object that
 * decided (type, id, score, valid_until, number of its traits), where it is listed. Fields that are not there are empty.
 */
export function renderRecord({ values, skippedValues, traits }: Selection): PlannedFile['lines'] {
  const header = `${JSON.stringify({ traits })}\n`;
  const { objects } = values;
  const runs = [
    toRun(values.numbers(), objects, values.traits, (value) => ({
      value,
      decision: 'in',
      object: values.objectOf(value),
      listing: null,
    })),
    toRun(skippedValues.numbers(), objects, values.traits, (value) => ({
      value,
      decision: skippedValues.reasonOf(value),
      object: skippedValues.objectOf(value),
      listing: skippedValues.listingOf(value),
    })),
  ];
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

/** Numbers, the name of a reason, and a listing with the name of a file. */
const longestRest = 8192;

function toRun(
  numbers: Uint32Array,
  objects: ObjectStore,
  traits: Uint32Array,
  toRow: (value: number) => Row,
): Run {
  return {
    length: numbers.length,
    write(index, target, at) {
      const { value, decision, object, listing } = toRow(numbers[index] as number);
      let end = at + target.write(`${objects.values.kindAt(value)}\t`, at, 'latin1');
      end = objects.values.write(value, target, end);
      end += target.write(`\t${decision}\t`, end);
      end =
        object < 0 ? end + target.write('\t\t\t\t', end) : writeVote(objects, object, traits, target, end);
      return end + target.write(listing === null ? '\t' : `\t${JSON.stringify(listing)}`, end);
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
  const end = objects.ids.write(
    object,
    target,
    at + target.write(isIndicator ? 'indicator\t' : 'observable\t', at),
  );
  const rest = `\t${score === noInteger ? '' : score}\t${Number.isNaN(until) ? '' : until}\t${traits[object]}`;
  return end + target.write(rest, end);
}
