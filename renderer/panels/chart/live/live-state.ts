import type { QuoteView } from '../../../../engine/protocol/live-schemas.ts';
import type { Tone } from '../../../components/trading/words.ts';
import { clockText } from '../../../components/trading/words.ts';

/** How the live part of a chart stands. */
export type LiveState =
  /** Nobody wants it. */
  | { readonly kind: 'off' }
  | { readonly kind: 'asking' }
  /** No connected source has it, or it refuses. */
  | { readonly kind: 'none'; readonly why: string }
  | {
      readonly kind: 'live';
      readonly source: string;
      readonly calendar: string;
      readonly replayed: boolean;
      readonly note: string;
    };

export interface LiveWords {
  readonly tone: Tone;
  readonly word: string;
  readonly title: string;
  /** Prices stand still: the last one is drawn as one of the past. */
  readonly stale: boolean;
}

/** What the chart says of its prices; nothing where they are those of the store alone. */
export function liveWords(
  state: LiveState,
  quote: Pick<QuoteView, 'stale' | 'receivedTime' | 'halted'> | undefined,
  online: boolean,
  now: number,
): LiveWords | null {
  if (state.kind === 'off') return null;
  if (state.kind === 'asking') {
    return { tone: 'waiting', word: 'Connecting', title: 'Asks for live prices.', stale: true };
  }
  if (state.kind === 'none') {
    return { tone: 'ended', word: 'Not live', title: state.why, stale: false };
  }
  const { source, note, replayed } = state;
  const more = note === '' ? '' : ` ${note}`;
  const since = quote === undefined ? '' : ` since ${clockText(quote.receivedTime, now)}`;
  if (!online) {
    const title = `The connection to the workstation is lost.${more}`;
    return { tone: 'doubt', word: `Stale${since}`, title, stale: true };
  }
  if (quote?.stale === true) {
    const title = `Nothing has come from ${source}${since} UTC.${more}`;
    return { tone: 'doubt', word: `Stale${since}`, title, stale: true };
  }
  if (quote?.halted === true) {
    return { tone: 'doubt', word: 'Halted', title: `Trading is halted.${more}`, stale: false };
  }
  const title = `${replayed ? 'A replay' : 'Live prices'} from ${source}.${more}`;
  return { tone: 'working', word: replayed ? 'Replay' : 'Live', title, stale: false };
}
