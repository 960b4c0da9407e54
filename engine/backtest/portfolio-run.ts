import type { AmbiguousTrades, Statistic, TradeColumns } from '../domain/backtest.ts';
import { RenataError } from '../domain/errors.ts';
import { statisticsOf } from '../stats/statistics.ts';
import { ambiguousTrades } from './ambiguity.ts';
import { PortfolioSimulation } from './portfolio-simulation.ts';
import type { PortfolioResult, PortfolioStrategy, PortfolioTask } from './portfolio-types.ts';
import type { RunHooks } from './run.ts';
import { barLength } from './sessions.ts';

/** With fewer bars the distance between them says little of their length. */
const ENOUGH_BARS = 20;

/** Moments between two looks at the hooks. */
const HOOK_MOMENTS = 512;

/**
 * Runs a strategy over many instruments on shared cash. Bars that begin together make one moment; all
 * instruments have bars of one length, else a close would be seen before it happened.
 * @throws RenataError BAD_INPUT for instruments that do not fit together, STRATEGY_FAILED when the
 *   strategy throws, CANCELLED when the hooks ask for it.
 */
export function runPortfolio(
  task: PortfolioTask,
  create: () => PortfolioStrategy,
  hooks: RunHooks = {},
): PortfolioResult {
  checkLengths(task);
  const time = momentsOf(task.instruments.map(({ bars }) => bars.time));
  const count = time.length;
  const simulation = new PortfolioSimulation(task);
  const equity = new Float64Array(count);
  const cash = new Float64Array(count);
  const gross = new Float64Array(count);
  try {
    const strategy = create();
    for (let i = 0; i < count; i += 1) {
      if (i % HOOK_MOMENTS === 0) {
        if (hooks.isCancelled?.() === true) {
          throw new RenataError('CANCELLED', 'The backtest was cancelled.');
        }
        hooks.onProgress?.(i, count);
      }
      simulation.step(time[i] as number, strategy);
      equity[i] = simulation.equity;
      cash[i] = simulation.cash;
      gross[i] = simulation.gross;
    }
  } catch (error) {
    if (error instanceof RenataError && error.code !== 'STRATEGY_FAILED') throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new RenataError(
      'STRATEGY_FAILED',
      `The portfolio strategy failed at moment ${simulation.moment}: ${message}`,
      { cause: error },
    );
  }
  hooks.onProgress?.(count, count);
  const { trades, ambiguous } = mergeTrades(simulation, time);
  return {
    symbols: simulation.markets.map(({ symbol }) => symbol),
    time,
    equity,
    cash,
    gross,
    orders: simulation.orders.toColumns(),
    fills: simulation.orders.allFills(),
    trades,
    ...(ambiguous === undefined ? {} : { ambiguous }),
    ...(simulation.ruinedAt === undefined ? {} : { ruinedAt: simulation.ruinedAt }),
    interest: simulation.interest,
    statistics: statistics(task, simulation, time, equity, gross, trades),
    orderHash: simulation.orders.hash(),
  };
}

function checkLengths({ instruments }: PortfolioTask): void {
  if (instruments.length === 0) {
    throw new RenataError('BAD_INPUT', 'A portfolio needs at least one instrument.');
  }
  const lengths = instruments
    .filter(({ bars }) => bars.time.length >= ENOUGH_BARS)
    .map(({ symbol, bars }) => ({ symbol, length: barLength(bars.time) }));
  const [first] = lengths;
  const other = lengths.find(({ length }) => length !== first?.length);
  if (first === undefined || other === undefined) return;
  throw new RenataError(
    'BAD_INPUT',
    `The bars of ${first.symbol} and ${other.symbol} are not equally long; resample one of them.`,
    { details: { parameter: 'instruments' } },
  );
}

/** Every time at which an instrument has a bar, once, ascending. */
function momentsOf(columns: readonly Float64Array[]): Float64Array {
  const all = new Set<number>();
  for (const column of columns) for (const time of column) all.add(time);
  return Float64Array.from(all).toSorted();
}

interface Merged {
  readonly trades: TradeColumns;
  readonly ambiguous: AmbiguousTrades | undefined;
}

/** Trades of all instruments in one table, by exit, open ones last. */
function mergeTrades({ markets }: PortfolioSimulation, time: Float64Array): Merged {
  const parts = markets.map((market) => {
    const log = market.position.trades;
    log.finish();
    const trades = log.toColumns();
    const doubts = ambiguousTrades(log, trades, market.desk.doubts);
    return { market, trades, doubts };
  });
  const rows = parts.flatMap(({ market, trades, doubts }) =>
    Array.from({ length: trades.count }, (_, row) => {
      const doubt = doubts?.trade.indexOf(row) ?? -1;
      return { market, trades, doubts, row, doubt };
    }),
  );
  const exitOf = ({ market, trades, row }: (typeof rows)[number]): number =>
    market.moments[trades.exitBar[row] as number] as number;
  const sorted = rows.toSorted(
    (a, b) =>
      (a.trades.open[a.row] as number) - (b.trades.open[b.row] as number) || exitOf(a) - exitOf(b),
  );
  const floats = (pick: (trades: TradeColumns) => Float64Array | undefined): Float64Array =>
    Float64Array.from(sorted, ({ trades, row }) => pick(trades)?.[row] ?? 0);
  const entryBar = Int32Array.from(
    sorted,
    ({ market, trades, row }) => market.moments[trades.entryBar[row] as number] as number,
  );
  const exitBar = Int32Array.from(sorted, exitOf);
  const carried = parts.some(({ trades }) => trades.carry !== undefined);
  const trades: TradeColumns = {
    count: sorted.length,
    size: floats(({ size }) => size),
    entryBar,
    exitBar,
    entryTime: Float64Array.from(entryBar, (moment) => time[moment] as number),
    exitTime: Float64Array.from(exitBar, (moment) => time[moment] as number),
    entryPrice: floats(({ entryPrice }) => entryPrice),
    exitPrice: floats(({ exitPrice }) => exitPrice),
    pnl: floats(({ pnl }) => pnl),
    returnFraction: floats(({ returnFraction }) => returnFraction),
    commission: floats(({ commission }) => commission),
    mae: floats(({ mae }) => mae),
    mfe: floats(({ mfe }) => mfe),
    open: Uint8Array.from(sorted, ({ trades, row }) => trades.open[row] as number),
    entryTag: sorted.map(({ trades, row }) => trades.entryTag[row] ?? ''),
    exitTag: sorted.map(({ trades, row }) => trades.exitTag[row] ?? ''),
    ...(carried ? { carry: floats(({ carry }) => carry) } : {}),
    instrument: Int32Array.from(sorted, ({ market }) => market.row),
  };
  const inDoubt = sorted.map((each, at) => ({ ...each, at })).filter(({ doubt }) => doubt >= 0);
  if (inDoubt.length === 0) return { trades, ambiguous: undefined };
  return {
    trades,
    ambiguous: {
      count: inDoubt.length,
      trade: Int32Array.from(inDoubt, ({ at }) => at),
      bar: Int32Array.from(
        inDoubt,
        ({ market, doubts, doubt }) => market.moments[doubts?.bar[doubt] ?? 0] as number,
      ),
      best: Float64Array.from(inDoubt, ({ doubts, doubt }) => doubts?.best[doubt] ?? 0),
      worst: Float64Array.from(inDoubt, ({ doubts, doubt }) => doubts?.worst[doubt] ?? 0),
    },
  };
}

function statistics(
  { settings, instruments }: PortfolioTask,
  { markets }: PortfolioSimulation,
  time: Float64Array,
  equity: Float64Array,
  gross: Float64Array,
  trades: TradeColumns,
): readonly Statistic[] {
  const from = Math.min(settings.warmUp ?? 0, time.length);
  const judged = time.subarray(from);
  const ones = new Float64Array(judged.length).fill(1);
  const commissionPaid = trades.commission.reduce((sum, paid) => sum + paid, 0);
  const closes = instruments.map(({ bars }, row) => {
    const moments = markets[row]?.moments ?? new Int32Array(0);
    return { close: bars.close, moments };
  });
  return statisticsOf({
    bars: { time: judged, open: ones, high: ones, low: ones, close: ones, volume: ones },
    settings,
    equity: equity.subarray(from),
    // A unit of account costs 1, so positions are counted by their value.
    position: gross.subarray(from),
    benchmark: equalParts(closes, settings.cash, time.length).subarray(from),
    trades,
    commissionPaid,
  });
}

/** Equity of putting an equal part into each instrument at its first close and holding it, without costs. */
function equalParts(
  columns: readonly { readonly close: Float64Array; readonly moments: Int32Array }[],
  cash: number,
  count: number,
): Float64Array {
  const part = cash / columns.length;
  const equity = new Float64Array(count);
  for (const { close, moments } of columns) {
    let first = Number.NaN;
    let bar = 0;
    let worth = part;
    for (let moment = 0; moment < count; moment += 1) {
      if (moments[bar] === moment) {
        const price = close[bar] as number;
        bar += 1;
        if (Number.isFinite(price)) {
          if (Number.isNaN(first)) first = price;
          worth = (part * price) / first;
        }
      }
      equity[moment] = (equity[moment] as number) + worth;
    }
  }
  return equity;
}
