import { ChevronDown, ChevronUp } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { decimal, type Decimal } from '../../../engine/domain/decimal.ts';
import { Field } from '../../components/fields.tsx';
import { onTick, readDecimal, stepPrice, type Tick } from '../../components/trading/decimals.ts';

interface PriceFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly ticks: readonly Tick[] | undefined;
  readonly unit: string;
  /** Where stepping begins while the field is empty. */
  readonly start?: Decimal | undefined;
  /** Prices of the market that a click fills in. */
  readonly fills?: readonly { readonly name: string; readonly price: Decimal | undefined }[];
  readonly error?: string | undefined;
  readonly testId: string;
}

const LARGE_STEP = 10;

/** A price whose arrows and buttons know the tick. */
export function PriceField(props: PriceFieldProps) {
  const { label, value, onChange, ticks, unit, start, fills, error, testId } = props;

  function step(steps: number): void {
    if (ticks === undefined) return;
    const now = readDecimal(value);
    if (now !== undefined) onChange(stepPrice(now, ticks, steps));
    else if (start !== undefined) onChange(onTick(start, ticks));
  }

  function onKeyDown(event: KeyboardEvent): void {
    const size = event.shiftKey ? LARGE_STEP : 1;
    if (event.key === 'ArrowUp') step(size);
    else if (event.key === 'ArrowDown') step(-size);
    else return;
    event.preventDefault();
  }

  return (
    <Field label={label} error={error}>
      {(id, describedBy) => (
        <>
          <span className="input-unit price-input">
            <input
              id={id}
              type="text"
              inputMode="decimal"
              autoComplete="off"
              value={value}
              aria-invalid={error !== undefined}
              aria-describedby={describedBy}
              data-testid={testId}
              onChange={(event) => onChange(event.target.value)}
              onKeyDown={onKeyDown}
            />
            <span className="unit">{unit}</span>
            <span className="steps">
              <button
                type="button"
                tabIndex={-1}
                aria-label={`${label}: one tick up`}
                disabled={ticks === undefined}
                onClick={() => step(1)}
              >
                <ChevronUp size={10} aria-hidden />
              </button>
              <button
                type="button"
                tabIndex={-1}
                aria-label={`${label}: one tick down`}
                disabled={ticks === undefined}
                onClick={() => step(-1)}
              >
                <ChevronDown size={10} aria-hidden />
              </button>
            </span>
          </span>
          {fills === undefined ? null : (
            <span className="price-fills">
              {fills.map(({ name, price }) => (
                <button
                  key={name}
                  type="button"
                  disabled={price === undefined}
                  title={price === undefined ? `No ${name}` : `${name} ${price}`}
                  data-testid={`${testId}-${name.toLowerCase()}`}
                  onClick={() => price !== undefined && onChange(price)}
                >
                  {name}
                </button>
              ))}
            </span>
          )}
        </>
      )}
    </Field>
  );
}

/** The middle of bid and ask, on the tick. */
export function middle(
  bid: Decimal | undefined,
  ask: Decimal | undefined,
  ticks: readonly Tick[] | undefined,
): Decimal | undefined {
  if (bid === undefined || ask === undefined || ticks === undefined) return undefined;
  return onTick(decimal(((Number(bid) + Number(ask)) / 2).toFixed(10)), ticks);
}
