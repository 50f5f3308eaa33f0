/** Names of labels and authors are the same when these are: the case of letters and blanks at the ends do not count. */
export function toNameKey(name: string): string {
  return name.trim().toLowerCase();
}
