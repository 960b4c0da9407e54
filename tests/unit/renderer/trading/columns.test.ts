import { describe, expect, it } from 'vitest';
import type { ColDef } from 'ag-grid-community';
import { rememberInstruments } from '../../../../renderer/client/trading-store.ts';
import { fitting, ranked } from '../../../../renderer/components/trading/fitting.ts';
import {
  averageText,
  placesAt,
  quotedText,
} from '../../../../renderer/components/trading/use-price-places.ts';

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

describe('prices of an instrument', () => {
  rememberInstruments([
    {
      id: 'ACME.XNAS',
      ticks: [
        { from: '0', tickSize: '0.0001' },
        { from: '1', tickSize: '0.01' },
      ],
    } as never,
  ]);

  it('have the places of its ticks, whatever digits they end with', () => {
    expect(placesAt('ACME.XNAS', '187.2')).toBe(2);
    expect(placesAt('ACME.XNAS', '0.5')).toBe(4);
    expect(placesAt('ACME.XNAS', null)).toBe(0);
    expect(quotedText('ACME.XNAS', 1187.2)).toBe('1,187.20');
    expect(quotedText('ACME.XNAS', 0.5)).toBe('0.5000');
  });

  it('are averaged two digits finer, and never longer', () => {
    // (1300 × 69.2 + 100 × 69.4) / 1400 = 69.2142857…
    expect(averageText('ACME.XNAS', '69.214285714286')).toBe('69.2143');
    expect(averageText('ACME.XNAS', '69.2')).toBe('69.2');
    expect(averageText('ACME.XNAS', null)).toBeNull();
  });

  it('are told as they are while its ticks are not known', () => {
    expect(placesAt('OTHER.XNAS', '187.2')).toBe(0);
    expect(averageText('OTHER.XNAS', '69.214285714286')).toBe('69.214285714286');
    expect(quotedText('OTHER.XNAS', 187.2)).toBe('187.20');
  });
});
