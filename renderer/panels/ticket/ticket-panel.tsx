import { useEffect, useMemo, useRef, type FormEvent, type KeyboardEvent } from 'react';
import { ORDER_TYPES, TIMES_IN_FORCE } from '../../../engine/domain/order.ts';
import { useSaved } from '../../client/saved.ts';
import { openPanel, useWorkstation } from '../../client/store.ts';
import {
  refreshTrading,
  selectInstrument,
  ticketTaken,
  useInstrument,
  useQuote,
  useTrading,
  useWatch,
} from '../../client/trading-store.ts';
import { CheckField, Field, SelectField } from '../../components/fields.tsx';
import { ErrorState, Loading } from '../../components/states.tsx';
import { pricePlaces, quotedPrice } from '../../components/trading/decimals.ts';
import { NoAccount } from '../../components/trading/no-account.tsx';
import { SymbolSearch } from '../../components/trading/symbol-search.tsx';
import { FORCE_NAMES, symbolOf, TYPE_NAMES } from '../../components/trading/words.ts';
import { ExitField } from './exit-field.tsx';
import { Denial, Preview } from './preview.tsx';
import { middle, PriceField } from './price-field.tsx';
import { SideButtons } from './side-buttons.tsx';
import {
  cleared,
  EMPTY_FORM,
  entryPrice,
  fieldOf,
  hasLimit,
  hasStop,
  hasTrail,
  isTouched,
  parseTicket,
  readExits,
  readForm,
  type TicketErrors,
  type TicketForm,
} from './ticket-form.ts';
import { TicketOutcome } from './ticket-outcome.tsx';
import { useCalmQuote } from './use-calm-quote.ts';
import { useCheck } from './use-check.ts';
import { useSending } from './use-sending.ts';
import { wished } from './wish.ts';
import './ticket.css';

const CALM_MS = 2_000;
const KINDS = ['quote', 'trade'] as const;

/** One order from wish to transmission: checked while it is typed, sent by the one button that names it. */
export function TicketPanel() {
  const accounts = useTrading((state) => state.accounts);
  const failure = useTrading((state) => state.failure);
  const linked = useTrading((state) => state.instrument);
  const wish = useTrading((state) => state.wish);
  const online = useWorkstation(({ connection }) => connection === 'open');
  const [form, setForm, loaded] = useSaved<TicketForm>('ticket.form', EMPTY_FORM, parseTicket);
  const panel = useRef<HTMLFormElement>(null);
  const focusSize = (): void =>
    panel.current?.querySelector<HTMLElement>('[data-testid="ticket-size"]')?.focus();
  const sending = useSending(() => {
    setForm(cleared(form));
    focusSize();
  });

  const account = accounts?.find(({ id }) => id === form.account) ?? accounts?.[0];
  const instrument = useInstrument(form.instrument === '' ? null : form.instrument);
  const quote = useQuote(form.instrument === '' ? null : form.instrument);
  const calm = useCalmQuote(form.instrument, CALM_MS);
  useWatch(loaded && form.instrument !== '' ? form.instrument : null, KINDS);

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
    focusSize();
  }, [wish, loaded, form, setForm]);

  const accountId = account?.id ?? '';
  const equity = account?.equity ?? null;
  const facts = useMemo(() => ({ instrument, quote: calm, equity }), [instrument, calm, equity]);
  const whole = useMemo(() => ({ ...form, account: accountId }), [form, accountId]);
  const reading = useMemo(() => readForm(whole, facts), [whole, facts]);
  const checked = useCheck('ticket' in reading ? reading.ticket : undefined);

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

  const change = (part: Partial<TicketForm>): void => {
    sending.forget();
    setForm({ ...form, ...part });
  };
  const ticks = instrument?.ticks;
  const bid = quotedPrice(quote?.bid ?? null, ticks ?? []);
  const ask = quotedPrice(quote?.ask ?? null, ticks ?? []);
  const fills = [
    { name: 'Bid', price: bid },
    { name: 'Mid', price: middle(bid, ask, ticks) },
    { name: 'Ask', price: ask },
  ];
  const currency = instrument?.currency ?? account.currency;
  const errors: TicketErrors = {
    ...('errors' in reading ? reading.errors : {}),
    ...refusedBy(checked.error),
  };
  const elsewhere = checked.error !== undefined && !isBeside(checked.error);
  const exits = readExits(whole, facts);
  const places = ask === undefined ? 0 : pricePlaces(ticks ?? [], ask);
  const entry = entryPrice(whole, facts);
  const { check, fresh, ticket } = checked;
  const canSend =
    online && fresh && check?.allowed === true && ticket !== undefined && !sending.sending;

  function take(size: string): void {
    change({ size, sizeIn: 'units' });
    // The button goes, and with it the keyboard would.
    focusSize();
  }

  function transmit(): void {
    if (canSend) void sending.send(ticket, check.sentence);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      change(cleared(form));
      focusSize();
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
        transmit();
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
              focusSize();
            }}
          />
          <select
            aria-label="Account"
            data-testid="ticket-account"
            value={account.id}
            onChange={(event) => change({ account: event.target.value })}
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
        <SideButtons
          side={form.side}
          bid={bid}
          ask={ask}
          places={places}
          stale={!online || quote?.stale === true}
          onSide={(side) => change({ side })}
        />
        <div className="grid-2">
          <Field label="Quantity" error={errors['size']}>
            {(id, describedBy) => (
              <span className="input-unit size-input">
                <input
                  id={id}
                  type="text"
                  inputMode="decimal"
                  autoComplete="off"
                  data-testid="ticket-size"
                  data-first={form.instrument === '' ? undefined : true}
                  value={form.size}
                  aria-invalid={errors['size'] !== undefined}
                  aria-describedby={describedBy}
                  onChange={(event) => change({ size: event.target.value })}
                />
                <button
                  type="button"
                  className="unit-switch"
                  title="Units of the instrument, or money to spend on it"
                  data-testid="ticket-size-in"
                  onClick={() =>
                    change({ sizeIn: form.sizeIn === 'units' ? 'money' : 'units', size: '' })
                  }
                >
                  {form.sizeIn === 'units' ? 'units' : currency}
                </button>
              </span>
            )}
          </Field>
          <SelectField
            label="Type"
            value={form.type}
            error={errors['type']}
            testId="ticket-type"
            options={ORDER_TYPES.map((type) => ({ value: type, label: TYPE_NAMES[type] }))}
            onChange={(type) => change({ type })}
          />
          {hasStop(form.type) ? (
            <PriceField
              label={isTouched(form.type) ? 'Trigger price' : 'Stop price'}
              value={form.stop}
              unit={currency}
              ticks={ticks}
              start={form.side === 'buy' ? ask : bid}
              {...(hasLimit(form.type) ? {} : { fills })}
              error={errors['stop']}
              testId="ticket-stop"
              onChange={(stop) => change({ stop })}
            />
          ) : null}
          {hasLimit(form.type) ? (
            <PriceField
              label="Limit price"
              value={form.limit}
              unit={currency}
              ticks={ticks}
              start={form.side === 'buy' ? bid : ask}
              fills={fills}
              error={errors['limit']}
              testId="ticket-limit"
              onChange={(limit) => change({ limit })}
            />
          ) : null}
          {hasTrail(form.type) ? (
            <Field label="Trailing distance" error={errors['trail']}>
              {(id, describedBy) => (
                <span className="input-unit size-input">
                  <input
                    id={id}
                    type="text"
                    inputMode="decimal"
                    autoComplete="off"
                    data-testid="ticket-trail"
                    value={form.trail}
                    aria-invalid={errors['trail'] !== undefined}
                    aria-describedby={describedBy}
                    onChange={(event) => change({ trail: event.target.value })}
                  />
                  <button
                    type="button"
                    className="unit-switch"
                    title="Distance in money or in percent"
                    onClick={() =>
                      change({ trailIn: form.trailIn === 'price' ? 'percent' : 'price' })
                    }
                  >
                    {form.trailIn === 'price' ? currency : '%'}
                  </button>
                </span>
              )}
            </Field>
          ) : null}
          {form.type === 'trailing_stop_limit' ? (
            <PriceField
              label="Limit behind the stop"
              value={form.limitOffset}
              unit={currency}
              ticks={ticks}
              error={errors['limitOffset']}
              testId="ticket-limit-offset"
              onChange={(limitOffset) => change({ limitOffset })}
            />
          ) : null}
          <SelectField
            label="Time in force"
            value={form.force}
            error={errors['force']}
            testId="ticket-force"
            options={TIMES_IN_FORCE.map((force) => ({ value: force, label: FORCE_NAMES[force] }))}
            onChange={(force) => change({ force })}
          />
          {form.force === 'gtd' ? (
            <Field label="Good till (UTC)" error={errors['goodTill']}>
              {(id, describedBy) => (
                <input
                  id={id}
                  type="datetime-local"
                  data-testid="ticket-good-till"
                  value={form.goodTill}
                  aria-describedby={describedBy}
                  onChange={(event) => change({ goodTill: event.target.value })}
                />
              )}
            </Field>
          ) : null}
        </div>
        <div className="ticket-flags">
          <CheckField
            label="Ext. hours"
            checked={form.extended}
            testId="ticket-extended"
            onChange={(extended) => change({ extended })}
          />
          <CheckField
            label="Reduce only"
            checked={form.reduceOnly}
            testId="ticket-reduce-only"
            onChange={(reduceOnly) => change({ reduceOnly })}
          />
          {form.type === 'limit' ? (
            <CheckField
              label="Post only"
              checked={form.postOnly}
              testId="ticket-post-only"
              onChange={(postOnly) => change({ postOnly })}
            />
          ) : null}
        </div>
        <ExitField
          label="Take profit"
          fields={form.target}
          price={exits.target}
          entry={entry}
          error={errors['target']}
          testId="ticket-target"
          onChange={(target) => change({ target })}
        />
        <ExitField
          label="Stop loss"
          fields={form.protect}
          price={exits.stop}
          entry={entry}
          error={errors['protect']}
          testId="ticket-protect"
          onChange={(protect) => change({ protect })}
        />
        {check === undefined ? null : (
          <Preview
            check={check}
            fresh={fresh}
            currency={currency}
            places={places}
            lotSize={instrument?.lotSize}
            accountCurrency={account.currency}
            onTake={take}
          />
        )}
      </div>
      <div className="form-foot">
        {elsewhere ? (
          <p className="note wrong" role="alert" data-testid="ticket-error">
            {checked.error?.message}
          </p>
        ) : null}
        {fresh && check?.allowed === false ? (
          <Denial check={check} lotSize={instrument?.lotSize} onTake={take} />
        ) : null}
        <TicketOutcome outcome={sending.outcome} />
        <button
          type="submit"
          className={`button transmit ${form.side}`}
          data-testid="ticket-send"
          disabled={!canSend}
        >
          {sending.sending
            ? 'Sending …'
            : !online
              ? 'Connection lost'
              : fresh && check !== undefined
                ? check.sentence
                : nextStep(whole, errors, checked.error === undefined)}
        </button>
        <p className="foot-text">
          <kbd>Enter</kbd> sends · <kbd>Esc</kbd> clears · <kbd>↑</kbd> <kbd>↓</kbd> one tick
        </p>
      </div>
    </form>
  );
}

/** What the button says while there is nothing to send. */
function nextStep(form: TicketForm, errors: TicketErrors, checking: boolean): string {
  if (form.instrument === '') return 'Choose an instrument';
  if (Object.values(errors).some((error) => error !== undefined)) return 'Mend what is marked';
  if (form.size.trim() === '') return 'Give a quantity';
  if (hasStop(form.type) && form.stop.trim() === '') return 'Give a stop price';
  if (hasLimit(form.type) && form.limit.trim() === '') return 'Give a limit price';
  if (hasTrail(form.type) && form.trail.trim() === '') return 'Give a distance';
  if (form.force === 'gtd' && form.goodTill === '') return 'Give the day that it is good till';
  if (form.target.on && form.target.value.trim() === '') return 'Give the take profit';
  if (form.protect.on && form.protect.value.trim() === '') return 'Give the stop loss';
  return checking ? 'Checking …' : 'Not possible';
}

type Refusal = ReturnType<typeof useCheck>['error'];

const SHOWN_BESIDE: ReadonlySet<string> = new Set([
  'size',
  'type',
  'limit',
  'stop',
  'trail',
  'limitOffset',
  'force',
  'goodTill',
  'target',
  'protect',
]);

function parameterOf(error: Refusal): string | undefined {
  const parameter = error?.details?.['parameter'];
  return typeof parameter === 'string' ? fieldOf(parameter) : undefined;
}

/** Whether an error stands beside its field, and need not be told again. */
function isBeside(error: NonNullable<Refusal>): boolean {
  const field = parameterOf(error);
  return field !== undefined && SHOWN_BESIDE.has(field);
}

function refusedBy(error: Refusal): TicketErrors {
  const field = parameterOf(error);
  return error === undefined || field === undefined ? {} : { [field]: error.message };
}
