/** Gives the line, counted from 1, of an offset into a text; the text is read once, when first asked. */
export function lineFinder(source: string): (offset: number) => number {
  let breaks: number[] | undefined;
  return (offset) => {
    breaks ??= lineBreaks(source);
    let low = 0;
    let high = breaks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((breaks[middle] ?? offset) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

function lineBreaks(source: string): number[] {
  const breaks: number[] = [];
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) breaks.push(at);
  return breaks;
}
