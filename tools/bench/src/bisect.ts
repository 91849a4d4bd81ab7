/** Smallest whole number in [low, high] for which `works` holds, given that it holds from some number on; undefined: for none. */
export async function smallest(
  low: number,
  high: number,
  works: (n: number) => Promise<boolean>,
): Promise<number | undefined> {
  if (!(await works(high))) return undefined;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (await works(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
