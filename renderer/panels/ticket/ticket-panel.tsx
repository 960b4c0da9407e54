import { useEffect, useRef } from 'react';
import { useSaved } from '../../client/saved.ts';
import { useWorkstation } from '../../client/store.ts';
import {
  refreshTrading,
  selectAccount,
  selectInstrument,
  ticketTaken,
  useInstrument,
  useTrading,
  useWatch,
} from '../../client/trading-store.ts';
import { ErrorState, Loading } from '../../components/states.tsx';
import { NoAccount } from '../../components/trading/no-account.tsx';
import { EMPTY_ALGORITHM, parseAlgorithm, type AlgorithmForm } from './algorithm-form.ts';
import { AlgorithmTicketForm } from './algorithm-ticket.tsx';
import { OrderTicket } from './order-ticket.tsx';
import { cleared, EMPTY_FORM, parseTicket, type TicketForm } from './ticket-form.ts';
import { wished } from './wish.ts';
import './ticket.css';

const KINDS = ['quote', 'trade'] as const;

/** An order, or an algorithm that works one over time: both begin here. */
export function TicketPanel() {
  const accounts = useTrading((state) => state.accounts);
  const failure = useTrading((state) => state.failure);
  const linked = useTrading((state) => state.instrument);
  const wish = useTrading((state) => state.wish);
  const online = useWorkstation(({ connection }) => connection === 'open');
  const [form, setForm, formLoaded] = useSaved<TicketForm>('ticket.form', EMPTY_FORM, parseTicket);
  const [algorithm, setAlgorithm, algorithmLoaded] = useSaved<AlgorithmForm>(
    'ticket.algorithm',
    EMPTY_ALGORITHM,
    parseAlgorithm,
  );
  const loaded = formLoaded && algorithmLoaded;
  const panel = useRef<HTMLFormElement>(null);
  const focus = (testId: string): void =>
    panel.current?.querySelector<HTMLElement>(`[data-testid="${testId}"]`)?.focus();
  const focusSize = (): void => focus('ticket-size');
  /** What is to have the keyboard once the other kind of ticket is there. */
  const next = useRef('');
  const { mode } = algorithm;
  useEffect(() => {
    if (next.current !== '') focus(next.current);
    next.current = '';
  }, [mode]);

  const account = accounts?.find(({ id }) => id === form.account) ?? accounts?.[0];
  const instrument = useInstrument(form.instrument === '' ? null : form.instrument);
  useWatch(loaded && form.instrument !== '' ? form.instrument : null, KINDS);

  // The chart shows the orders of the same account.
  const accountId = account?.id ?? null;
  useEffect(() => selectAccount(accountId), [accountId]);
  // Watchlist, depth and ticket show one instrument; another one makes another order.
  useEffect(() => {
    if (!loaded) return;
    if (linked === null) {
      if (form.instrument !== '') selectInstrument(form.instrument);
    } else if (linked !== form.instrument) setForm({ ...cleared(form), instrument: linked });
  }, [linked, loaded, form, setForm]);
  useEffect(() => {
    if (!loaded || wish === null) return;
    ticketTaken();
    setForm(wished(form, wish));
    // What others wish for is an order.
    if (algorithm.mode === 'order') focusSize();
    else {
      next.current = 'ticket-size';
      setAlgorithm({ ...algorithm, mode: 'order' });
    }
  }, [wish, loaded, form, setForm, algorithm, setAlgorithm]);

  if (accounts === null) {
    if (failure !== null)
      return <ErrorState error={failure} onRetry={() => void refreshTrading()} />;
    return <Loading label="Reading accounts …" />;
  }
  if (!loaded) return <Loading label="Reading the workspace …" />;
  if (account === undefined) {
    return (
      <div className="panel" data-testid="ticket-panel">
        <NoAccount
          title="No account to trade with"
          hint="A ticket needs a connected account; the paper account is there at once."
        />
      </div>
    );
  }
  const Ticket = algorithm.mode === 'order' ? OrderTicket : AlgorithmTicketForm;
  return (
    <Ticket
      accounts={accounts}
      account={account}
      instrument={instrument}
      form={form}
      algorithm={algorithm}
      online={online}
      panel={panel}
      onForm={setForm}
      onAlgorithm={(changed) => {
        if (changed.mode !== mode) next.current = `ticket-mode-${changed.mode}`;
        setAlgorithm(changed);
      }}
      onFocusSize={focusSize}
    />
  );
}
