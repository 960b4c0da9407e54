import { Plug, Settings, Unplug } from 'lucide-react';
import { useState } from 'react';
import { toErrorPayload } from '../../../engine/domain/errors.ts';
import type { AccountView, Connection } from '../../../engine/protocol/live-schemas.ts';
import { workstation } from '../../client/store.ts';
import {
  refreshConnections,
  refreshTrading,
  tellFailure,
  useTrading,
} from '../../client/trading-store.ts';
import { TextField } from '../../components/fields.tsx';
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx';
import { Confirm } from '../../components/trading/confirm.tsx';
import { Chip } from '../../components/trading/state-chip.tsx';
import { useNow } from '../../components/trading/use-now.ts';
import { countdown, PHASE_NAMES, PHASE_TONES } from '../../components/trading/words.ts';
import { isUp, partsTold } from './connection-form.ts';
import { SettingsForm } from './settings-form.tsx';
import './connections.css';

/** The one connection that everybody can use at once. */
const PAPER = 'simulated';

/** Venues and sources: whether each is there, what of it works, and its settings. */
export function ConnectionsPanel() {
  const connections = useTrading((state) => state.connections);
  const accounts = useTrading((state) => state.accounts);
  const failure = useTrading((state) => state.failure);
  const [open, setOpen] = useState<string | null>(null);
  if (connections === null) {
    if (failure !== null)
      return <ErrorState error={failure} onRetry={() => void refreshTrading()} />;
    return <Loading label="Reading connections …" />;
  }
  return (
    <section className="panel" aria-label="Connections" data-testid="connections-panel">
      <div className="connection-list">
        {connections.length === 0 ? (
          <EmptyState title="No connections" hint="No adapter is installed." />
        ) : null}
        {connections.map((connection) => (
          <ConnectionCard
            key={connection.id}
            connection={connection}
            accounts={(accounts ?? []).filter((account) => account.connection === connection.id)}
            open={open === connection.id}
            onOpen={() => setOpen(open === connection.id ? null : connection.id)}
          />
        ))}
      </div>
    </section>
  );
}

interface CardProps {
  readonly connection: Connection;
  readonly accounts: readonly AccountView[];
  readonly open: boolean;
  readonly onOpen: () => void;
}

function ConnectionCard({ connection, accounts, open, onOpen }: CardProps) {
  const { id, title, description, roles, state, live } = connection;
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState('');
  const up = isUp(connection);

  async function toggle(): Promise<void> {
    setBusy(true);
    setFailure('');
    try {
      await workstation().call(up ? 'connections.disconnect' : 'connections.connect', { id });
      await refreshConnections();
    } catch (error) {
      setFailure(toErrorPayload(error).message);
    } finally {
      setBusy(false);
    }
  }

  return (
    <article
      className={live ? 'connection live' : 'connection'}
      aria-label={title}
      data-testid={`connection-${id}`}
    >
      <header>
        <strong>{title}</strong>
        {roles.includes('execution') ? (
          <span className={live ? 'badge live' : 'badge paper'}>{live ? 'LIVE' : 'paper'}</span>
        ) : (
          <span className="badge">data only</span>
        )}
        <span data-testid={`connection-phase-${id}`} data-phase={state.phase}>
          <Chip tone={PHASE_TONES[state.phase]}>{PHASE_NAMES[state.phase]}</Chip>
        </span>
        <Until until={state.until} phase={state.phase} />
        <span className="spacer" />
        <button
          type="button"
          className="icon-button"
          aria-label={`Settings of ${title}`}
          title="Settings"
          aria-expanded={open}
          data-testid={`connection-settings-${id}`}
          onClick={onOpen}
        >
          <Settings size={13} aria-hidden />
        </button>
        <button
          type="button"
          className={up || id !== PAPER ? 'button' : 'button primary'}
          data-testid={`connection-toggle-${id}`}
          disabled={busy}
          onClick={() => void toggle()}
        >
          {up ? <Unplug size={12} aria-hidden /> : <Plug size={12} aria-hidden />}{' '}
          {busy ? (up ? 'Disconnecting …' : 'Connecting …') : up ? 'Disconnect' : 'Connect'}
        </button>
      </header>
      <p className="muted">{up ? state.message : description}</p>
      {failure === '' ? null : (
        <p className="note wrong" role="alert" data-testid={`connection-failure-${id}`}>
          {failure}
        </p>
      )}
      <Parts parts={state.parts} message={state.message} title={title} />
      {accounts.map((account) => (
        <AccountRow key={account.id} account={account} />
      ))}
      {open ? (
        <SettingsForm
          // Other settings are another form.
          key={JSON.stringify(connection.settings)}
          connection={connection}
          disabled={up}
          onSaved={onOpen}
        />
      ) : null}
    </article>
  );
}

interface PartsProps {
  readonly parts: Connection['state']['parts'];
  readonly message: string;
  readonly title: string;
}

/** What of a connection works; what does not for one reason is told together. */
function Parts({ parts, message, title }: PartsProps) {
  if (parts.length === 0) return null;
  return (
    <ul className="connection-parts" aria-label={`Parts of ${title}`}>
      {partsTold(parts, message).map(({ text, working }) => (
        <li key={text} className={working ? '' : 'warning'}>
          <span aria-hidden>{working ? '✓' : '✕'}</span> {text}
        </li>
      ))}
    </ul>
  );
}

/** Counts down to the next attempt, or to the end of a break. */
function Until({
  until,
  phase,
}: {
  readonly until: number | null;
  readonly phase: Connection['state']['phase'];
}) {
  const now = useNow(1000, until !== null);
  if (until === null) return null;
  const left = countdown(until, now);
  if (left === '') return null;
  return (
    <span className="muted countdown">
      {phase === 'scheduled-break' ? 'back in' : 'next attempt in'} {left}
    </span>
  );
}

/** One account of a connection; a live one is armed here, by typing its name. */
function AccountRow({ account }: { readonly account: AccountView }) {
  const { id, live, armed, name, currency } = account;
  const [typing, setTyping] = useState(false);
  const [typed, setTyped] = useState('');
  const [failure, setFailure] = useState('');

  async function arm(): Promise<void> {
    try {
      await workstation().call('accounts.arm', { account: id, confirmation: typed });
      setTyping(false);
      await refreshConnections();
    } catch (error) {
      setFailure(toErrorPayload(error).message);
    }
  }

  async function disarm(): Promise<void> {
    try {
      await workstation().call('accounts.disarm', { account: id });
      await refreshConnections();
    } catch (error) {
      tellFailure(`${id} is still armed`, error, id);
    }
  }

  return (
    <div className="connection-account">
      <span className="mono">{id}</span>
      <span className="muted clip">
        {name} · {currency}
      </span>
      <span className="spacer" />
      {!live ? (
        <span className="muted">no money at risk</span>
      ) : armed ? (
        <>
          <span className="badge error">armed for this session</span>
          <button
            type="button"
            className="button small"
            data-testid={`disarm-${id}`}
            onClick={() => void disarm()}
          >
            Disarm
          </button>
        </>
      ) : (
        <button
          type="button"
          className="button small"
          data-testid={`arm-${id}`}
          onClick={() => {
            setTyped('');
            setFailure('');
            setTyping(true);
          }}
        >
          Arm for live orders …
        </button>
      )}
      {typing ? (
        <Confirm
          title={`Arm ${id}?`}
          text="Orders in this account cost real money. It stays armed until Renata ends or it is disarmed."
          action={`Arm ${id}`}
          disabled={typed !== id}
          onConfirm={() => void arm()}
          onClose={() => setTyping(false)}
        >
          <TextField
            label={`Type ${id} to arm it`}
            value={typed}
            error={failure === '' ? undefined : failure}
            testId="arm-confirmation"
            onChange={setTyped}
          />
        </Confirm>
      ) : null}
    </div>
  );
}
