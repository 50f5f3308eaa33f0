/**
 * A condition of a rule. All of them have to hold; a field that an event does not have holds nothing.
 *
 * - `decoder`: the name of the decoder of the event, or of its parent.
 * - `field`: a PCRE2 pattern that is found in a field. Static fields (`action`, `url`, ...) are elements of their own.
 * - `text`: a PCRE2 pattern that is found in the log line, without its syslog header.
 * - `notFrom`: a PCRE2 pattern that is not found in the location of the event.
 */
export type Condition =
  | { readonly decoder: string }
  | { readonly field: string; readonly pattern: string }
  | { readonly text: string }
  | { readonly notFrom: string };
