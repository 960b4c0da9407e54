import { RenataError } from '../../domain/errors.ts';
import { isDailyOrLonger } from '../../domain/timeframe.ts';
import type { InstrumentBars } from '../../expressions/bars-environment.ts';
import { closingTimes } from '../../series/resample.ts';

type Named = InstrumentBars & { readonly symbol: string };

/**
 * Checks that nothing is traded before what it is decided on has happened. Bars of one date may end at
 * different hours where markets differ: a close of one is then known before that of another, and the next
 * bar of one may begin before the last of another has ended.
 * @param atClose whether orders are filled on the closes that they are decided on
 * @throws RenataError BAD_INPUT naming two instruments
 */
export function checkCloses(instruments: readonly Named[], atClose: boolean): void {
  if (new Set(instruments.map(({ calendar }) => calendar.name)).size < 2) return;
  const legs = instruments.map((leg) => {
    const { bars, timeframe, calendar, hours } = leg;
    const closes = closingTimes(bars.time, timeframe, { calendar, hours });
    return { ...leg, closes, next: 0 };
  });
  const moments = new Set(legs.flatMap(({ bars }) => [...bars.time]));
  let latest = Number.NEGATIVE_INFINITY;
  let owner = legs[0];
  for (const time of [...moments].toSorted((a, b) => a - b)) {
    const here = legs.filter((leg) => leg.bars.time[leg.next] === time);
    const early = here.find((leg) => openingOf(leg, time) < latest);
    if (early !== undefined && owner !== undefined) throw beginsEarly(early, owner);
    for (const leg of here) {
      const close = leg.closes[leg.next] as number;
      leg.next += 1;
      if (close > latest) {
        latest = close;
        owner = leg;
      }
    }
    if (!atClose) continue;
    const [first] = here;
    const closeOf = ({ closes, next }: (typeof legs)[number]): number => closes[next - 1] as number;
    const other = here.find((leg) => first !== undefined && closeOf(leg) !== closeOf(first));
    if (first !== undefined && other !== undefined) throw endApart(first, other);
  }
}

/** When trading of a bar begins: that of a date with its session, where the calendar has one. */
function openingOf({ calendar, hours, timeframe }: Named, time: number): number {
  if (!isDailyOrLonger(timeframe)) return time;
  return calendar.session(time)?.[hours][0]?.from ?? time;
}

function beginsEarly(early: Named, late: Named): RenataError {
  return new RenataError(
    'BAD_INPUT',
    `instruments: a bar of ${early.symbol} (calendar ${early.calendar.name}) begins before that of ${late.symbol} (${late.calendar.name}) of the date before has ended, so it would be traded on a close that is not known yet; take bars of less than a day, or run them apart.`,
    { details: { parameter: 'instruments' } },
  );
}

function endApart(one: Named, other: Named): RenataError {
  return new RenataError(
    'BAD_INPUT',
    `fill: bars of ${one.symbol} (calendar ${one.calendar.name}) and ${other.symbol} (${other.calendar.name}) end at different hours, so their closes cannot be traded on each other; use --fill next-open.`,
    { details: { parameter: 'fill' } },
  );
}
