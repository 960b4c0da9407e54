import type { OrderCheck } from '../../../engine/protocol/live-schemas.ts';
import {
  groupDigits,
  groupedWords,
  moneyDigits,
  signedDigits,
} from '../../components/trading/decimals.ts';
import { Headroom } from './headroom.tsx';
import { sizeOffered, sizeToTake } from './headroom-model.ts';

interface PreviewProps {
  readonly check: OrderCheck;
  readonly fresh: boolean;
  readonly currency: string;
  /** Places that prices of the instrument have. */
  readonly places: number;
  readonly lotSize: string | undefined;
  readonly accountCurrency: string;
  readonly onTake: (size: string) => void;
}

/** What the order costs, what it leaves, and what it risks. */
export function Preview(props: PreviewProps) {
  const { check, fresh, currency, places, lotSize, accountCurrency, onTake } = props;
  const { estimate, warnings } = check;
  const largest = sizeOffered(check);
  const offered = largest === undefined ? undefined : sizeToTake(largest, lotSize);
  const facts: readonly (readonly [string, string | null, string])[] = [
    ['Cost', estimate.notional, accountCurrency],
    ['Fee', estimate.fee, accountCurrency],
    ['Margin', estimate.initialMargin, accountCurrency],
    ['Buying power after', estimate.buyingPowerAfter, accountCurrency],
  ];
  const part = estimate.riskPart;
  return (
    <div
      className={fresh ? 'ticket-preview' : 'ticket-preview stale'}
      aria-live="polite"
      aria-busy={!fresh}
      data-testid="ticket-preview"
    >
      <dl className="facts">
        {estimate.price === null ? null : (
          <div>
            <dt>Price</dt>
            <dd>
              {groupDigits(estimate.price, places)} {currency}
            </dd>
          </div>
        )}
        {facts.map(([name, value, unit]) =>
          value === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                {moneyDigits(value)} {unit}
              </dd>
            </div>
          ),
        )}
        {estimate.positionAfter === null ? null : (
          <div>
            <dt>Position after</dt>
            <dd>{signedDigits(estimate.positionAfter)}</dd>
          </div>
        )}
        {estimate.riskAtStop === null ? null : (
          <div data-testid="ticket-risk">
            <dt>Lost at the stop</dt>
            <dd className="down">
              −{moneyDigits(estimate.riskAtStop)} {accountCurrency}
              {part === null ? '' : ` · ${(part * 100).toFixed(2)} %`}
            </dd>
          </div>
        )}
      </dl>
      {warnings.map((warning) => (
        <p key={warning} className="note warning">
          {warning}
        </p>
      ))}
      <Headroom check={check} />
      {offered === undefined || !check.allowed ? null : (
        <button type="button" className="link take-size" onClick={() => onTake(offered)}>
          {offered === largest ? 'The most that passes' : 'Close to the most that passes'}:{' '}
          {groupDigits(offered)}
        </button>
      )}
    </div>
  );
}

interface DenialProps {
  readonly check: OrderCheck;
  readonly lotSize: string | undefined;
  readonly onTake: (size: string) => void;
}

/** Why the gate would refuse the order, with its code, and the largest size that it would let pass. */
export function Denial({ check, lotSize, onTake }: DenialProps) {
  const largest = sizeOffered(check);
  const offered = largest === undefined ? undefined : sizeToTake(largest, lotSize);
  const refusal = check.checks.find(({ passed }) => !passed);
  return (
    <>
      <p className="denial" role="alert" data-testid="ticket-denial">
        <strong>Denied.</strong> {groupedWords(refusal?.message ?? 'No limit says why.')}
        {refusal === undefined ? null : (
          <span className="mono denial-code" data-testid="ticket-denial-code">
            {refusal.code}
            {largest === undefined ? '' : ` · the most that passes: ${groupDigits(largest)}`}
          </span>
        )}
      </p>
      {offered === undefined ? null : (
        <button
          type="button"
          className="button"
          data-testid="ticket-take"
          onClick={() => onTake(offered)}
        >
          Take {groupDigits(offered)}
        </button>
      )}
    </>
  );
}
