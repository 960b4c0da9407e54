import {
  areaOf,
  barScale,
  baseLine,
  drawArea,
  drawTimeAxis,
  drawValueAxis,
  percentLabel,
  picture,
  plainLabel,
  valueAxis,
  WIDE,
} from '../chart.ts';
import { clampTrace, traceOf } from '../downsample.ts';
import { percent } from '../figures.ts';
import type { Markup } from '../markup.ts';
import type { Subject } from '../subject.ts';
import { section } from '../table.ts';

export interface Exposure {
  /**
   * Value of the position over the equity, NaN where nothing is left; or the units held where no bars are
   * at hand.
   */
  readonly values: Float64Array;
  readonly ofEquity: boolean;
  /** Parts of the bars that hold a long position, a short one, either. */
  readonly long: number;
  readonly short: number;
  /** Mean of the size of the position over the equity, where there is any; NaN without bars. */
  readonly average: number;
}

export function exposureOf({ run, bars }: Pick<Subject, 'run' | 'bars'>): Exposure {
  const { position, equity } = run;
  // The positions of several instruments are counted by what they are worth.
  const worth = run.instruments !== undefined;
  const values = new Float64Array(position.length);
  let long = 0;
  let short = 0;
  let sum = 0;
  let known = 0;
  for (let i = 0; i < values.length; i += 1) {
    const units = position[i] as number;
    if (units > 0) long += 1;
    if (units < 0) short += 1;
    const own = equity[i] as number;
    if (worth) values[i] = own > 0 ? units / own : Number.NaN;
    else if (bars === null) values[i] = units;
    else values[i] = own > 0 ? (units * (bars.close[i] as number)) / own : Number.NaN;
    const size = Math.abs(values[i] as number);
    if (Number.isFinite(size)) {
      sum += size;
      known += 1;
    }
  }
  const count = values.length;
  return {
    values,
    ofEquity: worth || bars !== null,
    long: long / count,
    short: short / count,
    average: worth || bars !== null ? sum / known : Number.NaN,
  };
}

export function exposureSection(subject: Subject): Markup {
  const { run } = subject;
  const { values, ofEquity, long, short, average } = exposureOf(subject);
  const height = 130;
  const area = areaOf(WIDE, height);
  const x = barScale(area, run.time.length);
  const trace = traceOf(values);
  const y = valueAxis(area, [trace.values], {
    label: ofEquity ? percentLabel : plainLabel,
    include: [0],
  });
  const shortText = short > 0 ? `, short ${percent(short, 1)}` : '';
  const averageText = Number.isNaN(average) ? '' : `; ${percent(average, 1)} of equity on average`;
  const sides = run.instruments === undefined ? 'Long' : 'Invested, long or short,';
  const text = `${sides} ${percent(long, 1)} of the bars${shortText}${averageText}`;
  return section(
    {
      id: 'exposure',
      title: ofEquity ? 'Exposure, part of equity' : 'Position, units',
      note: text,
    },
    picture(
      { id: 'exposure-area', title: 'Exposure', description: `${text}.`, width: WIDE, height },
      [
        drawValueAxis(area, y),
        drawTimeAxis(area, x, run.time),
        drawArea(x, y.scale, clampTrace(trace, 'above'), 'long'),
        short > 0 ? drawArea(x, y.scale, clampTrace(trace, 'below'), 'short') : baseLine(area, y),
        baseLine(area, y),
      ],
    ),
  );
}
