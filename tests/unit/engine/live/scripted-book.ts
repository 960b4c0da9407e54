import type { OrderEvent, StrategyContext } from '../../../../engine/backtest/strategy.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../../../engine/domain/backtest.ts';
import { decimal } from '../../../../engine/domain/decimal.ts';
import { BarStore } from '../../../../engine/live/bar-store.ts';
import { LiveBook } from '../../../../engine/live/book.ts';
import type { BarMode, LiveEvent } from '../../../../engine/live/types.ts';

/** A book of 10,000 whose strategy does on each close what the script says. */
export function bookOf(settings: Partial<BacktestSettings> = {}) {
  const bars = new BarStore();
  const heard: string[] = [];
  let act: (context: StrategyContext) => void = () => undefined;
  const book = new LiveBook({ ...DEFAULT_SETTINGS, cash: 10_000, lotSize: 1, ...settings }, bars, {
    onBar: (context) => act(context),
    onOrder: ({ order, state, quantity }: OrderEvent) => {
      heard.push(`${order} ${state} ${quantity}`);
    },
  });
  return {
    book,
    heard,
    /** A bar at one price. */
    close(
      price: number,
      what: (context: StrategyContext) => void = () => undefined,
      mode: BarMode = 'live',
    ): void {
      act = what;
      bars.push({
        time: bars.length * 60_000,
        open: price,
        high: price,
        low: price,
        close: price,
        volume: 1,
      });
      book.lastClose = price;
      book.mode = mode;
      book.close();
    },
    fill(slot: number, quantity: string, price: string, done = true, attempt = 0): void {
      const trade = `T${slot}.${quantity}.${price}`;
      const common = { kind: 'fill', slot, attempt, trade, commission: decimal('1') } as const;
      book.tell({ ...common, quantity: decimal(quantity), price: decimal(price), done });
    },
  };
}

export function end(
  slot: number,
  state: 'Canceled' | 'Denied' | 'Rejected' | 'Filled',
  attempt = 0,
): LiveEvent {
  return { kind: 'end', slot, attempt, state, reason: 'because' };
}
