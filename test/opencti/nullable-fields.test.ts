import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { lookUp } from '../../src/integration/ask.ts';
import type { Candidate } from '../../src/integration/candidates.ts';
import { renderEvent } from '../../src/integration/fit.ts';
import { defaultSettings } from '../../src/integration/settings.ts';
import { toContext } from '../../src/integration/shape.ts';
import type { OpenCtiClient } from '../../src/opencti/client.ts';
import { OpenCtiError } from '../../src/opencti/errors.ts';
import { fetchNames, type Kind, namedKinds } from '../../src/opencti/names.ts';
import { readObjectsOf } from '../../src/opencti/objects-of.ts';
import { preflight, type Shape, toShape } from '../../src/opencti/platform.ts';
import { readIndicators, readObservables } from '../../src/opencti/read.ts';
import { toObservable } from '../../src/values/door.ts';
import { isSkip } from '../../src/values/skip-reasons.ts';
import { type EventField, eventFields } from '../../src/wazuh/fields.ts';
import {
  type Answerer,
  type Conversation,
  createAnswerer,
  type Path,
  readSchema,
  releases,
  rowTypes,
} from './support/answers.ts';
import { connect, token } from './support/client.ts';
import { startHttp } from './support/servers.ts';

/** Reads something of a platform, by the code of the product. @returns the ids of what was read, where it has any. */
type Reading = (client: OpenCtiClient, shape: Shape) => Promise<readonly string[]>;

async function collectIds(pages: AsyncIterable<{ records: Iterable<{ id: string }> }>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { records } of pages) for (const { id } of records) ids.push(id);
  return ids;
}

const anyData = v.record(v.string(), v.unknown());
const name = toObservable({ kind: 'name', text: 'sazoya.com' });
if (isSkip(name)) throw new Error('sazoya.com is no value');

const readNames =
  (kind: Kind): Reading =>
  async (client) => {
    const found = await fetchNames(client, kind, ['x']);
    await found.near('x');
    return found.all.map(({ id }) => id);
  };

const readings: Readonly<Record<string, Reading>> = {
  preflight: async (client) => [(await preflight(client)).version],
  observables: (client, shape) =>
    collectIds(readObservables(client, { shape }, { pageSize: 10, details: true })),
  indicators: (client, shape) =>
    collectIds(readIndicators(client, { shape }, { pageSize: 10, details: true })),
  'objects of a value': async (client, shape) => {
    const records = await readObjectsOf(
      async (document, variables) => (await client.request(document, variables, anyData)).data,
      shape,
      { observables: [name], ids: [], otherHashes: [], timeLimit: 5_000 },
    );
    return records.map(({ id }) => id);
  },
  ...Object.fromEntries(
    (Object.keys(namedKinds) as Kind[]).map((kind) => [`names of a ${kind}`, readNames(kind)]),
  ),
};

/** A field of a row, or a row itself: what one object of a platform may do, which must never keep the others out. */
function isOfRow(path: Path): boolean {
  return path.some((key, index) => key === 'edges' && index < path.length - 1);
}

function isWithin(id: string, path: Path): boolean {
  return `${id}-`.startsWith(`id-of-${path.slice(0, 4).join('-')}-`);
}

async function outcomeOf(run: () => Promise<readonly string[]>): Promise<readonly string[] | OpenCtiError> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof OpenCtiError) return error;
    throw error;
  }
}

/** By reading and shape, what was asked of the platforms of the releases before. */
const conversations = new Map<string, Conversation[]>();

function conversationsOf(reading: string): Conversation[] {
  const known = conversations.get(reading) ?? [];
  conversations.set(reading, known);
  return known;
}

/**
 * The places at which the schema allows null, but for those that were tried on a platform that answers alike: the code under
 * test knows the answers and the shape alone, so it would do the same again.
 */
function findNewPlaces(answerer: Answerer, known: readonly Conversation[]): (readonly [string, Path])[] {
  const alike = known.filter((conversation) => answerer.answersLike(conversation));
  return [...answerer.nullable].filter(([place]) => !alike.some(({ nullable }) => nullable.has(place)));
}

describe.each(releases)('of the schema of %s', (release) => {
  const schema = readSchema(release);
  const shape = toShape(release);

  test.each(Object.entries(readings))('no field that may be null ends a read: %s', async (reading, read) => {
    const answerer = createAnswerer(schema);
    const known = conversationsOf(`${reading} ${shape}`);
    const client = connect(await startHttp(answerer.listener));
    const whole = await read(client, shape);
    expect(whole.length).toBeGreaterThan(0);
    expect(answerer.nullable.size).toBeGreaterThan(0);
    for (const [place, path] of findNewPlaces(answerer, known)) {
      answerer.nullAt = path;
      const outcome = await outcomeOf(() => read(client, shape));
      if (outcome instanceof OpenCtiError) {
        // Without the connection nothing is known of any row: that is an error, and never an empty result.
        expect(isOfRow(path), `${place}: ${outcome.message}`).toBe(false);
        expect(outcome.message).toMatch(
          /does not fit at|neither data nor errors|does not have the capability/,
        );
      } else {
        expect(outcome, place).toEqual(expect.arrayContaining(whole.filter((id) => !isWithin(id, path))));
      }
    }
    known.push(answerer.tellConversation());
  });

  test.each(['by id', 'by value'])(
    'no field that may be null ends the look-up of a match: %s',
    async (form) => {
      const answerer = createAnswerer(schema);
      const known = conversationsOf(form);
      const url = await startHttp(answerer.listener);
      const ask = async () => {
        const trust = [{ authors: ['a name'] }];
        const settings = { ...defaultSettings, url, token, trust };
        const options = {
          settings,
          environment: {},
          stateFolder: '/nonexistent',
          now: Date.now(),
          isTrial: true,
          isListMatch: true,
          notes: [],
        };
        const result = await lookUp([toCandidate(form === 'by id' ? 'id-of-byId' : null)], options);
        if (result.outcome === 'found')
          JSON.parse(
            renderEvent(toContext(result.best), { alert_id: '', rule_id: '', field: '', value: '' }, 65_000),
          );
        return result;
      };
      expect(await ask()).toMatchObject({ outcome: 'found' });
      expect(answerer.nullable.size).toBeGreaterThan(100);
      for (const [place, path] of findNewPlaces(answerer, known)) {
        answerer.nullAt = path;
        // Another row has the value too.
        expect(await ask(), place).toMatchObject({ outcome: 'found' });
      }
      known.push(answerer.tellConversation());
    },
  );
});

function toCandidate(listId: string | null): Candidate {
  const field = eventFields.find(({ subject }) => subject === 'name') as EventField;
  const text = 'sazoya.com';
  const sighting = {
    field,
    path: 'win.eventdata.queryName',
    text,
    claims: [{ kind: 'name' as const, text }],
    isComposite: false,
  };
  return { kind: 'name', value: text, matchedBy: 'exact', distance: 0, sighting, listId };
}

test('all releases are there, and the answers have every type', () => {
  expect(releases).toHaveLength(7);
  expect(new Set(rowTypes).size).toBe(6);
});
