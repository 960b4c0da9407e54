import type { ColDef } from 'ag-grid-community';

/** Room that is kept for the grid's own scroll bar. */
const SCROLL_BAR = 16;

/**
 * Columns that go away where the grid is too narrow for all of them, the highest rank first. A column
 * without a rank always stays.
 */
export function ranked<Row>(rank: number, column: ColDef<Row>): ColDef<Row> {
  return { ...column, context: { rank } };
}

/**
 * The columns that fit into a width, so that a grid need not be scrolled sideways. Columns of one rank, such
 * as bid and ask, go together.
 */
export function fitting<Row>(columns: readonly ColDef<Row>[], width: number): ColDef<Row>[] {
  let left = [...columns];
  // Not measured yet.
  if (width <= 0) return left;
  const needed = (): number =>
    left.reduce((sum, { flex, minWidth, width: own = 0 }) => {
      return sum + (flex === undefined ? own : (minWidth ?? 0));
    }, SCROLL_BAR);
  while (needed() > width) {
    const most = Math.max(0, ...left.map(rankOf));
    if (most === 0) break;
    left = left.filter((column) => rankOf(column) !== most);
  }
  // Rows reach over the whole width, whatever is left.
  const [first, ...others] = left;
  if (first === undefined || left.some(({ flex }) => flex !== undefined)) return left;
  return [{ ...first, flex: 1, minWidth: first.width ?? 0 }, ...others];
}

function rankOf<Row>({ context }: ColDef<Row>): number {
  const rank = (context as { readonly rank?: unknown } | undefined)?.rank;
  return typeof rank === 'number' ? rank : 0;
}
