import { useMemo, useState } from 'react';
import type { ColDef, GridSizeChangedEvent } from 'ag-grid-community';
import { fitting } from './fitting.ts';

const leave = (): boolean => false;

/** The columns that fit, and what tells them the grid's width. Arrows move in the grid, Tab leaves it. */
export function useFitting<Row>(columns: readonly ColDef<Row>[]) {
  const [width, setWidth] = useState(0);
  const columnDefs = useMemo(() => fitting(columns, width), [columns, width]);
  return {
    columnDefs,
    tabToNextCell: leave,
    // Rows that slide about carry no news.
    animateRows: false,
    onGridSizeChanged: ({ clientWidth }: GridSizeChangedEvent<Row>) => {
      // A panel behind another one has no size.
      if (clientWidth > 0) setWidth(clientWidth);
    },
  };
}
