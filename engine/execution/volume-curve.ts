import { RenataError } from '../domain/errors.ts';

/** History from which a curve is measured: times and volumes of equal length, in order. */
export interface VolumeHistory {
  readonly time: ArrayLike<number>;
  readonly volume: ArrayLike<number>;
}

export interface CurveWindow {
  /** Time of day at which the window begins, and how long it is; both in the unit of `time`. */
  readonly start: number;
  readonly length: number;
  readonly parts: number;
  /** Length of a day in the unit of `time`: 86,400,000 for UnixMillis in a zone without clock changes. */
  readonly day: number;
  /** Where days begin: subtracted from each time. */
  readonly zone: number;
}

/**
 * The expected part of a window's volume in each of its equal parts, adding up to 1: the mean over the
 * days of history of each day's own curve, so that one busy day does not outweigh the others. A part in
 * which nothing was ever traded has 0.
 * @throws RenataError BAD_INPUT when no day has volume in the window
 */
export function volumeCurve(history: VolumeHistory, window: CurveWindow): readonly number[] {
  const { start, length, parts, day, zone } = window;
  if (!(length > 0) || !Number.isInteger(parts) || parts < 1) {
    throw new RenataError('BAD_INPUT', 'window: give a length above 0 and 1 part or more.', {
      details: { parameter: 'window' },
    });
  }
  const days = new Map<number, Float64Array>();
  for (let i = 0; i < history.time.length; i += 1) {
    const time = (history.time[i] as number) - zone - start;
    const units = history.volume[i] as number;
    const number = Math.floor(time / day);
    const into = time - number * day;
    if (!(units > 0) || !(units < Infinity) || into >= length) continue;
    const curve = days.get(number) ?? new Float64Array(parts);
    const part = Math.min(parts - 1, Math.floor((into * parts) / length));
    curve[part] = (curve[part] as number) + units;
    days.set(number, curve);
  }
  if (days.size === 0) {
    throw new RenataError(
      'BAD_INPUT',
      'history: no volume lies in the window; use another window, or TWAP, which needs no curve.',
      { details: { parameter: 'history' } },
    );
  }
  const mean = Array.from({ length: parts }, () => 0);
  for (const curve of days.values()) {
    const sum = curve.reduce((all, units) => all + units, 0);
    for (let part = 0; part < parts; part += 1) {
      mean[part] = (mean[part] as number) + (curve[part] as number) / sum / days.size;
    }
  }
  return mean;
}
