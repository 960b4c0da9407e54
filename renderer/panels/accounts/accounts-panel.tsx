import { decimal, divide } from '../../../engine/domain/decimal.ts';
import type { AccountView } from '../../../engine/protocol/live-schemas.ts';
import { refreshTrading, useTrading } from '../../client/trading-store.ts';
import { ErrorState, Loading } from '../../components/states.tsx';
import { toneOf } from '../../components/trading/cells.tsx';
import { groupDigits, signedDigits } from '../../components/trading/decimals.ts';
import { NoAccount } from '../../components/trading/no-account.tsx';
import { clockText } from '../../components/trading/words.ts';
import './accounts.css';

/** Money of every connected account. */
export function AccountsPanel() {
  const accounts = useTrading((state) => state.accounts);
  const failure = useTrading((state) => state.failure);
  if (accounts === null) {
    if (failure !== null)
      return <ErrorState error={failure} onRetry={() => void refreshTrading()} />;
    return <Loading label="Reading accounts …" />;
  }
  return (
    <section className="panel" aria-label="Accounts" data-testid="accounts-panel">
      {accounts.length === 0 ? (
        <NoAccount
          title="No account is connected"
          hint="Equity, cash and buying power of connected accounts stand here."
        />
      ) : (
        <div className="account-cards">
          {accounts.map((account) => (
            <AccountCard key={account.id} account={account} />
          ))}
        </div>
      )}
    </section>
  );
}

function AccountCard({ account }: { readonly account: AccountView }) {
  const { currency, equity, dayProfit, buyingPower, initialMargin, maintenanceMargin } = account;
  const money: readonly (readonly [string, string | null])[] = [
    ['Buying power', buyingPower],
    ['Initial margin', initialMargin],
    ['Maintenance margin', maintenanceMargin],
  ];
  const part =
    dayProfit === null || equity === null || Number(equity) === Number(dayProfit)
      ? null
      : Number(dayProfit) / (Number(equity) - Number(dayProfit));
  return (
    <article
      className={account.live ? 'account-card live' : 'account-card'}
      aria-label={`Account ${account.id}`}
      data-testid={`account-${account.id}`}
    >
      <header>
        <strong>{account.id}</strong>
        <span className={account.live ? 'badge live' : 'badge paper'}>
          {account.live ? 'LIVE' : 'paper'}
        </span>
        {account.live ? (
          <span className={account.armed ? 'badge error' : 'badge'}>
            {account.armed ? 'armed' : 'not armed'}
          </span>
        ) : null}
        <span className="spacer" />
        <span className="muted clip">{account.name}</span>
      </header>
      <p className="account-equity">
        <span data-testid="account-equity">{moneyText(equity)}</span>{' '}
        <span className="muted">{currency}</span>
        {dayProfit === null ? null : (
          <span className={`account-day ${toneOf(dayProfit)}`}>
            {signedDigits(cents(dayProfit), 2)}
            {part === null
              ? ''
              : ` (${signedDigits((part * 100).toFixed(2).replace(/^-(?=[0.]+$)/, ''))} %)`}{' '}
            today
          </span>
        )}
      </p>
      <dl className="facts">
        {account.cash.map(({ currency: unit, amount }) => (
          <div key={unit}>
            <dt>Cash</dt>
            <dd data-testid={`account-cash-${unit}`}>
              {moneyText(amount)} <span className="muted">{unit}</span>
            </dd>
          </div>
        ))}
        {money.map(([name, value]) =>
          value === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                {moneyText(value)} <span className="muted">{currency}</span>
              </dd>
            </div>
          ),
        )}
        <div>
          <dt>{account.connection}</dt>
          <dd className="muted">
            {account.updatedAt === null
              ? 'no balance yet'
              : `told ${clockText(account.updatedAt, Date.now())}`}
          </dd>
        </div>
      </dl>
    </article>
  );
}

function cents(value: string): string {
  return divide(decimal(value), decimal('1'), 2, 'half-even');
}

function moneyText(value: string | null): string {
  return value === null ? 'n/a' : groupDigits(cents(value), 2);
}
