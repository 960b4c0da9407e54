import { useMemo } from 'react';
import { ORDER_TYPES, TIMES_IN_FORCE } from '../../../engine/domain/order.ts';
import type { Ticket } from '../../../engine/protocol/live-schemas.ts';
import { workstation } from '../../client/store.ts';
import { CheckField, Field, SelectField } from '../../components/fields.tsx';
import { FORCE_NAMES, TYPE_NAMES } from '../../components/trading/words.ts';
import { ExitField } from './exit-field.tsx';
import { Preview } from './preview.tsx';
import { PriceField } from './price-field.tsx';
import { refusalOf } from './refusal.ts';
import {
  cleared,
  entryPrice,
  fieldOf,
  hasLimit,
  hasStop,
  hasTrail,
  isTouched,
  readExits,
  readForm,
  type TicketErrors,
  type TicketForm,
} from './ticket-form.ts';
import { TicketFoot } from './ticket-foot.tsx';
import { TicketFrame, usePrices, type TicketProps } from './ticket-frame.tsx';
import { useAsked } from './use-asked.ts';
import { useCalmQuote } from './use-calm-quote.ts';
import { ORDERS, useSending } from './use-sending.ts';

const CALM_MS = 2_000;

/** One order from wish to transmission: checked while it is typed, sent by the one button that names it. */
export function OrderTicket(props: TicketProps) {
  const { account, instrument, form, online, onForm, onFocusSize } = props;
  const sending = useSending(ORDERS, () => {
    onForm(cleared(form));
    onFocusSize();
  });
  const prices = usePrices(props);
  const { bid, ask, places, fills } = prices;
  const calm = useCalmQuote(form.instrument, CALM_MS);
  const accountId = account.id;
  const { equity } = account;
  const facts = useMemo(() => ({ instrument, quote: calm, equity }), [instrument, calm, equity]);
  const whole = useMemo(() => ({ ...form, account: accountId }), [form, accountId]);
  const reading = useMemo(() => readForm(whole, facts), [whole, facts]);
  const checked = useAsked('ticket' in reading ? reading.ticket : undefined, askCheck);
  const { told: check, fresh, wish: ticket } = checked;

  const change = (part: Partial<TicketForm>): void => {
    sending.forget();
    onForm({ ...form, ...part });
  };
  const ticks = instrument?.ticks;
  const currency = instrument?.currency ?? account.currency;
  const refusal = refusalOf(checked.error, fieldOf, SHOWN_BESIDE);
  const errors: TicketErrors = {
    ...('errors' in reading ? reading.errors : {}),
    ...refusal.errors,
  };
  const exits = readExits(whole, facts);
  const entry = entryPrice(whole, facts);
  const canSend =
    online && fresh && check?.allowed === true && ticket !== undefined && !sending.sending;

  function take(size: string): void {
    change({ size, sizeIn: 'units' });
    // The button goes, and with it the keyboard would.
    onFocusSize();
  }

  return (
    <TicketFrame
      {...props}
      prices={prices}
      onChange={change}
      onClear={() => change(cleared(form))}
      onSubmit={() => {
        if (canSend) void sending.send(ticket, check.sentence);
      }}
      foot={
        <TicketFoot
          side={form.side}
          online={online}
          check={fresh ? check : undefined}
          refusal={refusal.elsewhere}
          lotSize={instrument?.lotSize}
          outcome={sending.outcome}
          sending={sending.sending}
          canSend={canSend}
          words={{
            sending: 'Sending …',
            action: check?.sentence ?? '',
            next: nextStep(whole, errors, checked.error === undefined),
          }}
          onTake={take}
        >
          <kbd>Enter</kbd> sends · <kbd>Esc</kbd> clears · <kbd>↑</kbd> <kbd>↓</kbd> one tick
        </TicketFoot>
      }
    >
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
    </TicketFrame>
  );
}

const askCheck = (ticket: Ticket) => workstation().call('orders.check', { ticket });

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
