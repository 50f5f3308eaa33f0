/** A fault while the engine loads, by a reload, a check or a restart. */
type LoadFault =
  /** The engine compiles the lists, refuses the rules and keeps what it has. */
  | { readonly kind: 'reload-refused' }
  /** It accepts the set, with these warnings. */
  | { readonly kind: 'reload-warns'; readonly texts: readonly string[] }
  /** It says `error 0`, names nothing and keeps what it has, as with a `rule_dir` pattern that skips our files. */
  | { readonly kind: 'loads-nothing' }
  | { readonly kind: 'no-answer' }
  | { readonly kind: 'hang-up' }
  | { readonly kind: 'broken-answer' }
  /** It reports no error, and has not compiled the lists; a logtest session does not compile them either. */
  | { readonly kind: 'lists-not-compiled' }
  | { readonly kind: 'entries-lost'; readonly count: number }
  | { readonly kind: 'check-fails'; readonly lines: readonly string[] }
  | { readonly kind: 'check-hangs' }
  | { readonly kind: 'restart-fails' }
  /** Runs before the request is handled, or before the program runs. */
  | { readonly kind: 'run'; readonly work: () => void };

/** A fault of a logtest session. */
type SessionFault =
  | { readonly kind: 'sessions-used-up' }
  | { readonly kind: 'session-hang-up' }
  /** It reports this about the set, whatever is on the disk. */
  | { readonly kind: 'session-says'; readonly codemsg: number; readonly messages: readonly string[] }
  | { readonly kind: 'session-no-answer' }
  | { readonly kind: 'session-run'; readonly work: () => void };

/** A fault while the engine lists its decoders. */
type DecoderFault = { readonly kind: 'decoders-hang-up' } | { readonly kind: 'decoders-unknown' };

/** The faults of a manager. */
export type ManagerFault = LoadFault | SessionFault | DecoderFault;

/** The kind of a request: a fault applies only to requests of its own kind. */
export type Asked = 'load' | 'session' | 'decoders';

export interface ManagerFaults {
  /** Adds a fault. @param times for how many requests. Default: 1. */
  add(fault: ManagerFault, times?: number): void;
  clear(): void;
  /** Returns the faults of this request, which count as used then. */
  take(asked: Asked): readonly ManagerFault[];
  /** Returns the faults of the next request. */
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
