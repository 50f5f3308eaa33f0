/** Finds generated rows by a text that they carry, without making all rows again for each question. */
export interface TextIndex {
  /** Indexes, ascending, of every row that carries one of the texts; a few more may be among them. */
  find(texts: readonly string[]): readonly number[];
}

/**
 * Two numbers a text, in flat arrays: a million rows take 20 MB and are searched in a few milliseconds. Made at
 * the first question, which costs making every row once.
 */
export function createTextIndex(count: number, textsAt: (index: number) => readonly string[]): TextIndex {
  let made: { readonly hashes: Uint32Array; readonly rows: Uint32Array } | undefined;
  const make = () => {
    const hashes: number[] = [];
    const rows: number[] = [];
    for (let index = 0; index < count; index += 1) {
      for (const text of textsAt(index)) {
        hashes.push(hashText(text));
        rows.push(index);
      }
    }
    return { hashes: Uint32Array.from(hashes), rows: Uint32Array.from(rows) };
  };
  return {
    find(texts) {
      made ??= make();
      const { hashes, rows } = made;
      const wanted = new Set(texts.map(hashText));
      const found = new Set<number>();
      for (let place = 0; place < hashes.length; place += 1) {
        if (wanted.has(hashes[place] ?? 0)) found.add(rows[place] ?? 0);
      }
      return [...found];
    },
  };
}

/** Case and accents do not count in the server's index of keywords. */
export function foldText(text: string): string {
  const lower = text.toLowerCase();
  return isAscii(lower) ? lower : lower.normalize('NFD').replace(/\p{Mn}/gu, '');
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

/** FNV-1a of the folded text. */
function hashText(text: string): number {
  const folded = foldText(text);
  let hash = 0x811c9dc5;
  for (let place = 0; place < folded.length; place += 1) {
    hash = Math.imul(hash ^ folded.charCodeAt(place), 0x01000193);
  }
  return hash >>> 0;
}
