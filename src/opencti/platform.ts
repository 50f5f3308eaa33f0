import * as v from 'valibot';
import type { OpenCtiClient } from './client.ts';
import { OpenCtiError, type OpenCtiFailure } from './errors.ts';

interface Marking {
  readonly id: string;
  readonly definition: string;
}

/** The platform that answered, and what the token may see of it. */
export interface Platform {
  /** As the platform spells it. */
  readonly version: string;
  readonly shape: Shape;
  readonly user: { readonly name: string; readonly email: string };
  readonly capabilities: readonly string[];
  /** A token that sees few markings gives short lists. */
  readonly markings: readonly Marking[];
  /** Null: the token may not read the settings. */
  readonly platformId: string | null;
  /** The platform's clock when it answered. */
  readonly date: Date | null;
}

/** Valid on every version from 5.0 on, so that a too old one can be told. */
export const preflightQuery = `query Preflight {
  about { version }
  me { name user_email capabilities { name } allowed_marking { id definition } }
}`;

export const platformIdQuery = 'query PlatformId { settings { id } }';

const preflightSchema = v.object({
  about: v.object({ version: v.string() }),
  me: v.object({
    name: v.string(),
    user_email: v.string(),
    capabilities: v.array(v.object({ name: v.string() })),
    allowed_marking: v.nullish(v.array(v.object({ id: v.string(), definition: v.nullish(v.string()) })), []),
  }),
});

const platformIdSchema = v.object({ settings: v.object({ id: v.string() }) });

/**
 * Who answers, and whether a read can succeed.
 * @throws OpenCtiError when the token, its capabilities or the version do not suffice
 */
export async function preflight(client: OpenCtiClient, signal?: AbortSignal): Promise<Platform> {
  const { data, date } = await client.request(preflightQuery, {}, preflightSchema, { signal });
  const { about, me } = data;
  const shape = toShape(about.version);
  const capabilities = me.capabilities.map(({ name }) => name);
  if (!capabilities.some(givesKnowledge)) {
    throw new OpenCtiError(
      'capability',
      `the token's user ${JSON.stringify(me.name)} has not the capability KNOWLEDGE ("Access knowledge") on ` +
        `${client.url} (it has ${capabilities.join(', ') || 'none'}): give it to a role of that user`,
    );
  }
  return {
    version: about.version,
    shape,
    user: { name: me.name, email: me.user_email },
    capabilities,
    markings: me.allowed_marking.map(({ id, definition }) => ({ id, definition: definition ?? id })),
    platformId: await fetchPlatformId(client, signal),
    date,
  };
}

/** OpenCTI takes a more special capability (`KNOWLEDGE_KNUPDATE`) for the general one. */
const givesKnowledge = (name: string) => name === 'BYPASS' || /^KNOWLEDGE($|_)/.test(name);

/** A request of its own: a refused field would make the whole answer unusable. */
async function fetchPlatformId(client: OpenCtiClient, signal?: AbortSignal): Promise<string | null> {
  try {
    const { data } = await client.request(platformIdQuery, {}, platformIdSchema, { signal });
    return data.settings.id;
  } catch (error) {
    if (error instanceof OpenCtiError && answers.has(error.failure)) return null;
    throw error;
  }
}

/** The platform answered, if not with its id: that is not worth a failure. */
const answers: ReadonlySet<OpenCtiFailure> = new Set(['capability', 'token', 'query', 'server', 'answer']);

/** How labels and markings come: as `edges { node }`, or as plain lists from 5.12.24 on. */
export type Shape = 'edges' | 'lists';

const oldest = [5, 12, 0];
const plainListsSince = [5, 12, 24];

/**
 * The shape that a version's API has. Suffixes (`7.260309.0-lts.2`) do not count, and a version newer than all
 * known ones counts as the newest known.
 * @throws OpenCtiError for a version that is older than 5.12.0 or no version at all
 */
export function toShape(version: string): Shape {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?![\d.])/.exec(version.trim());
  if (!match) {
    throw new OpenCtiError(
      'version',
      `OpenCTI gives its version as ${JSON.stringify(version.slice(0, 50))}: no version`,
    );
  }
  const numbers = match.slice(1).map((part) => Number(part ?? 0));
  if (compare(numbers, oldest) < 0) {
    throw new OpenCtiError('version', `OpenCTI ${match[0]} is too old: 5.12.0 or later is needed`);
  }
  return compare(numbers, plainListsSince) < 0 ? 'edges' : 'lists';
}

function compare(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((number, index) => number !== b[index]);
  return differing < 0 ? 0 : (a[differing] ?? 0) - (b[differing] ?? 0);
}
