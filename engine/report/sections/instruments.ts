import {
  areaOf,
  barScale,
  baseLine,
  drawLine,
  drawTimeAxis,
  drawValueAxis,
  legend,
  percentLabel,
  picture,
  valueAxis,
  WIDE,
} from '../chart.ts';
import { traceOf } from '../downsample.ts';
import { figure, money, percent } from '../figures.ts';
import { NOTHING, type Markup, type Part } from '../markup.ts';
import type { Subject } from '../subject.ts';
import { section, table, toned } from '../table.ts';
import type { TradeColumns } from '../../domain/backtest.ts';

/** Lines that a picture has colours for. */
const MOST_LINES = 8;

/** What one instrument did in a run of several. */
export interface InstrumentFigures {
  readonly symbol: string;
  readonly barCount: number;
  /** Closed trades, and the part of them that won; NaN without any. */
  readonly trades: number;
  readonly won: number;
  /** Net, of all trades, with those that are open at the end at their last price. */
  readonly pnl: number;
  readonly commission: number;
  /** Part of the bars of the run that hold a position. */
  readonly held: number;
  /** Mean and largest size of the position over the equity, over all bars with equity. */
  readonly average: number;
  readonly largest: number;
}

export function figuresByInstrument({ run }: Pick<Subject, 'run'>): readonly InstrumentFigures[] {
  const { trades, instruments = [] } = run;
  return instruments.map(({ symbol, barCount, weight }, row) => ({
    symbol,
    barCount,
    ...tradesOf(trades, row),
    ...sizesOf(weight),
  }));
}

function tradesOf(
  { count, instrument, open, pnl, commission }: TradeColumns,
  row: number,
): Pick<InstrumentFigures, 'trades' | 'won' | 'pnl' | 'commission'> {
  let closed = 0;
  let won = 0;
  let made = 0;
  let paid = 0;
  for (let i = 0; i < count; i += 1) {
    if ((instrument?.[i] ?? 0) !== row) continue;
    made += pnl[i] as number;
    paid += commission[i] as number;
    if (open[i] === 1) continue;
    closed += 1;
    if ((pnl[i] as number) > 0) won += 1;
  }
  return { trades: closed, won: won / closed, pnl: made, commission: paid };
}

function sizesOf(weight: Float64Array): Pick<InstrumentFigures, 'held' | 'average' | 'largest'> {
  let held = 0;
  let known = 0;
  let sum = 0;
  let largest = 0;
  for (const each of weight) {
    if (Number.isNaN(each)) continue;
    const size = Math.abs(each);
    known += 1;
    sum += size;
    if (size > 0) held += 1;
    if (size > largest) largest = size;
  }
  return { held: held / weight.length, average: sum / known, largest };
}

/** Trades and exposure of each instrument; nothing for a run of one. */
export function instrumentsSection(subject: Subject): Markup {
  const { run } = subject;
  const { instruments = [] } = run;
  if (instruments.length === 0) return NOTHING;
  const figures = figuresByInstrument(subject);
  const rows = figures.map((each): Part[] => [
    each.symbol,
    figure(each.barCount, 0),
    figure(each.trades, 0),
    percent(each.won, 0),
    toned(money(each.pnl), each.pnl),
    money(each.commission),
    percent(each.held, 0),
    percent(each.average, 1),
    percent(each.largest, 1),
  ]);
  return section(
    {
      id: 'instruments',
      title: 'By instrument',
      note: 'Position as a part of the equity at each close; trades that are open at the end count in the result',
    },
    exposureLines(subject, figures),
    table({
      caption: 'Trades and exposure by instrument',
      columns: [
        { title: 'Instrument' },
        { title: 'Bars', kind: 'figure' },
        { title: 'Closed trades', kind: 'figure' },
        { title: 'Won', kind: 'figure' },
        { title: 'PnL', kind: 'figure' },
        { title: 'Commission', kind: 'figure' },
        { title: 'Held', kind: 'figure' },
        { title: 'Mean size', kind: 'figure' },
        { title: 'Largest size', kind: 'figure' },
      ],
      rows,
    }),
  );
}

/** The position of each instrument over time; of many, those that were largest on average. */
function exposureLines({ run }: Subject, figures: readonly InstrumentFigures[]): readonly Part[] {
  const { instruments = [], time } = run;
  const bySize = [...figures.keys()].toSorted(
    (a, b) => (figures[b]?.average ?? 0) - (figures[a]?.average ?? 0),
  );
  const largest = new Set(bySize.slice(0, MOST_LINES));
  const drawn = instruments.flatMap(({ symbol, weight }, row) =>
    largest.has(row) ? [{ symbol, trace: traceOf(weight) }] : [],
  );
  const height = 200;
  const area = areaOf(WIDE, height);
  const x = barScale(area, time.length);
  const y = valueAxis(
    area,
    drawn.map(({ trace }) => trace.values),
    { label: percentLabel, include: [0] },
  );
  const left = instruments.length - drawn.length;
  const others = left > 0 ? `, without ${figure(left, 0)} smaller ones` : '';
  const description = `Exposure of ${drawn.map(({ symbol }) => symbol).join(', ')} as parts of the equity${others}.`;
  return [
    legend(drawn.map(({ symbol }, i) => ({ name: `run-${i + 1}`, text: symbol }))),
    picture(
      {
        id: 'instrument-lines',
        title: 'Exposure by instrument',
        description,
        width: WIDE,
        height,
      },
      [
        drawValueAxis(area, y),
        drawTimeAxis(area, x, time),
        baseLine(area, y),
        ...drawn.map(({ trace }, i) => drawLine(x, y.scale, trace, `run-${i + 1}`)),
      ],
    ),
  ];
}
