import type { PortfolioContext } from '../../../../engine/backtest/portfolio-types.ts';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import { sliceColumns } from '../../../../engine/series/columns.ts';
import { spx } from '../backtest/bars.ts';
import type { Played } from './portfolio-stage.ts';

/** Days that each instrument has, where it misses none. */
export const DAYS = 400;

/** Bars of each symbol. */
export type Bars = Readonly<Record<string, BarColumns>>;
const ALL = spx();

/** Three stretches of the S&P 500 as three instruments of the same days; some of them may miss a few. */
export function markets(gaps: boolean): Bars {
  const all = ALL;
  const days = all.time.slice(0, DAYS);
  const stretch = (from: number, misses: (row: number) => boolean): BarColumns => {
    const part = sliceColumns(all, from, from + DAYS);
    const rows = Array.from(days.keys()).filter((row) => !misses(row));
    const of = (column: Float64Array): Float64Array =>
      Float64Array.from(rows, (row) => column[row] as number);
    return {
      time: of(days),
      open: of(part.open),
      high: of(part.high),
      low: of(part.low),
      close: of(part.close),
      volume: of(part.volume),
    };
  };
  return {
    AAA: stretch(0, () => false),
    BBB: stretch(1_500, (row) => gaps && (row % 17 === 3 || (row > 200 && row < 210))),
    CCC: stretch(3_000, (row) => gaps && row % 41 === 40),
  };
}

function growth(context: PortfolioContext, symbol: string, bars: number): number {
  const { close } = context.instrument(symbol);
  return close.at() / close.at(bars) - 1;
}

/** The strongest two of three, every week, and nothing that falls. */
export function rotation(part = 0.45): Played {
  return {
    onBar(context) {
      if (context.index % 5 !== 0) return;
      const ranked = context.symbols
        .map((symbol) => ({ symbol, by: growth(context, symbol, 20) }))
        .filter(({ by }) => by > -0.02)
        .toSorted((a, b) => b.by - a.by);
      const chosen = ranked.slice(0, 2).map(({ symbol }) => [symbol, part]);
      context.setTargets(Object.fromEntries(chosen), { minTradeWeight: 0.03 });
    },
  };
}

/** The strongest bought, the weakest sold short. */
export function longShort(): Played {
  return {
    onBar(context) {
      if (context.index % 4 !== 1) return;
      const ranked = context.symbols.toSorted(
        (a, b) => growth(context, b, 10) - growth(context, a, 10),
      );
      const [first, , last] = ranked as [string, string, string];
      context.setTargets({ [first]: 0.4, [last]: -0.3 }, { tag: 'pair' });
    },
  };
}

/** A stop under each buy, and targets for one instrument at a time. */
export function stopped(): Played {
  const stops = new Map<string, number>();
  return {
    onBar(context) {
      for (const symbol of context.symbols) {
        const { position, price } = context.instrument(symbol);
        const stop = stops.get(symbol);
        if (position > 0 && stop !== undefined) context.amend(stop, { stopPrice: price * 0.98 });
      }
      const { index } = context;
      const symbol = context.symbols[Math.floor(context.random() * 3)] as string;
      if (index % 7 === 0) context.setTargets({ [symbol]: 0.25 }, { keepOthers: true });
      if (index % 29 === 0) context.setTargets({});
    },
    onOrder({ symbol, state, side, price, tag, order }, context) {
      if (state === 'Filled' && side === 'buy') {
        const stop = { side: 'sell', type: 'stop', reduceOnly: true, tag: 'stop' } as const;
        const old = stops.get(symbol);
        if (old !== undefined) context.cancel(old);
        stops.set(symbol, context.order(symbol, { ...stop, stopPrice: price * 0.98 }));
      } else if (tag === 'stop' && stops.get(symbol) === order) {
        stops.delete(symbol);
      }
    },
  };
}

/** Orders of one instrument each, at limits and at the market. */
export function single(): Played {
  const limits: number[] = [];
  return {
    onBar(context) {
      for (const [row, symbol] of context.symbols.entries()) {
        const { position, price, close } = context.instrument(symbol);
        if (position === 0 && (context.index + row) % 6 === 0) {
          limits.push(
            context.order(symbol, {
              side: 'buy',
              type: 'limit',
              limitPrice: price * 0.995,
              quantity: 40,
              tag: 'dip',
            }),
          );
        } else if (position > 0 && close.at() > close.at(3)) {
          context.order(symbol, { side: 'sell', reduceOnly: true, tag: 'out' });
        }
      }
      if (context.index % 11 === 0) for (const order of limits.splice(0)) context.cancel(order);
    },
  };
}

/** An entry with its stop and its target. */
export function brackets(): Played {
  return {
    onBar(context) {
      for (const [row, symbol] of context.symbols.entries()) {
        const { position, price } = context.instrument(symbol);
        if (position !== 0 || (context.index + row) % 5 !== 0) continue;
        context.bracket(symbol, {
          entry: { side: 'buy', quantity: 50 + row, tag: 'in' },
          stopLoss: { stopPrice: price * 0.97 },
          takeProfit: { limitPrice: price * 1.02 },
        });
      }
    },
  };
}
