import type { OrderCheck } from '../../../engine/protocol/live-schemas.ts';
import { groupDigits, signedDigits } from '../../components/trading/decimals.ts';
import { Headroom } from './headroom.tsx';
import { sizeOffered } from './headroom-model.ts';

interface PreviewProps {
  readonly check: OrderCheck;
  readonly fresh: boolean;
  readonly currency: string;
  readonly accountCurrency: string;
  readonly onTake: (size: string) => void;
}

/** What the order costs, what it leaves, and what it risks. */
export function Preview({ check, fresh, currency, accountCurrency, onTake }: PreviewProps) {
  const { estimate, warnings } = check;
  const offered = sizeOffered(check);
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
              {groupDigits(estimate.price)} {currency}
            </dd>
          </div>
        )}
        {facts.map(([name, value, unit]) =>
          value === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                {groupDigits(value, 2)} {unit}
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
              −{groupDigits(estimate.riskAtStop, 2)} {accountCurrency}
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
          Largest that passes: {groupDigits(offered)}
        </button>
      )}
    </div>
  );
}

interface DenialProps {
  readonly check: OrderCheck;
  readonly onTake: (size: string) => void;
}

/** Why the gate would refuse the order, and the largest size that it would let pass. */
export function Denial({ check, onTake }: DenialProps) {
  const offered = sizeOffered(check);
  return (
    <>
      <p className="denial" role="alert" data-testid="ticket-denial">
        <strong>Denied.</strong>{' '}
        {check.checks.find(({ passed }) => !passed)?.message ?? 'No limit says why.'}
      </p>
      {offered === undefined ? null : (
        <button
          type="button"
          className="button"
          data-testid="ticket-take"
          onClick={() => onTake(offered)}
        >
          Take the largest size that passes: {groupDigits(offered)}
        </button>
      )}
    </>
  );
}
