import {
  areaOf,
  barScale,
  baseLine,
  drawLevelAxis,
  drawLine,
  drawTimeAxis,
  drawValueAxis,
  HALF,
  legend,
  percentLabel,
  picture,
  plainLabel,
  px,
  valueAxis,
  WIDE,
} from '../chart.ts';
import { traceOf } from '../downsample.ts';
import { change, counted, days, figure, instant, money, percent, price } from '../figures.ts';
import { markup, NOTHING, raw, type Markup, type Part } from '../markup.ts';
import { niceTicks, scaleOf, tickDigits, type Scale } from '../scale.ts';
import type { Subject } from '../subject.ts';
import { empty, facts, section, table, toned } from '../table.ts';
import { symbolsOf } from '../tables.ts';
import { MS_PER_DAY } from '../../domain/time.ts';
import { summariseExcursions } from '../../stats/excursions.ts';

/** Up to so many trades each is drawn with its own line and text. */
const SINGLE_TRADES = 250;
/** Marks of many trades that are closer than this are drawn once. */
const CELL = 3;
const MARKED_ROWS = 5;

/** The price with a mark at each entry and exit. */
export function tradesOnPriceSection(subject: Subject): Markup {
  const { run, bars } = subject;
  const { trades } = run;
  const options = { id: 'trades', title: 'Trades on price' };
  if (trades.count === 0) return section(options, empty('The strategy made no trade.'));
  // Several instruments have no price in common.
  if (run.instruments !== undefined) return NOTHING;
  if (bars === null) {
    return section(
      options,
      empty(
        'The bars that this run read are not in the store any more, so prices cannot be shown.',
      ),
    );
  }
  const height = 320;
  const area = areaOf(WIDE, height);
  const x = barScale(area, run.time.length);
  const close = traceOf(bars.close);
  const y = valueAxis(area, [close.values, trades.entryPrice, trades.exitPrice], {
    label: plainLabel,
    mayBeLog: true,
  });
  const few = trades.count <= SINGLE_TRADES;
  const open = trades.open.reduce((sum, value) => sum + value, 0);
  const openText =
    open === 0
      ? ''
      : trades.count === 1
        ? ', open at the end'
        : `, ${figure(open, 0)} of them open at the end`;
  const text = `${counted(trades.count, 'trade')}${openText}`;
  const note = few ? text : `${text}; marks closer than ${CELL} pixels are drawn once`;
  return section(
    { ...options, note: y.scale.kind === 'log' ? `${note}; log scale` : note },
    legend([
      { name: 'price', text: 'Close' },
      { name: 'mark-buy', text: 'Long entry' },
      ...(trades.size.some((size) => size < 0) ? [{ name: 'mark-sell', text: 'Short entry' }] : []),
      { name: 'mark-exit', text: 'Exit' },
    ]),
    picture(
      { id: 'price', title: 'Trades on price', description: `${text}.`, width: WIDE, height },
      [
        drawValueAxis(area, y),
        drawTimeAxis(area, x, run.time),
        drawLine(x, y.scale, close, 'price'),
        few ? singleTrades(subject, x, y.scale) : manyTrades(subject, x, y.scale),
      ],
    ),
  );
}

function singleTrades({ run }: Subject, x: Scale, y: Scale): Markup[] {
  const { trades } = run;
  return Array.from(trades.size, (size, i) => {
    const [entry, exit] = [trades.entryPrice[i] as number, trades.exitPrice[i] as number];
    const from = { x: x.at(trades.entryBar[i] as number), y: y.at(entry) };
    const to = { x: x.at(trades.exitBar[i] as number), y: y.at(exit) };
    const isOpen = trades.open[i] === 1;
    const result = change(trades.returnFraction[i] as number);
    const tag = trades.entryTag[i] ?? '';
    const title = `${tag === '' ? '' : `${tag}: `}${size > 0 ? 'long' : 'short'} ${figure(Math.abs(size), 2)} at ${price(entry)} on ${instant(trades.entryTime[i] as number)}, ${isOpen ? 'open at' : 'left at'} ${price(exit)}${isOpen ? '' : ` on ${instant(trades.exitTime[i] as number)}`}, ${result}`;
    const won = (trades.pnl[i] as number) > 0 ? 'won' : 'lost-trade';
    return markup`<g><title>${title}</title><path class="trade ${won}" d="M${px(from.x)} ${px(from.y)}L${px(to.x)} ${px(to.y)}" /><path class="${size > 0 ? 'mark-buy' : 'mark-sell'}" d="${raw(triangle(from.x, from.y, size > 0))}" />${
      isOpen
        ? NOTHING
        : markup`<circle class="mark-exit" cx="${px(to.x)}" cy="${px(to.y)}" r="2.4" />`
    }</g>`;
  });
}

/** A triangle below a price that was bought, above one that was sold, its tip at the price. */
function triangle(x: number, y: number, up: boolean): string {
  const side = up ? 1 : -1;
  return `M${px(x)} ${px(y + side)}l3.6 ${6.4 * side}h-7.2z`;
}

function manyTrades({ run }: Subject, x: Scale, y: Scale): Markup[] {
  const { trades } = run;
  const marks = (bars: Int32Array, prices: Float64Array, keep: (i: number) => boolean): string => {
    const taken = new Set<number>();
    let path = '';
    for (let i = 0; i < trades.count; i += 1) {
      if (!keep(i)) continue;
      const at = { x: x.at(bars[i] as number), y: y.at(prices[i] as number) };
      const cell = Math.round(at.x / CELL) * 4_096 + Math.round(at.y / CELL);
      if (taken.has(cell)) continue;
      taken.add(cell);
      path += `M${px(at.x)} ${px(at.y)}h0`;
    }
    return path;
  };
  const { entryBar, entryPrice, exitBar, exitPrice, size, open } = trades;
  const dots = (name: string, path: string): Markup =>
    path === '' ? NOTHING : markup`<path class="dots ${name}" d="${raw(path)}" />`;
  return [
    dots(
      'dot-exit',
      marks(exitBar, exitPrice, (i) => open[i] === 0),
    ),
    dots(
      'dot-buy',
      marks(entryBar, entryPrice, (i) => (size[i] as number) > 0),
    ),
    dots(
      'dot-sell',
      marks(entryBar, entryPrice, (i) => (size[i] as number) < 0),
    ),
  ];
}

/** Each closed trade: how far the price went against it, and what it returned. */
export function excursionsSection({ run }: Subject): Markup {
  const { trades } = run;
  const closed = Array.from(trades.open.keys()).filter((i) => trades.open[i] === 0);
  const options = { id: 'excursions', title: 'Excursion and return of each trade', half: true };
  if (closed.length === 0) return section(options, empty('No trade was closed.'));
  const against = closed.map((i) => trades.mae[i] as number);
  const gained = closed.map((i) => trades.returnFraction[i] as number);
  const height = 250;
  const area = areaOf(HALF, height);
  const far = Math.max(
    1e-9,
    against.reduce((most, value) => Math.max(most, value), 0),
  );
  const x = scaleOf(0, far * 1.04, area.left + 4, area.right);
  const y = valueAxis(area, [gained], { label: percentLabel, include: [0] });
  const ticks = niceTicks(0, far, 6);
  const digits = tickDigits(ticks);
  const taken = new Set<number>();
  const paths = { won: '', lost: '' };
  closed.forEach((trade, i) => {
    const at = { x: x.at(against[i] as number), y: y.scale.at(gained[i] as number) };
    const cell = Math.round(at.x / 2) * 4_096 + Math.round(at.y / 2);
    if (taken.has(cell)) return;
    taken.add(cell);
    paths[(trades.pnl[trade] as number) > 0 ? 'won' : 'lost'] += `M${px(at.x)} ${px(at.y)}h0`;
  });
  const { averageMae, averageMfe, winnersMae95, edgeRatio, captured } = summariseExcursions(trades);
  const winners = Number.isNaN(winnersMae95)
    ? 'none of them won'
    : `95% of the winners never were more than ${percent(winnersMae95)} against`;
  const description = `${counted(closed.length, 'closed trade')}; ${winners}.`;
  return section(
    { ...options, note: 'Across: largest move against the trade (MAE). Up: return, net of costs' },
    legend([
      { name: 'gain', text: 'Winners' },
      { name: 'lost', text: 'Losers' },
    ]),
    picture({ id: 'scatter', title: 'Excursion and return', description, width: HALF, height }, [
      drawValueAxis(area, y),
      drawLevelAxis(
        area,
        x,
        ticks.map((value) => ({ value, label: percentLabel(value, digits) })),
      ),
      baseLine(area, y),
      markup`<path class="dots dot-sell" d="${raw(paths.lost)}" />`,
      markup`<path class="dots dot-buy" d="${raw(paths.won)}" />`,
    ]),
    facts([
      ['Mean MAE', percent(averageMae)],
      ['Mean MFE', percent(averageMfe)],
      ['Winners’ MAE, 95%', percent(winnersMae95)],
      ['Edge ratio', figure(edgeRatio)],
      ['MFE kept', percent(captured, 0)],
    ]),
  );
}

/** The trades that made and lost most. */
export function extremeTradesSection({ run }: Subject): Markup {
  const { trades } = run;
  const options = { id: 'extreme-trades', title: 'Best and worst trades', half: true };
  const closed = Array.from(trades.open.keys()).filter((i) => trades.open[i] === 0);
  if (closed.length === 0) return section(options, empty('No trade was closed.'));
  const ordered = closed.toSorted((a, b) => (trades.pnl[b] as number) - (trades.pnl[a] as number));
  const count = Math.min(MARKED_ROWS, Math.floor(ordered.length / 2) || 1);
  const symbols = symbolsOf(run);
  const chosen = [...new Set([...ordered.slice(0, count), ...ordered.slice(-count)])];
  const rows = chosen.map((i): Part[] => {
    const pnl = trades.pnl[i] as number;
    const held = ((trades.exitTime[i] as number) - (trades.entryTime[i] as number)) / MS_PER_DAY;
    return [
      instant(trades.entryTime[i] as number),
      ...(symbols === undefined ? [] : [symbols[trades.instrument?.[i] ?? 0] ?? '']),
      (trades.size[i] as number) > 0 ? 'long' : 'short',
      price(trades.entryPrice[i] as number),
      price(trades.exitPrice[i] as number),
      toned(money(pnl), pnl),
      toned(change(trades.returnFraction[i] as number, 1), pnl),
      days(held),
    ];
  });
  return section(
    { ...options, note: `By money, of ${counted(closed.length, 'closed trade')}` },
    table({
      caption: 'Best and worst trades',
      columns: [
        { title: 'Entry' },
        ...(symbols === undefined ? [] : [{ title: 'Instrument' }]),
        { title: 'Side' },
        { title: 'Entered at', kind: 'figure' },
        { title: 'Left at', kind: 'figure' },
        { title: 'PnL', kind: 'figure' },
        { title: 'Return', kind: 'figure' },
        { title: 'Held', kind: 'figure' },
      ],
      rows,
    }),
  );
}
