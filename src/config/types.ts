import * as v from 'valibot';
import { toName } from '../values/door.ts';
import { isSkip } from '../values/skip-reasons.ts';

/** The facts about a key in addition to its type and its default. The documentation is rendered from them. */
export interface KeyFacts {
  /** What the key does, in Markdown. */
  readonly says?: string;
  /** The variable of the environment that has priority over the file. */
  readonly variable?: string;
  /** Variables that name a proxy when the key is not set. */
  readonly proxyVariables?: readonly string[];
  /** The text that is shown as the default of a key without one; otherwise that is "none". */
  readonly shown?: string;
  /** The legal values, as the messages name them. */
  readonly legal?: string;
}

/** A schema as a tree of keys. */
export interface SchemaNode {
  readonly type: string;
  readonly entries?: Readonly<Record<string, SchemaNode>>;
  /** The schema of the items of a list. */
  readonly item?: SchemaNode;
  readonly wrapped?: SchemaNode;
  readonly default?: unknown;
}

/** Returns the schema itself, without its default. */
export function unwrap(node: SchemaNode): SchemaNode {
  return node.wrapped ? unwrap(node.wrapped) : node;
}

export function factsOf(node: SchemaNode): KeyFacts {
  return v.getMetadata(unwrap(node) as v.GenericSchema);
}

const facts = <Input>(of: KeyFacts) => v.metadata<Input, Record<string, unknown>>({ ...of });

/** Returns a key with a default, which is written as in a file. */
export function key<
  const Schema extends v.GenericSchema,
  const Default extends Readonly<v.InferInput<Schema>>,
>(schema: Schema, byDefault: Default, of: KeyFacts | string) {
  return v.optional(describe(schema, of), byDefault);
}

/** Returns a key that is null when it is not set. */
export function unset<const Schema extends v.GenericSchema>(schema: Schema, of: KeyFacts | string) {
  return v.optional(v.nullable(describe(schema, of)), null);
}

/** Returns a section; it may be left out, as each of its keys may. */
export function section<const Entries extends v.ObjectEntries>(entries: Entries, says?: string) {
  const keys = describe(v.strictObject(entries), says === undefined ? {} : { says });
  return v.optional(keys, {} as v.InferInput<typeof keys>);
}

/**
 * Adds the description to a schema, and keeps the type of the schema: with the description in the type, the messages of
 * the compiler could not be read.
 */
function describe<Schema extends v.GenericSchema>(schema: Schema, of: KeyFacts | string): Schema {
  return v.pipe(schema, facts(typeof of === 'string' ? { says: of } : of)) as unknown as Schema;
}

// The types of values. Each message completes "<key>: <value> ...".

export const text = v.pipe(v.string('is not text'), v.nonEmpty('is empty'), facts({ legal: 'text' }));
/** The path of a file or folder. */
export const path = v.pipe(text, facts({ legal: 'a path' }));
export const names = list(text, 'names');
export const paths = list(path, 'paths');

/** A host name in its normal form. */
export const hostName = v.pipe(
  v.string('is not text'),
  v.check((value) => !isSkip(toName(value)), 'is not the name of a host or domain'),
  v.transform(normalName),
  facts({ legal: 'the name of a host or domain' }),
);

function normalName(text: string): string {
  const name = toName(text);
  return isSkip(name) ? text : name.value;
}

const noUser = 'is neither the name nor the number of a user';

/** An account, by name or number. */
export const userName = v.pipe(
  v.union([v.string(), v.number()], noUser),
  v.transform(String),
  v.regex(/^[a-z_][a-z0-9_-]{0,31}$|^\d{1,9}$/i, noUser),
  facts({ legal: 'the name or the number of a user' }),
);

/** The value is never quoted in a message: see `formatIssue`. */
export const secret = v.pipe(
  v.string('is not text (put it in quotes)'),
  v.regex(/^[\x21-\x7e]+$/, 'is empty or holds a blank, a line break or a character outside of ASCII'),
  facts({ legal: 'text of ASCII characters without blanks' }),
);

/** YAML 1.2 reads `on` as text. */
export const onOff = v.pipe(
  v.union([v.picklist(['on', 'off']), v.boolean()], 'is neither on nor off'),
  v.transform((value) => value === 'on' || value === true),
  facts({ legal: '`on`, `off`' }),
);

export function integer(least: number, most: number) {
  const legal = `a whole number from ${formatInteger(least)} to ${formatInteger(most)}`;
  const message = `is not ${legal}`;
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(least, message),
    v.maxValue(most, message),
    facts({ legal }),
  );
}

/**
 * Formats an integer with commas. `toLocaleString` would load the tables of ICU, which adds 9 ms to the start of each
 * command (Node 20).
 */
function formatInteger(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

export function oneOf<const Options extends readonly string[]>(...options: Options) {
  const legal = options.map((option) => `\`${option}\``).join(', ');
  return v.pipe(v.picklist(options, `is not one of: ${options.join(', ')}`), facts({ legal }));
}

/**
 * Returns a list. @param plural the name of the entries in the documentation; by default it lists the legal entries.
 */
export function list<const Item extends v.GenericSchema>(item: Item, plural?: string) {
  const legal = plural ? `a list of ${plural}` : `a list of: ${factsOf(item).legal}`;
  return v.pipe(v.array(item, 'is not a list'), facts({ legal }));
}

/** Returns a list with at least one entry: with an empty one, every CDB list would be empty. */
export function some<const Item extends v.GenericSchema>(item: Item) {
  const legal = `a list of at least one of: ${factsOf(item).legal}`;
  return v.pipe(v.array(item, 'is not a list'), v.minLength(1, 'is empty'), facts({ legal }));
}

export const httpUrl = v.pipe(
  v.string('is not a URL'),
  v.check((value) => /^https?:$/.test(parseUrl(value)?.protocol ?? ''), 'is not an http:// or https:// URL'),
  facts({ legal: 'an `http://` or `https://` URL' }),
);

/** A URL without a user name and a password: a password would be written to a manifest. */
export const httpUrlWithoutUser = v.pipe(
  httpUrl,
  v.check(
    (value) => !parseUrl(value)?.username && !parseUrl(value)?.password,
    'carries a user name or a password',
  ),
  facts({ legal: 'an `http://` or `https://` URL without a user name or password' }),
);

function parseUrl(value: string): URL | null {
  return URL.canParse(value) ? new URL(value) : null;
}

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Returns a time such as `26h` in milliseconds. */
export function toMilliseconds(written: string): number {
  return Number.parseInt(written, 10) * units[written.replace(/\d+/, '') as keyof typeof units];
}

/** Returns a range of times as text. @param least in milliseconds, as `most`. */
function toRange(least: number, most: number): string {
  return `a time from ${least / 1000}s to ${most / 1000}s`;
}

/** Returns the same range in the largest units. */
function toLegalRange(least: number, most: number): string {
  const [from, to] = [least, most].map((time) => {
    const unit = (['d', 'h', 'm'] as const).find((name) => time > 0 && time % units[name] === 0) ?? 's';
    return `\`${time / units[unit]}${unit}\``;
  });
  return `a time from ${from} to ${to}`;
}

/** Returns a time such as `90s`, `10m` or `26h`, which is read as milliseconds. */
export function duration(least: number, most: number) {
  const message = `is not ${toRange(least, most)}, such as 90s, 10m or 26h`;
  return v.pipe(
    v.string(message),
    v.regex(/^\d{1,9}(?:ms|s|m|h|d)$/, message),
    v.transform(toMilliseconds),
    v.minValue(least, message),
    v.maxValue(most, message),
    facts({ legal: toLegalRange(least, most) }),
  );
}

/** Returns a time, or null: switched off. */
export function durationOrOff(least: number, most: number) {
  const off = v.pipe(
    v.union([v.literal('off'), v.literal(false)]),
    v.transform(() => null),
  );
  const message = `is neither off nor ${toRange(least, most)}, such as 90s, 10m or 26h`;
  return v.pipe(
    v.union([off, duration(least, most)], message),
    facts({ legal: `\`off\`, or ${toLegalRange(least, most)}` }),
  );
}

/** A share such as `50 %`, `50%` or `50`, which is read as 50. */
export const percent = v.pipe(
  v.union([v.string(), v.number()], 'is not a share from 0 % to 100 %'),
  v.transform(String),
  v.regex(/^(?:\d{1,2}|100) ?%?$/, 'is not a share from 0 % to 100 %, such as 50 %'),
  v.transform((value) => Number.parseInt(value, 10)),
  facts({ legal: 'a share from 0 % to 100 %' }),
);

/** The node exporter reads only files with such a name. */
export const promFile = v.pipe(
  text,
  v.regex(/^\/.*\.prom$/, 'is not an absolute path that ends in .prom'),
  facts({ legal: 'an absolute path that ends in `.prom`' }),
);

const prefixProblem = 'is neither auto nor a whole number from 12 to 64';

/** The number of digits of a hash that a gate compares. */
export const prefixDigits = v.pipe(
  v.union([v.literal('auto'), v.number()], prefixProblem),
  v.check((written) => written === 'auto' || v.is(integer(12, 64), written), prefixProblem),
  facts({ legal: '`auto`, or a whole number from 12 to 64' }),
);
