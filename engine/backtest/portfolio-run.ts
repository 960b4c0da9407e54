import type { AmbiguousTrades, Statistic, TradeColumns } from '../domain/backtest.ts';
import { RenataError } from '../domain/errors.ts';
import { isoTime } from '../domain/time.ts';
import { lowerBound } from '../series/columns.ts';
import { statisticsOf } from '../stats/statistics.ts';
import { ambiguousTrades } from './ambiguity.ts';
import { equalParts } from './portfolio-benchmark.ts';
import { momentsOf } from './portfolio-moments.ts';
import { PortfolioSimulation } from './portfolio-simulation.ts';
import type {
  PortfolioInstrument,
  PortfolioResult,
  PortfolioStrategy,
  PortfolioTask,
} from './portfolio-types.ts';
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
  checkGrid(task, time);
  const count = time.length;
  const simulation = new PortfolioSimulation(task);
  const equity = new Float64Array(count);
  const cash = new Float64Array(count);
  const gross = new Float64Array(count);
  const values = simulation.markets.map(() => new Float64Array(count));
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
      for (const { row, value } of simulation.markets) (values[row] as Float64Array)[i] = value;
    }
  } catch (error) {
    if (error instanceof RenataError && error.code !== 'STRATEGY_FAILED') throw error;
    const message = error instanceof Error ? error.message : String(error);
    const where = simulation.moment < 0 ? 'its start' : `moment ${simulation.moment}`;
    throw new RenataError(
      'STRATEGY_FAILED',
      `The portfolio strategy failed at ${where}: ${message}`,
      { cause: error },
    );
  }
  hooks.onProgress?.(count, count);
  const { trades, ambiguous } = mergeTrades(simulation, time);
  const moments = simulation.markets.map((market) => market.moments);
  const benchmark = equalParts(task, moments, time);
  return {
    symbols: simulation.markets.map(({ symbol }) => symbol),
    time,
    equity,
    cash,
    gross,
    values,
    benchmark,
    orders: simulation.orders.toColumns(),
    fills: simulation.orders.allFills(),
    trades,
    ...(ambiguous === undefined ? {} : { ambiguous }),
    ...(simulation.ruinedAt === undefined ? {} : { ruinedAt: simulation.ruinedAt }),
    interest: simulation.interest,
    statistics: statistics(task, { time, equity, gross, benchmark, trades }),
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

/**
 * Bars that overlap have to begin together: of two that do not, the one that begins later could be traded
 * at its open on what the other one shows at its close.
 */
function checkGrid({ instruments }: PortfolioTask, moments: Float64Array): void {
  const known = instruments.find(({ bars }) => bars.time.length >= ENOUGH_BARS);
  if (known === undefined) return;
  const length = barLength(known.bars.time);
  const having = (time: number): readonly PortfolioInstrument[] =>
    instruments.filter(({ bars }) => bars.time[lowerBound(bars.time, time)] === time);
  for (let i = 1; i < moments.length; i += 1) {
    const [before, after] = [moments[i - 1] as number, moments[i] as number];
    if (after - before >= length) continue;
    const [first] = having(before);
    const second = having(after).find((each) => each !== first);
    if (first === undefined || second === undefined) continue;
    throw new RenataError(
      'BAD_INPUT',
      `The bars of ${first.symbol} and ${second.symbol} overlap and do not begin together: one begins at ${isoTime(before)}, the other at ${isoTime(after)}; import bars of one grid.`,
      { details: { parameter: 'instruments' } },
    );
  }
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
  { settings }: PortfolioTask,
  {
    time,
    equity,
    gross,
    benchmark,
    trades,
  }: Pick<PortfolioResult, 'time' | 'equity' | 'gross' | 'benchmark' | 'trades'>,
): readonly Statistic[] {
  const from = Math.min(settings.warmUp ?? 0, time.length);
  const judged = time.subarray(from);
  const ones = new Float64Array(judged.length).fill(1);
  // No one volume is that of several instruments.
  const unknown = new Float64Array(judged.length).fill(Number.NaN);
  const commissionPaid = trades.commission.reduce((sum, paid) => sum + paid, 0);
  return statisticsOf({
    bars: { time: judged, open: ones, high: ones, low: ones, close: ones, volume: unknown },
    settings,
    equity: equity.subarray(from),
    // A unit of account costs 1, so positions are counted by their value.
    position: gross.subarray(from),
    benchmark: benchmark.subarray(from),
    trades,
    commissionPaid,
  });
}
