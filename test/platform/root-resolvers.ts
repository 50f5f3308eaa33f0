import { ApiError } from './api-error.ts';
import { requireKnowledge, requireToken } from './context.ts';
import type { ResolverTable } from './field-resolvers.ts';
import type { ListArguments } from './list-arguments.ts';
import { toSettings, toUser } from './platform-facts.ts';
import { readList } from './read-list.ts';
import { readOne, readTable } from './read-table.ts';

interface IdArgument {
  readonly id: string;
}

export const rootResolvers: ResolverTable = {
  about: (_source, _args, context) => {
    if (context.platform.traits.guardsAbout) requireToken(context);
    return { version: context.platform.version };
  },
  me: (_source, _args, context) => {
    requireToken(context);
    return toUser(context.platform);
  },
  settings: (_source, _args, context) => {
    requireToken(context);
    if (context.platform.settingsRefused) throw new ApiError('FORBIDDEN_ACCESS');
    return toSettings(context.platform);
  },
  stixCyberObservables: (_source, args: ListArguments, context) => {
    requireKnowledge(context);
    return readTable(context.platform, 'observables', context.platform.data.observables, args);
  },
  stixCyberObservable: (_source, { id }: IdArgument, context) => {
    requireKnowledge(context);
    return readOne(context.platform, context.platform.data.observables, id);
  },
  indicators: (_source, args: ListArguments, context) => {
    requireKnowledge(context);
    return readTable(context.platform, 'indicators', context.platform.data.indicators, args);
  },
  indicator: (_source, { id }: IdArgument, context) => {
    requireKnowledge(context);
    return readOne(context.platform, context.platform.data.indicators, id);
  },
  labels: (_source, args: ListArguments, context) => {
    requireToken(context);
    return readList(context.platform.data.labels.values(), (label) => label.value, args);
  },
  markingDefinitions: (_source, args: ListArguments, context) => {
    requireToken(context);
    const { data, markings } = context.platform;
    const seen = [...data.markings.values()].filter((marking) => markings.has(marking.id));
    return readList(seen, (marking) => marking.definition, args);
  },
  identities: (_source, args: ListArguments, context) => {
    requireKnowledge(context);
    const types = args.types ?? [];
    const all = [...context.platform.data.identities.values()];
    const asked = types.length > 0 ? all.filter((identity) => types.includes(identity.entity_type)) : all;
    return readList(asked, (identity) => identity.name, args);
  },
};
