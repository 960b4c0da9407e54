import {
  areaOf,
  barScale,
  baseLine,
  drawArea,
  drawLine,
  drawTimeAxis,
  drawValueAxis,
  legend,
  moneyLabel,
  percentLabel,
  picture,
  px,
  valueAxis,
  WIDE,
} from '../chart.ts';
import { extentOf, traceOf } from '../downsample.ts';
import { change, instant, money, percent } from '../figures.ts';
import { markup, type Markup } from '../markup.ts';
import type { Subject } from '../subject.ts';
import { section } from '../table.ts';
import { lowerBound } from '../../series/columns.ts';

/** Drawdowns that are numbered in the picture, as in the table of them. */
const NUMBERED = 5;

/** Equity beside buying and holding, and below it how far both are under their highest mark. */
export function growthSection(subject: Subject): Markup {
  const { run } = subject;
  const { time, equity, benchmark } = run;
  const mine = traceOf(equity);
  const theirs = traceOf(benchmark);
  const last = equity.length - 1;
  const cash = run.summary.request.settings.cash;
  const area = areaOf(WIDE, 320);
  const x = barScale(area, time.length);
  const y = valueAxis(area, [mine.values, theirs.values], { label: moneyLabel, mayBeLog: true });
  const log = y.scale.kind === 'log';
  const gain = (equity[last] ?? cash) / cash - 1;
  const held = (benchmark[last] ?? cash) / cash - 1;
  const heldText = subject.compared ? `; buying and holding gave ${change(held)}` : '';
  const description = `From ${money(cash)} to ${money(equity[last] ?? cash)}, ${change(gain)}${heldText}.`;
  const chart = picture(
    { id: 'equity', title: 'Equity and benchmark', description, width: WIDE, height: 320 },
    [
      drawValueAxis(area, y),
      drawTimeAxis(area, x, time),
      baseLine(area, y, cash),
      drawLine(x, y.scale, theirs, 'benchmark'),
      drawLine(x, y.scale, mine, 'strategy'),
    ],
  );
  const unit = subject.currency === undefined ? '' : ` in ${subject.currency}`;
  return section(
    {
      id: 'growth',
      title: 'Equity and drawdown',
      note: `At each close${unit}${log ? ', log scale' : ''}; drawdown below the highest mark so far`,
    },
    legend([
      { name: 'strategy', text: `Strategy ${change(gain)}` },
      ...(subject.compared ? [{ name: 'benchmark', text: `Buy and hold ${change(held)}` }] : []),
    ]),
    chart,
    drawdownPicture(subject),
  );
}

function drawdownPicture(subject: Subject): Markup {
  const { run, depth, marketDepth } = subject;
  const mine = traceOf(depth.subarray(1));
  const theirs = traceOf(marketDepth.subarray(1));
  const area = areaOf(WIDE, 170);
  const x = barScale(area, run.time.length);
  const y = valueAxis(area, [mine.values, theirs.values], { label: percentLabel, include: [0] });
  const worst = subject.worst.slice(0, NUMBERED);
  const numbers = worst.map(({ valley, depth }, index) => {
    const bar = lowerBound(run.time, valley);
    const at = Math.min(y.scale.at(-depth) + 12, area.bottom - 2);
    return markup`<text class="number mid" x="${px(x.at(bar))}" y="${px(at)}">${index + 1}</text>`;
  });
  const [first] = worst;
  const marketLow = extentOf(marketDepth)?.low ?? Number.NaN;
  const marketText = subject.compared
    ? `; that of buying and holding is ${percent(marketLow)}`
    : '';
  const description =
    first === undefined
      ? 'Equity never fell below its highest mark.'
      : `The deepest drawdown is ${percent(-first.depth)}, lowest on ${instant(first.valley)}${marketText}.`;
  return picture({ id: 'drawdown', title: 'Drawdown', description, width: WIDE, height: 170 }, [
    drawValueAxis(area, y),
    drawTimeAxis(area, x, run.time),
    drawArea(x, y.scale, mine, 'loss'),
    drawLine(x, y.scale, theirs, 'benchmark'),
    drawLine(x, y.scale, mine, 'loss-line'),
    ...numbers,
  ]);
}
