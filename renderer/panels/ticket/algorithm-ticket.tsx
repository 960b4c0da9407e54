import { useMemo } from 'react';
import type {
  AlgorithmPreview,
  AlgorithmTicket,
} from '../../../engine/protocol/execution-schemas.ts';
import { workstation } from '../../client/store.ts';
import { Field, SelectField } from '../../components/fields.tsx';
import { groupDigits } from '../../components/trading/decimals.ts';
import { AlgorithmFields } from './algorithm-fields.tsx';
import {
  algorithmFieldOf,
  algorithmSentence,
  clearedAlgorithm,
  lengthText,
  METHODS,
  NAMES,
  readAlgorithm,
  type AlgorithmForm,
} from './algorithm-form.ts';
import { Preview } from './preview.tsx';
import { refusalOf } from './refusal.ts';
import { cleared, type TicketErrors, type TicketForm } from './ticket-form.ts';
import { TicketFoot } from './ticket-foot.tsx';
import { TicketFrame, usePrices, type TicketProps } from './ticket-frame.tsx';
import { useAsked } from './use-asked.ts';
import { ALGORITHMS, useSending } from './use-sending.ts';

const SHOWN_BESIDE: ReadonlySet<string> = new Set([
  'size',
  'minutes',
  'slices',
  'limit',
  'participation',
  'rate',
  'display',
  'offset',
  'curve',
  'riskAversion',
  'volatility',
  'temporaryImpact',
  'permanentImpact',
]);

const askPreview = (ticket: AlgorithmTicket) =>
  workstation().call('algorithms.preview', { ticket });

/** An order that is worked over time: its schedule and its headroom are shown while it is typed. */
export function AlgorithmTicketForm(props: TicketProps) {
  const { account, instrument, form, algorithm, online, onForm, onAlgorithm, onFocusSize } = props;
  const sending = useSending(ALGORITHMS, () => {
    onForm(cleared(form));
    onAlgorithm(clearedAlgorithm(algorithm));
    onFocusSize();
  });
  const prices = usePrices(props);
  const accountId = account.id;
  const reading = useMemo(
    () => readAlgorithm({ ...form, account: accountId }, algorithm),
    [form, accountId, algorithm],
  );
  const asked = useAsked('ticket' in reading ? reading.ticket : undefined, askPreview);
  const { told, fresh, wish: ticket } = asked;
  const check = told?.check;
  const refusal = refusalOf(asked.error, algorithmFieldOf, SHOWN_BESIDE);
  const errors: TicketErrors = {
    ...('errors' in reading ? reading.errors : {}),
    ...refusal.errors,
  };
  const currency = instrument?.currency ?? account.currency;
  const canSend =
    online && fresh && check?.allowed === true && ticket !== undefined && !sending.sending;
  const sentence = ticket === undefined ? '' : algorithmSentence(ticket, account.live);

  const change = (part: Partial<TicketForm>): void => {
    sending.forget();
    onForm({ ...form, ...part });
  };
  const changeAlgorithm = (part: Partial<AlgorithmForm>): void => {
    sending.forget();
    onAlgorithm({ ...algorithm, ...part });
  };

  function take(size: string): void {
    change({ size });
    // The button goes, and with it the keyboard would.
    onFocusSize();
  }

  return (
    <TicketFrame
      {...props}
      prices={prices}
      onChange={change}
      onClear={() => {
        change(cleared(form));
        onAlgorithm(clearedAlgorithm(algorithm));
      }}
      onSubmit={() => {
        if (canSend) void sending.send(ticket, sentence);
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
            sending: 'Starting …',
            action: sentence,
            next: nextStep(form, algorithm, errors, asked.error === undefined),
          }}
          onTake={take}
        >
          <kbd>Enter</kbd> starts · <kbd>Esc</kbd> clears
        </TicketFoot>
      }
    >
      <SelectField
        label="Algorithm"
        value={algorithm.method}
        testId="algorithm-method"
        options={METHODS}
        onChange={(method) => changeAlgorithm({ method })}
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
                onChange={(event) => change({ size: event.target.value, sizeIn: 'units' })}
              />
              <span className="unit-name">units</span>
            </span>
          )}
        </Field>
        <AlgorithmFields
          form={algorithm}
          errors={errors}
          instrument={instrument}
          side={form.side}
          currency={currency}
          prices={prices}
          onChange={changeAlgorithm}
        />
      </div>
      {told === undefined ? null : <Schedule preview={told} fresh={fresh} />}
      {check === undefined ? null : (
        <Preview
          check={check}
          fresh={fresh}
          currency={currency}
          places={prices.places}
          lotSize={instrument?.lotSize}
          accountCurrency={account.currency}
          onTake={take}
        />
      )}
    </TicketFrame>
  );
}

/** Slices that are drawn; more would be thinner than a pixel. */
const MOST_DRAWN = 120;

/** What will be sent when, or how the method goes along with the market. */
function Schedule({ preview, fresh }: { preview: AlgorithmPreview; fresh: boolean }) {
  const { schedule, note } = preview;
  const [first] = schedule;
  const last = schedule.at(-1);
  if (first === undefined || last === undefined) {
    return note === '' ? null : (
      <p className="note" data-testid="algorithm-schedule">
        {note}
      </p>
    );
  }
  const sizes = schedule.map(({ quantity }) => Number(quantity));
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const size = least === most ? about(least) : `${about(least)} to ${about(most)}`;
  const slices =
    schedule.length === 1 ? '1 slice' : `${groupDigits(String(schedule.length))} slices`;
  return (
    <figure className={fresh ? 'schedule' : 'schedule stale'} data-testid="algorithm-schedule">
      {schedule.length > MOST_DRAWN ? null : (
        <div className="schedule-bars" aria-hidden>
          {schedule.map(({ from, quantity }) => (
            <span
              key={from}
              title={`${new Date(from).toISOString().slice(11, 19)} UTC: ${groupDigits(quantity)}`}
              style={{ height: `${(Number(quantity) / most) * 100}%` }}
            />
          ))}
        </div>
      )}
      <figcaption>
        {slices} of {size}, each {lengthText(first.to - first.from)} long, until{' '}
        {new Date(last.to).toISOString().slice(11, 19)} UTC
      </figcaption>
    </figure>
  );
}

/** Four digits are enough to see how slices go. */
const about = (size: number): string =>
  groupDigits(String(size >= 1000 ? Math.round(size) : Number(size.toPrecision(4))));

/** What the button says while there is nothing to start. */
function nextStep(
  { instrument, size }: TicketForm,
  form: AlgorithmForm,
  errors: TicketErrors,
  checking: boolean,
): string {
  if (instrument === '') return 'Choose an instrument';
  if (Object.values(errors).some((error) => error !== undefined)) return 'Mend what is marked';
  if (size.trim() === '') return 'Give a quantity';
  if (form.method === 'iceberg' && form.display.trim() === '') return 'Say what it shows';
  if (form.method === 'iceberg' && form.limit.trim() === '') return 'Give a limit price';
  if (form.method === 'vwap' && form.dataset === '' && form.curve.trim() === '')
    return 'Give the curve of volume';
  return checking ? `Looking at the ${NAMES[form.method]} …` : 'Not possible';
}
