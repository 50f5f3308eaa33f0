/** What goes wrong in the manager, each as often as it says. */
export type ManagerFault =
  /** The engine compiles the lists, finds fault with the rules and keeps what it has. */
  | { readonly kind: 'reload-refused' }
  /** It takes all, and says this beside it. */
  | { readonly kind: 'reload-warns'; readonly texts: readonly string[] }
  | { readonly kind: 'no-answer' }
  | { readonly kind: 'hang-up' }
  | { readonly kind: 'broken-answer' }
  /** It says that all is well. */
  | { readonly kind: 'lists-not-compiled' }
  | { readonly kind: 'entries-lost'; readonly count: number }
  | { readonly kind: 'check-fails'; readonly lines: readonly string[] }
  | { readonly kind: 'check-hangs' }
  | { readonly kind: 'restart-fails' }
  /** Before the request or program is worked on. */
  | { readonly kind: 'run'; readonly work: () => void };

export interface ManagerFaults {
  /** @param times how many loads it hits. Default: 1. */
  add(fault: ManagerFault, times?: number): void;
  clear(): void;
  /** The faults that hit this one. */
  take(): readonly ManagerFault[];
}

export function createManagerFaults(): ManagerFaults {
  let planned: { readonly fault: ManagerFault; left: number }[] = [];
  return {
    add: (fault, times = 1) => void planned.push({ fault, left: times }),
    clear: () => {
      planned = [];
    },
    take() {
      const hit = planned.filter(({ left }) => left > 0);
      for (const entry of hit) entry.left -= 1;
      return hit.map(({ fault }) => fault);
    },
  };
}

type Kind = ManagerFault['kind'];

export function findFault<K extends Kind>(
  faults: readonly ManagerFault[],
  kind: K,
): Extract<ManagerFault, { kind: K }> | undefined {
  return faults.find((fault): fault is Extract<ManagerFault, { kind: K }> => fault.kind === kind);
}
