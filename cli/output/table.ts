/** Narrower columns there are not. */
const NARROWEST = 6;

/** Columns as kubectl lays them out: upper case, padded to the widest cell and three spaces. */
export const table = (
  columns: string[],
  rows: (string | string[])[][],
  title = (column: string) => column.toUpperCase(),
): string => {
  if (rows.length === 0) return '';
  const cells = [columns.map(title), ...rows.map((row) => row.map(cell))];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index]!.length)));
  return cells
    .map((row) =>
      row
        .map((value, index) => value.padEnd(Math.max(widths[index]! + 3, NARROWEST)))
        .join('')
        .trimEnd(),
    )
    .join('\n')
    .concat('\n');
};

/** As Go prints a list: `[a b]`. */
export const cell = (value: string | string[]): string =>
  Array.isArray(value) ? `[${value.join(' ')}]` : value;
