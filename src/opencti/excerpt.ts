const longest = 200;

/**
 * Foreign text for a message: one line without control characters (they could steer a terminal or split a log
 * line), not too long, and with each secret taken out, since servers and proxies echo what they were sent.
 */
export function toExcerpt(text: string, secrets: readonly string[] = []): string {
  const clean = secrets.filter(Boolean).reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
  const line = clean
    .slice(0, longest * 4)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return line.length <= longest ? line : `${[...line].slice(0, longest).join('')}...`;
}
