import type { FormEvent, KeyboardEvent, ReactNode, RefObject } from 'react';
import type { Decimal } from '../../../engine/domain/decimal.ts';
import type { OrderSide } from '../../../engine/domain/order.ts';
import type { AccountView } from '../../../engine/protocol/live-schemas.ts';
import { openPanel } from '../../client/store.ts';
import { selectInstrument, useQuote, type TradableInstrument } from '../../client/trading-store.ts';
import { pricePlaces, quotedPrice } from '../../components/trading/decimals.ts';
import { SymbolSearch } from '../../components/trading/symbol-search.tsx';
import { symbolOf } from '../../components/trading/words.ts';
import type { AlgorithmForm } from './algorithm-form.ts';
import { middle } from './price-field.tsx';
import { SideButtons } from './side-buttons.tsx';
import type { TicketForm } from './ticket-form.ts';

/** What the ticket of an order and that of an algorithm have in common. */
export interface TicketProps {
  readonly accounts: readonly AccountView[];
  readonly account: AccountView;
  readonly instrument: TradableInstrument | undefined;
  readonly form: TicketForm;
  readonly algorithm: AlgorithmForm;
  readonly online: boolean;
  readonly panel: RefObject<HTMLFormElement | null>;
  readonly onForm: (form: TicketForm) => void;
  readonly onAlgorithm: (form: AlgorithmForm) => void;
  readonly onFocusSize: () => void;
}

/** Prices of the market as the ticket shows and offers them. */
export interface MarketPrices {
  readonly bid: Decimal | undefined;
  readonly ask: Decimal | undefined;
  /** Places that prices of the instrument have. */
  readonly places: number;
  readonly stale: boolean;
  /** What a click fills into a price. */
  readonly fills: readonly { readonly name: string; readonly price: Decimal | undefined }[];
}

export function usePrices({ form, instrument, online }: TicketProps): MarketPrices {
  const quote = useQuote(form.instrument === '' ? null : form.instrument);
  const ticks = instrument?.ticks;
  const bid = quotedPrice(quote?.bid ?? null, ticks ?? []);
  const ask = quotedPrice(quote?.ask ?? null, ticks ?? []);
  return {
    bid,
    ask,
    places: ask === undefined ? 0 : pricePlaces(ticks ?? [], ask),
    stale: !online || quote?.stale === true,
    fills: [
      { name: 'Bid', price: bid },
      { name: 'Mid', price: middle(bid, ask, ticks) },
      { name: 'Ask', price: ask },
    ],
  };
}

interface TicketFrameProps extends TicketProps {
  readonly prices: MarketPrices;
  readonly onChange: (part: Partial<TicketForm>) => void;
  readonly onClear: () => void;
  readonly onSubmit: () => void;
  readonly children: ReactNode;
  readonly foot: ReactNode;
}

/** Head and keys of a ticket: instrument, account, order or algorithm, side. */
export function TicketFrame(props: TicketFrameProps) {
  const { accounts, account, form, algorithm, panel, prices, onChange, onClear } = props;

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      onClear();
      props.onFocusSize();
      event.preventDefault();
    } else if (event.key === 'Enter' && event.repeat) {
      // A key that is held down is one wish.
      event.preventDefault();
    }
  }

  return (
    <form
      ref={panel}
      className={account.live ? 'panel ticket live' : 'panel ticket'}
      aria-label="Order ticket"
      data-testid="ticket-panel"
      autoComplete="off"
      noValidate
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        props.onSubmit();
      }}
      onKeyDown={onKeyDown}
    >
      <div className="form-body">
        <div className="ticket-head">
          <SymbolSearch
            label="Instrument"
            shown={form.instrument === '' ? '' : symbolOf(form.instrument)}
            placeholder="Symbol"
            testId="ticket-symbol"
            onPick={(picked) => {
              selectInstrument(picked.id);
              props.onFocusSize();
            }}
          />
          <select
            aria-label="Account"
            data-testid="ticket-account"
            value={account.id}
            onChange={(event) => onChange({ account: event.target.value })}
          >
            {accounts.map(({ id, live }) => (
              <option key={id} value={id}>
                {id} {live ? 'LIVE' : 'paper'}
              </option>
            ))}
          </select>
        </div>
        {account.live ? (
          <p className="live-words" role="note">
            LIVE: real money.{' '}
            {account.armed ? null : (
              <button type="button" className="link" onClick={() => openPanel('connections')}>
                Not armed; arm it in Connections
              </button>
            )}
          </p>
        ) : null}
        <div className="segments ticket-mode" role="group" aria-label="What is sent">
          {(['order', 'algorithm'] as const).map((mode) => (
            <button
              key={mode}
              type="button"
              aria-pressed={algorithm.mode === mode}
              data-testid={`ticket-mode-${mode}`}
              onClick={() => props.onAlgorithm({ ...algorithm, mode })}
            >
              {mode === 'order' ? 'Order' : 'Algorithm'}
            </button>
          ))}
        </div>
        <SideButtons
          side={form.side}
          bid={prices.bid}
          ask={prices.ask}
          places={prices.places}
          stale={prices.stale}
          onSide={(side: OrderSide) => onChange({ side })}
        />
        {props.children}
      </div>
      <div className="form-foot">{props.foot}</div>
    </form>
  );
}
