import type { Decimal } from '../../../engine/domain/decimal.ts';
import type { OrderSide } from '../../../engine/domain/order.ts';
import { groupDigits } from '../../components/trading/decimals.ts';

interface SideButtonsProps {
  readonly side: OrderSide;
  readonly bid: Decimal | undefined;
  readonly ask: Decimal | undefined;
  /** Places that prices of the instrument have. */
  readonly places: number;
  readonly stale: boolean;
  readonly onSide: (side: OrderSide) => void;
}

/** Sell at the bid, buy at the ask; the arrow keys change between them. */
export function SideButtons({ side, bid, ask, places, stale, onSide }: SideButtonsProps) {
  const choices = [
    ['sell', 'Sell', 'bid', bid],
    ['buy', 'Buy', 'ask', ask],
  ] as const;
  return (
    <div
      className={stale ? 'sides stale' : 'sides'}
      role="radiogroup"
      tabIndex={-1}
      aria-label="Side"
      onKeyDown={(event) => {
        if (!['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'].includes(event.key)) return;
        event.preventDefault();
        const next = side === 'buy' ? 'sell' : 'buy';
        onSide(next);
        event.currentTarget.querySelector<HTMLElement>(`[data-side="${next}"]`)?.focus();
      }}
    >
      {choices.map(([value, name, quoted, price]) => (
        <button
          key={value}
          type="button"
          role="radio"
          aria-checked={side === value}
          tabIndex={side === value ? 0 : -1}
          className={`side ${value}`}
          data-side={value}
          data-testid={`ticket-${value}`}
          onClick={() => onSide(value)}
        >
          <span className="side-name">{name}</span>
          <span className="side-price">
            {price === undefined ? '–' : groupDigits(price, places)}
          </span>
          <span className="side-quoted">{stale ? `${quoted}, old` : quoted}</span>
        </button>
      ))}
    </div>
  );
}
