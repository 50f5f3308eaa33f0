import * as v from 'valibot';
import type { OpenCtiClient } from './client.ts';
import { OpenCtiError, type OpenCtiFailure } from './errors.ts';
import { type Shape, toShape } from './version.ts';

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
