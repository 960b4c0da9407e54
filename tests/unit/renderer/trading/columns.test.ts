import { describe, expect, it } from 'vitest';
import type { ColDef } from 'ag-grid-community';
import { fitting, ranked } from '../../../../renderer/components/trading/fitting.ts';

const column = (colId: string, width: number): ColDef => ({ colId, width });
const names = (columns: readonly ColDef[]): string => columns.map(({ colId }) => colId).join();

describe('columns of a grid', () => {
  const columns = [
    column('symbol', 100),
    ranked(1, column('bid', 70)),
    ranked(1, column('ask', 70)),
    ranked(2, { colId: 'reason', flex: 1, minWidth: 140 }),
    column('state', 100),
    ranked(3, column('account', 90)),
  ];

  it('are all there where they fit with the scroll bar, or nothing is measured yet', () => {
    // 100 + 70 + 70 + 140 + 100 + 90 = 570, and 16 for the scroll bar.
    expect(names(fitting(columns, 586))).toBe('symbol,bid,ask,reason,state,account');
    expect(names(fitting(columns, 0))).toBe('symbol,bid,ask,reason,state,account');
  });

  it('go from the highest rank on, those of one rank together, the rest in its order', () => {
    expect(names(fitting(columns, 585))).toBe('symbol,bid,ask,reason,state');
    expect(names(fitting(columns, 480))).toBe('symbol,bid,ask,state');
    expect(names(fitting(columns, 355))).toBe('symbol,state');
  });

  it('without a rank never go, and the first one takes the room that is left', () => {
    expect(names(fitting(columns, 50))).toBe('symbol,state');
    expect(fitting(columns, 355)[0]).toMatchObject({ colId: 'symbol', flex: 1, minWidth: 100 });
    // Here another one takes it.
    expect(fitting(columns, 586)[0]?.flex).toBeUndefined();
  });
});
