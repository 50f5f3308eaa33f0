import type { Claim, Observable } from './kinds.ts';
import type { Skip } from './skip.ts';
import { toAddress } from './to-address.ts';
import { toHash } from './to-hash.ts';
import { toThreatName } from './to-name.ts';

/**
 * The one door from a text of outside to a value of ours.
 *
 * Repaired: blanks at the ends, case, `[.]`, `(.)`, `hxxp://`, one trailing dot, `*.` or `.` before a name, IDN to `xn--`,
 * IPv4-mapped IPv6 to IPv4, the spelling of IPv6, the host bits of a network, the label before a hash and the name of its
 * algorithm where its length says which one it is. Everything else that is not exactly a hash, an
 * address or a name is refused with its reason; so is what can never tell good from bad (see `skipReasons`).
 */
export function toObservable({ kind, text }: Claim): Observable | Skip {
  switch (kind) {
    case 'name':
      return toThreatName(text);
    case 'ipv4':
    case 'ipv6':
      return toAddress(kind, text);
    default:
      return toHash(kind, text);
  }
}
