/** One line of the result. Values are in `unit`; `node` is absent where Node.js has nothing alike. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly soloist: number;
  readonly node?: number;
  /** Whether more is better; decides which way the ratio goes. */
  readonly higherIsBetter?: boolean;
  readonly note?: string;
}

const digits = (value: number) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

/** How many times better the image is; below 1: worse. `undefined` where there is nothing to compare with. */
export function ratio(row: Row): number | undefined {
  if (row.node === undefined || row.node === 0 || row.soloist === 0) return undefined;
  return row.higherIsBetter ? row.soloist / row.node : row.node / row.soloist;
}

export function formatTable(rows: readonly Row[]): string {
  const cells = [["", "Soloist", "Node.js", "times better", ""]];
  for (const row of rows) {
    const times = ratio(row);
    cells.push([
      row.name,
      `${digits(row.soloist)} ${row.unit}`,
      row.node === undefined ? "–" : `${digits(row.node)} ${row.unit}`,
      times === undefined ? "–" : `${digits(times)}×`,
      row.note ?? "",
    ]);
  }
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  return cells
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 || column === 4 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
