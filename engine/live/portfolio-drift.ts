import type { BarColumns } from '../domain/bar.ts';
import {
  correctedBars,
  joinedHistory,
  lastBar,
  NOTHING,
  pairsOf,
  rowOf,
  sum,
  tradesOf,
  type Arrival,
  type CorrectedBar,
  type Drift,
  type DriftOrder,
  type DriftTrade,
} from './drift.ts';
import type { LivePortfolioRun } from './portfolio-run.ts';
import type { PortfolioTwin, PortfolioTwinTask } from './portfolio-twin.ts';
import type { PortfolioMissed, PortfolioOrder } from './portfolio-types.ts';
import { joined, type Filled } from './twin.ts';
import type { BarMode } from './types.ts';

/** What belongs to one instrument of a run. */
export interface OfInstrument {
  /** Row of the instrument. */
  readonly instrument: number;
}

/** What an instrument has added, and how it stands. */
export interface InstrumentDrift extends OfInstrument {
  readonly symbol: string;
  readonly bars: number;
  readonly live: number;
  readonly model: number;
  /** null where history was not asked. */
  readonly history: number | null;
  readonly drift: Drift;
}

/** A run of several instruments beside its twin; bars are numbers of moments. */
export interface PortfolioDriftReport {
  readonly bars: number;
  readonly missedBars: number;
  readonly missedDecisions: number;
  readonly live: { readonly equity: number };
  readonly model: { readonly equity: number };
  readonly history: { readonly equity: number } | null;
  readonly instruments: readonly InstrumentDrift[];
  readonly orders: readonly (DriftOrder & OfInstrument)[];
  readonly trades: readonly (DriftTrade & OfInstrument)[];
  readonly corrected: readonly (CorrectedBar & OfInstrument)[];
  readonly commissionsUnknown: number;
  /** Of all instruments, with what belongs to none: what the model charges for money, and the data. */
  readonly drift: Drift;
}

export interface PortfolioDriftFacts {
  /** The market when an order left. */
  readonly arrival: (order: PortfolioOrder) => Arrival | null;
  /** Commission of a trade as it is known by now; null until the venue says it. */
  readonly commission: (instrument: number, trade: string) => number | null;
  /** When trading of a bar of an instrument begins, by the market's time. */
  readonly opening: (instrument: number, time: number) => number;
  /** Bars of each instrument as history has them now; null where that is not known. */
  readonly history: readonly (BarColumns | null)[];
  /** Played over the bars of `portfolioTwinTasks`. */
  readonly twins: { readonly seen: PortfolioTwin; readonly history: PortfolioTwin | null };
}

/** A run as it stands now, for a report that takes its time while the run goes on. */
export interface FrozenPortfolio {
  readonly setup: LivePortfolioRun['setup'];
  readonly settings: LivePortfolioRun['settings'];
  readonly times: readonly number[];
  readonly modes: readonly BarMode[];
  readonly warmUp: number;
  readonly missed: readonly PortfolioMissed[];
  readonly orders: readonly PortfolioOrder[];
  /** Of each instrument: its bars, those before the run, and what is held at which last close. */
  readonly legs: readonly {
    readonly bars: BarColumns;
    readonly warmUp: number;
    readonly position: number;
    readonly lastClose: number;
  }[];
}

export function frozenPortfolio(run: LivePortfolioRun): FrozenPortfolio {
  const { setup, settings, warmUp } = run;
  return {
    setup,
    settings,
    warmUp,
    times: [...run.times],
    modes: [...run.modes],
    missed: [...run.missed],
    orders: run.orders(),
    legs: run.legs.map(({ bars, moments, book }) => ({
      bars: bars.toColumns(),
      warmUp: moments.filter((moment) => moment < warmUp).length,
      position: book.position,
      lastClose: book.lastClose,
    })),
  };
}

/** What the twins are played over; no second one where history says the same, or is not known. */
export function portfolioTwinTasks(
  run: FrozenPortfolio,
  history: readonly (BarColumns | null)[],
): { readonly seen: PortfolioTwinTask; readonly history: PortfolioTwinTask | null } {
  const { settings, setup, warmUp, legs } = run;
  const { instruments } = setup;
  const seen = { settings, instruments, warmUp, bars: legs.map(({ bars }) => bars) };
  const differs = legs.some((_, row) => correctedOf(run, history, row).length > 0);
  if (!differs) return { seen, history: null };
  const bars = legs.map((leg, row) => {
    const told = history[row] ?? null;
    return told === null ? leg.bars : joinedHistory(leg.bars, told, leg.warmUp);
  });
  return { seen, history: { ...seen, bars } };
}

/**
 * Lays a run of several instruments beside its twin. With the last close of each instrument as the worth of
 * what is left, every difference has its instrument and its cause, and nothing is left over.
 */
export function portfolioDriftOf(
  run: FrozenPortfolio,
  facts: PortfolioDriftFacts,
): PortfolioDriftReport {
  const { twins } = facts;
  let unknown = 0;
  const byInstrument = run.legs.map(({ lastClose }, row) => {
    const own = run.orders
      .filter(({ instrument }) => instrument === row)
      .map((order) => {
        const total = order.fills.reduce<Filled | undefined>((before, fill) => {
          const told = facts.commission(row, fill.trade) ?? fill.commission;
          if (told === null) unknown += 1;
          return joined(before, { ...fill, commission: told ?? 0 });
        }, undefined);
        return { order, filled: total ?? null };
      });
    const twin = { orders: twins.seen.orders.filter(({ instrument }) => instrument === row) };
    const decided = {
      modes: run.modes as BarMode[],
      missed: run.missed.filter(({ instrument }) => instrument === row),
    };
    const time = { time: Float64Array.from(run.times) };
    return pairsOf(own, twin)
      .map((pair) =>
        rowOf(
          pair,
          lastClose,
          time,
          decided,
          {
            arrival: (order) => facts.arrival(order as PortfolioOrder),
            opening: (each) => facts.opening(row, each),
          },
          multiplierOf(run, row),
        ),
      )
      .map((each) => ({ ...each, instrument: row }));
  });
  const rows = byInstrument.flat().toSorted((a, b) => lastBar(a) - lastBar(b) || a.bar - b.bar);
  const listed = sum(rows.map(({ drift }) => drift));
  const live = liveEquity(run, rows);
  // What the model charges besides its fills, such as interest; what rounding leaves is nothing.
  const rest = live - twins.seen.equity - listed.total;
  const fees = Math.abs(rest) > Math.abs(live) * 1e-12 ? rest : 0;
  const asked = facts.history.some((each) => each !== null);
  const known = asked ? (twins.history ?? twins.seen) : null;
  const data = known === null ? 0 : twins.seen.equity - known.equity;
  return {
    bars: run.times.length - run.warmUp,
    missedBars: run.modes.filter((mode) => mode === 'missed' || mode === 'paused').length,
    missedDecisions: run.missed.length,
    live: { equity: live },
    model: { equity: twins.seen.equity },
    history: known === null ? null : { equity: known.equity },
    instruments: run.legs.map((leg, row) => ({
      instrument: row,
      symbol: run.setup.instruments[row]?.symbol ?? '',
      bars: leg.bars.time.length - leg.warmUp,
      live: leg.position,
      model: twins.seen.positions[row] ?? 0,
      history: known === null ? null : (known.positions[row] ?? 0),
      drift: sum((byInstrument[row] ?? []).map(({ drift }) => drift)),
    })),
    orders: rows,
    trades: byInstrument
      .flatMap((each, row) => tradesOf(each).map((trade) => ({ ...trade, instrument: row })))
      .toSorted((a, b) => a.from - b.from || a.instrument - b.instrument),
    corrected: run.legs
      .flatMap((_, row) =>
        correctedOf(run, facts.history, row).map((bar) => ({ ...bar, instrument: row })),
      )
      .toSorted((a, b) => a.time - b.time),
    commissionsUnknown: unknown,
    drift: sum([listed, { ...NOTHING, fees, data, total: fees + data }]),
  };
}

function correctedOf(
  { legs }: FrozenPortfolio,
  history: readonly (BarColumns | null)[],
  row: number,
): CorrectedBar[] {
  const told = history[row] ?? null;
  const leg = legs[row];
  return told === null || leg === undefined ? [] : correctedBars(leg.bars, told, leg.warmUp);
}

function multiplierOf({ setup }: FrozenPortfolio, row: number): number {
  return setup.instruments[row]?.multiplier ?? 1;
}

/** Money and positions at the last closes, with commissions as they are known by now. */
function liveEquity(run: FrozenPortfolio, rows: readonly (DriftOrder & OfInstrument)[]): number {
  let equity = run.settings.cash;
  for (const { live, side, instrument } of rows) {
    if (live === null) continue;
    const mark = run.legs[instrument]?.lastClose ?? Number.NaN;
    const way = side === 'buy' ? 1 : -1;
    const worth = (mark - live.price) * multiplierOf(run, instrument);
    equity += way * live.quantity * worth - live.commission;
  }
  return equity;
}
