import { readFileSync } from 'node:fs';

/**
 * The text of a file that a person hands over, without a byte order mark: Windows writes one before UTF-8, and
 * PowerShell 5 writes UTF-16. Lines may end with CRLF.
 * @throws the system's error
 */
export function readText(file: string): string {
  return decodeText(readFileSync(file));
}

/** Bytes as the text that their mark says; UTF-8 without one. */
function decodeText(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le', 2);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return evenPart(bytes.subarray(2)).swap16().toString('utf16le');
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', hasMark ? 3 : 0);
}

/** A copy: `swap16` works in place, and refuses an odd number of bytes. */
function evenPart(bytes: Buffer): Buffer {
  return Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
}
