import {
  areaOf,
  barScale,
  baseLine,
  drawLine,
  drawTimeAxis,
  drawValueAxis,
  percentLabel,
  picture,
  plainLabel,
  valueAxis,
  WIDE,
} from '../chart.ts';
import { traceOf } from '../downsample.ts';
import { figure, percent } from '../figures.ts';
import { markup, type Markup } from '../markup.ts';
import type { Subject } from '../subject.ts';
import { empty, section } from '../table.ts';
import { rollingBeta, rollingSharpe, rollingVolatility } from '../../stats/rolling.ts';

/** Windows as parts of a year, longest first. */
const WINDOWS: readonly (readonly [years: number, name: string])[] = [
  [1 / 2, '6 months'],
  [1 / 4, '3 months'],
  [1 / 12, '1 month'],
  [1 / 52, '1 week'],
  [1 / 252, '1 day'],
];
const LEAST_BARS = 10;
/** The window that is chosen fits so many times into the data. */
const TIMES = 3;

/** The longest usual window that the data hold several times, in bars; null when they are too short. */
export function rollingWindow(
  bars: number,
  periods: number,
): { readonly window: number; readonly name: string } | null {
  for (const [years, name] of WINDOWS) {
    const window = Math.round(periods * years);
    if (window >= LEAST_BARS && window * TIMES <= bars) return { window, name };
  }
  return null;
}

export function rollingSection(subject: Subject): Markup {
  const { run, returns, marketReturns, periods, rate, compared } = subject;
  const chosen = rollingWindow(returns.length, periods);
  const options = { id: 'rolling', title: 'Rolling Sharpe ratio, volatility and beta' };
  if (chosen === null) {
    return section(options, empty('The run is too short for rolling figures.'));
  }
  const { window, name } = chosen;
  const sharpe = rollingSharpe(returns, window, periods, rate);
  const volatility = rollingVolatility(returns, window, periods);
  const market = rollingVolatility(marketReturns, window, periods);
  const beta = rollingBeta(returns, marketReturns, window);

  const panel = (
    id: string,
    title: string,
    columns: readonly (readonly [Float64Array, string])[],
    how: {
      readonly label: typeof plainLabel;
      readonly bases: readonly number[];
      readonly text: (value: number) => string;
    },
  ): Markup => {
    const height = 128;
    const area = areaOf(WIDE, height);
    const x = barScale(area, run.time.length);
    const traces = columns.map(([column, style]) => ({ trace: traceOf(column), style }));
    const values = traces.map(({ trace }) => trace.values);
    const y = valueAxis(area, values, { label: how.label, include: [0] });
    const last = columns.at(-1)?.[0].at(-1) ?? Number.NaN;
    return markup`<h3>${title} <span>${how.text(last)} at the end</span></h3>
      ${picture(
        { id, title, description: `${title}, ${how.text(last)} at the end.`, width: WIDE, height },
        [
          drawValueAxis(area, y),
          drawTimeAxis(area, x, run.time),
          ...how.bases.map((base) => baseLine(area, y, base)),
          ...traces.map(({ trace, style }) => drawLine(x, y.scale, trace, style)),
        ],
      )}`;
  };

  return section(
    {
      ...options,
      note: `Over the last ${figure(window, 0)} bars, about ${name}${compared ? '; grey is buy and hold' : ''}`,
    },
    panel('rolling-sharpe', 'Sharpe ratio', [[sharpe, 'strategy thin']], {
      label: plainLabel,
      bases: [0],
      text: (value) => figure(value),
    }),
    panel(
      'rolling-volatility',
      'Volatility, a year',
      [
        [market, 'benchmark'],
        [volatility, 'strategy thin'],
      ],
      { label: percentLabel, bases: [0], text: (value) => percent(value, 1) },
    ),
    panel('rolling-beta', 'Beta against buy and hold', [[beta, 'strategy thin']], {
      label: plainLabel,
      bases: [0, 1],
      text: (value) => figure(value),
    }),
  );
}
