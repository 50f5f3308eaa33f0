import { readFileSync } from 'node:fs';

/**
 * Returns the text of a file of a person, without its byte order mark: Windows writes one before UTF-8, and
 * PowerShell 5 writes UTF-16. Lines may end with CRLF.
 * @throws the system's error.
 */
export function readText(file: string): string {
  return decodeText(readFileSync(file));
}

/** Decodes bytes by their byte order mark; without one they are UTF-8. */
function decodeText(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le', 2);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return evenPart(bytes.subarray(2)).swap16().toString('utf16le');
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', hasMark ? 3 : 0);
}

/** Returns a copy with an even number of bytes: `swap16` works in place, and refuses an odd number. */
function evenPart(bytes: Buffer): Buffer {
  return Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
}
