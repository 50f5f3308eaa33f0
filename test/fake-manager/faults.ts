/** What goes wrong when the engine is told to load, by a reload, a check or a restart. */
type LoadFault =
  /** The engine compiles the lists, finds fault with the rules and keeps what it has. */
  | { readonly kind: 'reload-refused' }
  /** It takes all, and says this beside it. */
  | { readonly kind: 'reload-warns'; readonly texts: readonly string[] }
  /** It says `error 0`, names nothing and keeps what it has, as with a `rule_dir` pattern that skips our files. */
  | { readonly kind: 'loads-nothing' }
  | { readonly kind: 'no-answer' }
  | { readonly kind: 'hang-up' }
  | { readonly kind: 'broken-answer' }
  /** It says that all is well; a logtest session does not compile them either. */
  | { readonly kind: 'lists-not-compiled' }
  | { readonly kind: 'entries-lost'; readonly count: number }
  | { readonly kind: 'check-fails'; readonly lines: readonly string[] }
  | { readonly kind: 'check-hangs' }
  | { readonly kind: 'restart-fails' }
  /** Before the request or program is worked on. */
  | { readonly kind: 'run'; readonly work: () => void };

/** What goes wrong when a logtest session is asked for. */
type SessionFault =
  | { readonly kind: 'sessions-used-up' }
  | { readonly kind: 'session-hang-up' }
  /** It says this of the set, whatever lies on the disk. */
  | { readonly kind: 'session-says'; readonly codemsg: number; readonly messages: readonly string[] }
  | { readonly kind: 'session-no-answer' }
  | { readonly kind: 'session-run'; readonly work: () => void };

/** What goes wrong when the engine is asked for its decoders. */
type DecoderFault = { readonly kind: 'decoders-hang-up' } | { readonly kind: 'decoders-unknown' };

/** What goes wrong in the manager, each as often as it says. */
export type ManagerFault = LoadFault | SessionFault | DecoderFault;

/** What the engine was asked: a fault hits requests of its own kind only. */
export type Asked = 'load' | 'session' | 'decoders';

export interface ManagerFaults {
  /** @param times how many requests it hits. Default: 1. */
  add(fault: ManagerFault, times?: number): void;
  clear(): void;
  /** The faults that hit this one. */
  take(asked: Asked): readonly ManagerFault[];
  /** Those that will hit the next one. */
  peek(asked: Asked): readonly ManagerFault[];
}

export function createManagerFaults(): ManagerFaults {
  let planned: { readonly fault: ManagerFault; left: number }[] = [];
  const hitBy = (asked: Asked) =>
    planned.filter(({ fault, left }) => left > 0 && askedOf(fault.kind) === asked);
  return {
    add: (fault, times = 1) => void planned.push({ fault, left: times }),
    clear: () => {
      planned = [];
    },
    take(asked) {
      const hit = hitBy(asked);
      for (const entry of hit) entry.left -= 1;
      return hit.map(({ fault }) => fault);
    },
    peek: (asked) => hitBy(asked).map(({ fault }) => fault),
  };
}

type Kind = ManagerFault['kind'];

function askedOf(kind: Kind): Asked {
  if (kind.startsWith('session')) return 'session';
  return kind.startsWith('decoders') ? 'decoders' : 'load';
}

export function findFault<K extends Kind>(
  faults: readonly ManagerFault[],
  kind: K,
): Extract<ManagerFault, { kind: K }> | undefined {
  return faults.find((fault): fault is Extract<ManagerFault, { kind: K }> => fault.kind === kind);
}
