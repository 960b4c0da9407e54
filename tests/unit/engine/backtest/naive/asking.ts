import type {
  PortfolioContext,
  PortfolioInstrument,
} from '../../../../../engine/backtest/portfolio-types.ts';
import type { Instruction } from './exchange.ts';

/**
 * A portfolio strategy that asks of each instrument what its script says on its bars. Numbers of orders
 * count within the script, as they would in a run of that instrument alone.
 */
export function ruledBy(
  instruments: readonly PortfolioInstrument[],
  scripts: readonly (readonly Instruction[][])[],
): (context: PortfolioContext) => void {
  const given = instruments.map((): number[] => []);
  return (context) => {
    for (const [row, { symbol, bars }] of instruments.entries()) {
      const { tradable } = context.instrument(symbol);
      if (!tradable || context.warmingUp) continue;
      const bar = bars.time.indexOf(context.time);
      const ids = given[row] as number[];
      // Alone, numbers are those of the run, in which liquidations have theirs.
      const known = (id: number): number => (instruments.length === 1 ? id : (ids[id] ?? -1));
      for (const each of scripts[row]?.[bar] ?? []) obey(context, symbol, each, ids, known);
    }
  };
}

function obey(
  context: PortfolioContext,
  symbol: string,
  each: Instruction,
  ids: number[],
  known: (id: number) => number,
): void {
  switch (each.kind) {
    case 'order':
      ids.push(context.order(symbol, each.request));
      break;
    case 'pair': {
      const oco = context.order(symbol, each.one);
      ids.push(oco, context.order(symbol, { ...each.other, oco }));
      break;
    }
    case 'bracket': {
      const { entry, stopLoss, takeProfit } = context.bracket(symbol, each.request);
      ids.push(...[entry, stopLoss, takeProfit].filter((id) => id >= 0));
      break;
    }
    case 'amend':
      context.amend(known(each.id), each.change);
      break;
    case 'cancel':
      context.cancel(known(each.id));
      break;
    case 'cancel-all':
      context.cancelAll(symbol);
      break;
  }
}
