import { useCallback, useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { BookView } from '../../../engine/protocol/live-schemas.ts';
import {
  openTicket,
  useInstrument,
  useMarket,
  useQuote,
  useTrading,
  useWatch,
} from '../../client/trading-store.ts';
import { openPanel, useWorkstation } from '../../client/store.ts';
import { formatQuantity } from '../../components/format.ts';
import { EmptyState, Loading } from '../../components/states.tsx';
import { groupDigits, pricePlaces, quotedPrice } from '../../components/trading/decimals.ts';
import { symbolOf } from '../../components/trading/words.ts';
import { depthRows, spreadOf, type DepthRow } from './depth-model.ts';
import './depth.css';

/** Levels of each side, as far as there is room for them. */
const MOST_LEVELS = 25;
const ROW = 20;
const KINDS = ['book', 'quote'] as const;
/** The ladder changes this often at most. */
const SHOW_MS = 100;

/** The order book of the chosen instrument; a price that is clicked goes into the ticket. */
export function DepthPanel() {
  const instrumentId = useTrading((state) => state.instrument);
  const instrument = useInstrument(instrumentId);
  const quote = useQuote(instrumentId);
  const online = useWorkstation(({ connection }) => connection === 'open');
  const fault = useMarket(({ failures }) =>
    instrumentId === null ? undefined : failures.get(instrumentId),
  );
  const book = useBook(instrumentId);
  const [room, measure] = useRoom();
  useWatch(instrumentId, KINDS);

  if (instrumentId === null) {
    return (
      <div className="panel" data-testid="depth-panel">
        <EmptyState
          title="No instrument is chosen"
          hint="The order book of what is chosen in Quotes or the ticket stands here."
        >
          <button type="button" className="button" onClick={() => openPanel('quotes')}>
            Open the quotes
          </button>
        </EmptyState>
      </div>
    );
  }
  const symbol = symbolOf(instrumentId);
  if (book === undefined) {
    return (
      <div className="panel" data-testid="depth-panel">
        {fault !== undefined ? (
          <EmptyState title={`No depth of ${symbol}`} hint={fault.message} />
        ) : quote === undefined ? (
          <Loading label={`Waiting for the book of ${symbol} …`} />
        ) : (
          <EmptyState
            title={`No depth of ${symbol} yet`}
            hint="Its source may give quotes only; best bid and ask are in Quotes."
          />
        )}
      </div>
    );
  }

  const levels = Math.max(3, Math.min(MOST_LEVELS, Math.floor((room / ROW - 0.1) / 2)));
  const rows = depthRows(book, levels);
  const spread = spreadOf(book, levels);
  const ticks = instrument?.ticks ?? [];
  const text = (price: number): string => {
    const exact = quotedPrice(price, ticks);
    return exact === undefined ? '' : groupDigits(exact, pricePlaces(ticks, exact));
  };

  function take(row: DepthRow): void {
    const price = quotedPrice(row.price, ticks);
    if (instrumentId === null || price === undefined) return;
    // Who takes an ask buys, who takes a bid sells.
    openTicket({
      instrument: instrumentId,
      side: row.side === 'ask' ? 'buy' : 'sell',
      type: 'limit',
      price,
    });
  }

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>('button.level')];
    const at = buttons.findIndex((each) => each === document.activeElement);
    buttons[Math.max(0, Math.min(buttons.length - 1, at + step))]?.focus();
  }

  const best = rows.findIndex(({ side }) => side === 'bid');
  return (
    <section className="panel depth" aria-label={`Depth of ${symbol}`} data-testid="depth-panel">
      <header className="depth-head">
        <strong>{symbol}</strong>
        {!online || quote?.stale === true ? <span className="badge warning">stale</span> : null}
        <span className="spacer" />
        {spread === undefined ? null : (
          <span className="muted" title="Spread, and which side is heavier of what is shown">
            {text(spread.spread)} · {spread.bps.toFixed(1)} bps ·{' '}
            {spread.imbalance >= 0 ? 'bids' : 'asks'} +{Math.abs(spread.imbalance * 100).toFixed(0)}{' '}
            %
          </span>
        )}
      </header>
      <div className="depth-columns muted" aria-hidden>
        <span>Sum</span>
        <span>Size</span>
        <span>Price</span>
      </div>
      <div ref={measure} className="ladder" role="group" aria-label="Levels" onKeyDown={onKeyDown}>
        {rows.map((row, index) => (
          <button
            key={`${row.side}${index}`}
            type="button"
            className={`level ${row.side}${index === best || index === best - 1 ? ' best' : ''}`}
            tabIndex={index === Math.max(0, best - 1) ? 0 : -1}
            data-testid={index === best ? 'depth-best-bid' : undefined}
            aria-label={`${row.side} ${text(row.price)}, size ${formatQuantity(row.size)}`}
            onClick={() => take(row)}
          >
            <span
              className="level-bar"
              aria-hidden
              style={{ width: `${(row.part * 100).toFixed(1)}%` }}
            />
            <span className="muted">{formatQuantity(row.sum)}</span>
            <span>{formatQuantity(row.size)}</span>
            <span className="level-price">{text(row.price)}</span>
          </button>
        ))}
      </div>
    </section>
  );
}

/** Height of an element, and what to give it as its `ref`. */
function useRoom(): readonly [number, (element: HTMLElement | null) => void] {
  const [room, setRoom] = useState(0);
  const watched = useRef<ResizeObserver>(undefined);
  const measure = useCallback((element: HTMLElement | null) => {
    watched.current?.disconnect();
    if (element === null) return;
    watched.current = new ResizeObserver(() => setRoom(element.clientHeight));
    watched.current.observe(element);
  }, []);
  return [room, measure];
}

function useBook(instrument: string | null): BookView | undefined {
  const [book, setBook] = useState<BookView>();
  useEffect(() => {
    if (instrument === null) return undefined;
    const read = (): void => setBook(useMarket.getState().books.get(instrument));
    read();
    const timer = setInterval(read, SHOW_MS);
    return () => clearInterval(timer);
  }, [instrument]);
  return book?.instrument === instrument ? book : undefined;
}
