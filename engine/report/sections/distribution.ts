import {
  areaOf,
  barPath,
  drawLevelAxis,
  drawValueAxis,
  HALF,
  legend,
  percentLabel,
  picture,
  plainLabel,
  px,
  valueAxis,
} from '../chart.ts';
import { change, figure, percent } from '../figures.ts';
import { histogramOf } from '../histogram.ts';
import { markup, NOTHING, raw, type Markup } from '../markup.ts';
import { niceTicks, scaleOf, tickDigits } from '../scale.ts';
import type { Subject } from '../subject.ts';
import { empty, facts, section } from '../table.ts';
import { calendarReturns } from '../../stats/calendar-returns.ts';
import { normalDensity } from '../../stats/distributions.ts';
import { deviation, mean } from '../../stats/moments.ts';
import { conditionalValueAtRisk, valueAtRisk } from '../../stats/risk-ratios.ts';
import { quantileOf, sampleKurtosis, sampleSkew, shapeOf, sorted } from '../../stats/shape.ts';

/** Fewer days than this say less than the bars themselves. */
const LEAST_DAYS = 20;

/** Daily returns of bars shorter than a day, else those of the bars. */
function sampleOf(subject: Subject): { readonly values: Float64Array; readonly name: string } {
  const { run, zone, daily, returns } = subject;
  if (!daily) {
    const cash = run.summary.request.settings.cash;
    const days = calendarReturns(run.time, run.equity, cash, 'day', zone).returns;
    if (days.length >= LEAST_DAYS) return { values: days, name: 'day' };
  }
  return { values: returns, name: run.summary.timeframe === '1d' ? 'day' : 'bar' };
}

/** How often returns of each size came, beside a normal distribution of the same mean and spread. */
export function distributionSection(subject: Subject): Markup {
  const { values, name } = sampleOf(subject);
  const shape = shapeOf(values);
  const atRisk = valueAtRisk(values);
  return histogramSection('distribution', `Returns of a ${name}`, values, atRisk, [
    ['Mean', change(shape.mean, 3)],
    ['Deviation', percent(deviation(values))],
    ['Skew', figure(sampleSkew(shape))],
    ['Excess kurtosis', figure(sampleKurtosis(shape))],
    ['VaR 95%', change(atRisk)],
    ['CVaR 95%', change(conditionalValueAtRisk(values))],
  ]);
}

/** The same of what closed trades returned. */
export function tradeReturnsSection({ run }: Subject): Markup {
  const { trades } = run;
  const values = trades.returnFraction.filter((_, i) => trades.open[i] === 0);
  const ascending = sorted(values);
  return histogramSection('trade-returns', 'Returns of a trade', values, null, [
    ['Mean', change(mean(values))],
    ['Median', change(quantileOf(ascending, 0.5))],
    ['Deviation', percent(deviation(values))],
    ['Best', change(quantileOf(ascending, 1))],
    ['Worst', change(quantileOf(ascending, 0))],
  ]);
}

function histogramSection(
  id: string,
  title: string,
  values: Float64Array,
  limit: number | null,
  below: readonly (readonly [string, string])[],
): Markup {
  const options = { id, title, half: true };
  const moved = values.filter((value) => value !== 0);
  const bins = histogramOf(moved);
  if (bins === null || moved.length < 2) {
    return section(options, empty('There are too few returns for a distribution.'));
  }
  const still = values.length - moved.length;
  const { from, width, counts, total } = bins;
  const to = from + counts.length * width;
  const height = 250;
  const area = areaOf(HALF, height);
  const x = scaleOf(from, to, area.left, area.right);
  const spread = deviation(moved);
  const curve = normalCurve(from, to, mean(moved), spread, total * width);
  const y = valueAxis(area, [counts, curve.height], { label: plainLabel, include: [0] });
  const gap = x.at(from + width) - x.at(from) > 6 ? 1 : 0;
  const bars = (keep: (start: number) => boolean): string =>
    Array.from(counts, (count, i) => {
      const start = from + i * width;
      return keep(start)
        ? barPath(x.at(start) + gap / 2, x.at(start + width) - gap / 2, y.scale, count)
        : '';
    }).join('');
  const ticks = niceTicks(from, to, 6);
  const digits = tickDigits(ticks);
  const line = Array.from(
    curve.value,
    (value, i) =>
      `${i === 0 ? 'M' : 'L'}${px(x.at(value))} ${px(y.scale.at(curve.height[i] as number))}`,
  ).join('');
  const description = `${figure(values.length, 0)} returns. ${below.map(([name, value]) => `${name} ${value}`).join(', ')}.`;
  return section(
    {
      ...options,
      note: `${figure(total, 0)} in bins of ${percentLabel(width, tickDigits([width]))}${still > 0 ? `; ${figure(still, 0)} of 0 are not drawn` : ''}`,
    },
    legend([
      { name: 'gain', text: 'Gains' },
      { name: 'lost', text: 'Losses' },
      { name: 'normal', text: 'Normal' },
      ...(limit === null ? [] : [{ name: 'limit', text: 'VaR 95%' }]),
    ]),
    picture({ id: `${id}-bins`, title, description, width: HALF, height }, [
      drawValueAxis(area, y),
      drawLevelAxis(
        area,
        x,
        ticks.map((value) => ({ value, label: percentLabel(value, digits) })),
      ),
      markup`<path class="fill lost" d="${raw(bars((start) => start < -width / 2))}" />`,
      markup`<path class="fill gain" d="${raw(bars((start) => start >= -width / 2))}" />`,
      spread > 0 ? markup`<path class="line normal" d="${raw(line)}" />` : NOTHING,
      limit === null
        ? NOTHING
        : markup`<path class="line limit" d="M${px(x.at(limit))} ${area.top}V${area.bottom}" />`,
    ]),
    facts(below),
  );
}

const CURVE_POINTS = 120;

function normalCurve(
  from: number,
  to: number,
  centre: number,
  spread: number,
  mass: number,
): { readonly value: Float64Array; readonly height: Float64Array } {
  const value = new Float64Array(CURVE_POINTS + 1);
  const height = new Float64Array(CURVE_POINTS + 1);
  if (!(spread > 0)) return { value, height };
  for (let i = 0; i <= CURVE_POINTS; i += 1) {
    const at = from + ((to - from) * i) / CURVE_POINTS;
    value[i] = at;
    height[i] = (normalDensity((at - centre) / spread) / spread) * mass;
  }
  return { value, height };
}
