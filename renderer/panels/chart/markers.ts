import type { SeriesMarker, Time, UTCTimestamp } from 'lightweight-charts';
import { token } from '../../components/theme.ts';
import type { StudyMark } from './study-look.ts';

const SECOND = 1_000;

export function stamp(time: number): UTCTimestamp {
  return Math.floor(time / SECOND) as UTCTimestamp;
}

/** A colour of the palette or of the user, as the canvas needs it. */
export function cssColour(colour: string | null): string {
  if (colour === null) return token('text');
  return colour.startsWith('study-') ? token(colour) : colour;
}

/** Marks as markers of a series: up below its bar, down above it, a condition as a dot. */
export function markersOf(
  marks: readonly StudyMark[],
  options: { readonly named: boolean; readonly onSeries: boolean },
): SeriesMarker<Time>[] {
  const [up, down] = [token('up'), token('down')];
  return marks.map(({ time, sign, strong, colour, text }) => ({
    time: stamp(time),
    position: sign < 0 ? 'aboveBar' : options.onSeries && sign === 0 ? 'inBar' : 'belowBar',
    shape: sign === 0 ? 'circle' : sign > 0 ? 'arrowUp' : 'arrowDown',
    color: colour === null ? (sign < 0 ? down : up) : cssColour(colour),
    size: sign === 0 ? 0.6 : strong ? 1.2 : 0.8,
    text: options.named ? text : '',
  }));
}
