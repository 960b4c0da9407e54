import { readFileSync } from 'node:fs';
import { fromRoot } from '../../../../build/lib/paths.ts';
import { Random } from '../../../../engine/backtest/random.ts';
import type { AdjustmentEvent } from '../../../../engine/domain/adjustments.ts';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import { MarketCalendar, type CalendarData } from '../../../../engine/domain/calendar.ts';

/** A made series of a US stock, so that sessions, splits and finer bars are there without any data. */

const MINUTE = 60_000;

export const US = calendarData('us-equity');

export function calendarData(name: string): CalendarData {
  return JSON.parse(
    readFileSync(fromRoot(`resources/calendars/${name}.json`), 'utf8'),
  ) as CalendarData;
}

/** Splits two for one and pays a dividend, both on sessions of the series. */
export const EVENTS: readonly AdjustmentEvent[] = [
  { kind: 'dividend', day: Date.UTC(2023, 9, 25), amount: 0.8, referencePrice: null },
  { kind: 'split', day: Date.UTC(2023, 10, 8), ratio: 2 },
  { kind: 'dividend', day: Date.UTC(2023, 10, 22), amount: 0.5, referencePrice: null },
];

type Bar = readonly [
  time: number,
  open: number,
  high: number,
  low: number,
  close: number,
  volume: number,
];

/**
 * Bars of five minutes from 04:00 to 20:00 in New York over the change of its clocks (2023-11-05) and the
 * early close after Thanksgiving, raw: the price halves with the split.
 */
function fiveMinutes(seed: number): Bar[] {
  const random = new Random(seed);
  const calendar = new MarketCalendar(US);
  let price = 120;
  const bars: Bar[] = [];
  for (const session of calendar.sessions(Date.UTC(2023, 9, 2), Date.UTC(2023, 11, 15))) {
    if (session.day === Date.UTC(2023, 10, 8)) price /= 2;
    for (const time of calendar.barTimes(session, 5 * MINUTE, 'extended')) {
      const open = price * Math.exp(random.normal() * 0.0006);
      const close = open * Math.exp(random.normal() * 0.0022);
      const high = Math.max(open, close) * (1 + random.uniform() * 0.0015);
      const low = Math.min(open, close) * (1 - random.uniform() * 0.0015);
      price = close;
      const cents = [open, high, low, close].map((value) => Math.round(value * 100) / 100);
      const [o, h, l, c] = cents as [number, number, number, number];
      bars.push([time, o, h, l, c, Math.floor(100 + random.uniform() * 900)]);
    }
  }
  return bars;
}

/** Bars put together by the place that each belongs to; `null` leaves one out. */
function joined(bars: readonly Bar[], placeOf: (time: number) => number | null): Bar[] {
  const found = new Map<number, Bar>();
  for (const [time, open, high, low, close, volume] of bars) {
    const place = placeOf(time);
    if (place === null) continue;
    const before = found.get(place);
    found.set(
      place,
      before === undefined
        ? [place, open, high, low, close, volume]
        : [
            place,
            before[1],
            Math.max(before[2], high),
            Math.min(before[3], low),
            close,
            before[5] + volume,
          ],
    );
  }
  return [...found.values()];
}

function columnsOf(bars: readonly Bar[]): BarColumns {
  const column = (k: number): Float64Array => Float64Array.from(bars, (bar) => bar[k] as number);
  return {
    time: column(0),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  };
}

/** The same prices as bars of five minutes, of an hour (with those before and after the session) and of a day. */
export function madeBars(seed = 4): {
  readonly fine: BarColumns;
  readonly hour: BarColumns;
  readonly day: BarColumns;
} {
  const calendar = new MarketCalendar(US);
  const fine = fiveMinutes(seed);
  const hour = joined(fine, (time) => time - (time % (60 * MINUTE)));
  const day = joined(fine, (time) => {
    const date = calendar.zone.wallDay(time);
    return calendar.isOpen(time, 'regular') ? date : null;
  });
  return { fine: columnsOf(fine), hour: columnsOf(hour), day: columnsOf(day) };
}

/**
 * Code whose orders live by the session: bought for the close after a falling bar, a limit order for the
 * day, left at the open or by a stop.
 */
export const SESSION_CODE = `export const strategy = {
  title: 'Sessions', description: 'Orders for opens, closes and days.',
  parameters: {
    length: { default: 3, min: 1, max: 50, description: 'Bars that are looked back.' },
    percent: { default: 1, min: 0.1, max: 9, step: 0.1, description: 'Below the price.' },
  },
  create({ length, percent }) {
    return {
      onBar(bar) {
        const price = bar.close.at();
        if (bar.position > 0) {
          if (bar.index % 7 === 0) {
            bar.order({ side: 'sell', type: 'market_on_open', reduceOnly: true, tag: 'morning' });
          } else if (bar.index % 3 === 0) {
            bar.order({
              side: 'sell', type: 'stop', stopPrice: price * (1 - percent / 100),
              timeInForce: 'day', reduceOnly: true, tag: 'stop',
            });
          }
          return;
        }
        if (!(price < bar.close.at(length))) return;
        if (bar.index % 2 === 0) bar.order({ side: 'buy', type: 'market_on_close', tag: 'evening' });
        else {
          bar.order({
            side: 'buy', type: 'limit', limitPrice: price * (1 - percent / 400),
            timeInForce: 'day', tag: 'day',
          });
        }
      },
    };
  },
};
`;
