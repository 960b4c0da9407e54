import { useEffect, useMemo, type RefObject } from 'react';
import { decimal, toFixed } from '../../../engine/domain/decimal.ts';
import type { GridApi } from 'ag-grid-community';
import { learnInTurn, useInstruments } from '../../client/trading-store.ts';
import { formatPrice } from '../format.ts';
import { groupDigits, pricePlaces, quotedPrice, readDecimal } from './decimals.ts';

/** Places that a price of an instrument is written with; 0 until its ticks are known. */
export function placesAt(instrument: string, price: string | null | undefined): number {
  const ticks = useInstruments.getState().known.get(instrument)?.ticks;
  const value = readDecimal(price ?? '');
  return ticks === undefined || value === undefined ? 0 : pricePlaces(ticks, value);
}

/** Digits that an average has beyond those of a price. */
const FINER = 2;

/** An average of prices: a little finer than they are, and never longer. */
export function averageText(instrument: string, average: string | null): string | null {
  const value = readDecimal(average ?? '');
  if (value === undefined) return average;
  const places = placesAt(instrument, value);
  return places === 0 ? value : String(decimal(toFixed(value, places + FINER)));
}

/** A quote's price with the places of its instrument, so that digits stay where they are as it changes. */
export function quotedText(instrument: string, price: number): string {
  const ticks = useInstruments.getState().known.get(instrument)?.ticks ?? [];
  const exact = ticks.length === 0 ? undefined : quotedPrice(price, ticks);
  return exact === undefined ? formatPrice(price) : groupDigits(exact, pricePlaces(ticks, exact));
}

/** Learns the ticks of the instruments of a grid, and has its prices written anew when they are known. */
export function usePricePlaces<Row extends { readonly instrument: string }>(
  rows: readonly Row[] | null,
  api: RefObject<GridApi<Row> | undefined>,
): void {
  const names = useMemo(
    () => [...new Set((rows ?? []).map(({ instrument }) => instrument))].toSorted().join('\n'),
    [rows],
  );
  useEffect(() => {
    if (names !== '') learnInTurn(names.split('\n'));
  }, [names]);
  useFreshPrices(api);
}

/** Has the prices of a grid written anew when the ticks of more instruments are known. */
export function useFreshPrices<Row>(api: RefObject<GridApi<Row> | undefined>): void {
  const known = useInstruments((state) => state.known);
  useEffect(() => {
    api.current?.refreshCells({ force: true });
  }, [known, api]);
}
