import { useEffect, useMemo, useRef, useState } from 'react';
import type {
  ColDef,
  FirstDataRenderedEvent,
  GridApi,
  GridSizeChangedEvent,
} from 'ag-grid-community';
import { fitting } from './fitting.ts';

const leave = (): boolean => false;

/** The cell that has the keyboard, as long as it has. */
interface Held {
  readonly api: GridApi;
  readonly row: number;
  readonly column: string;
}

/** The columns that fit, and what tells them the grid's width. Arrows move in the grid, Tab leaves it. */
export function useFitting<Row>(columns: readonly ColDef<Row>[]) {
  const [width, setWidth] = useState(0);
  const held = useRef<Held>(undefined);
  const columnDefs = useMemo(() => fitting(columns, width), [columns, width]);
  useEffect(() => {
    const before = held.current;
    held.current = undefined;
    if (before === undefined) return;
    // A column that went away must not take the keyboard with it.
    const shown = before.api.getAllDisplayedColumns();
    const [first] = shown;
    if (first === undefined || shown.some((each) => each.getColId() === before.column)) return;
    before.api.setFocusedCell(before.row, first);
  }, [columnDefs]);
  return {
    columnDefs,
    tabToNextCell: leave,
    // Rows that slide about carry no news.
    animateRows: false,
    // What was learnt while the first rows were being drawn is in none of them.
    onFirstDataRendered: ({ api }: FirstDataRenderedEvent<Row>) => {
      api.refreshCells({ force: true });
    },
    onGridSizeChanged: ({ clientWidth, api }: GridSizeChangedEvent<Row>) => {
      // A panel behind another one has no size.
      if (clientWidth <= 0) return;
      const cell = api.getFocusedCell();
      const inside = (document.activeElement?.closest('.ag-cell') ?? null) !== null;
      held.current =
        cell === null || !inside
          ? undefined
          : { api: api as GridApi, row: cell.rowIndex, column: cell.column.getColId() };
      setWidth(clientWidth);
    },
  };
}
