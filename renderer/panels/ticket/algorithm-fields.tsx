import { useMemo } from 'react';
import type { OrderSide } from '../../../engine/domain/order.ts';
import { useWorkstation } from '../../client/store.ts';
import type { TradableInstrument } from '../../client/trading-store.ts';
import { Field, SelectField } from '../../components/fields.tsx';
import { hasSlices, OWN_CURVE, PEGS, type AlgorithmForm } from './algorithm-form.ts';
import { PriceField } from './price-field.tsx';
import type { TicketErrors } from './ticket-form.ts';
import type { MarketPrices } from './ticket-frame.tsx';

interface AlgorithmFieldsProps {
  readonly form: AlgorithmForm;
  readonly errors: TicketErrors;
  readonly instrument: TradableInstrument | undefined;
  readonly side: OrderSide;
  readonly currency: string;
  readonly prices: MarketPrices;
  readonly onChange: (part: Partial<AlgorithmForm>) => void;
}

type TextName = {
  [Name in keyof AlgorithmForm]: string extends AlgorithmForm[Name] ? Name : never;
}[keyof AlgorithmForm];

/** The fields of one method, and those that all have. */
export function AlgorithmFields(props: AlgorithmFieldsProps) {
  const { form, errors, instrument, side, currency, prices, onChange } = props;
  const { method } = form;
  const text = (name: TextName, label: string, unit: string) => (
    <TextBox
      label={label}
      unit={unit}
      value={form[name]}
      error={errors[name]}
      testId={`algorithm-${name}`}
      onChange={(value) => onChange({ [name]: value })}
    />
  );
  return (
    <>
      {text('minutes', 'Works for', 'min')}
      {method === 'vwap' ? <CurveFields {...props} /> : null}
      {hasSlices(form) ? text('slices', 'Slices', '') : null}
      {method === 'pov' ? text('rate', 'Part of the volume', '%') : null}
      {method === 'iceberg' ? text('display', 'Shows at a time', 'units') : null}
      {method === 'peg' ? (
        <>
          <SelectField
            label="Follows"
            value={form.pegTo}
            testId="algorithm-peg"
            options={PEGS.map((value) => ({ value, label: value === 'mid' ? 'middle' : value }))}
            onChange={(pegTo) => onChange({ pegTo })}
          />
          {text('offset', 'Offset, signed', currency)}
        </>
      ) : null}
      {method === 'shortfall' ? (
        <>
          {text('volatility', 'Volatility of a slice', currency)}
          {text('riskAversion', 'Risk aversion', '')}
          {text('temporaryImpact', 'Temporary impact', '')}
          {text('permanentImpact', 'Permanent impact', '')}
        </>
      ) : null}
      <PriceField
        label={method === 'iceberg' ? 'Limit price' : 'Limit price, optional'}
        value={form.limit}
        unit={currency}
        ticks={instrument?.ticks}
        start={side === 'buy' ? prices.bid : prices.ask}
        fills={prices.fills}
        error={errors['limit']}
        testId="algorithm-limit"
        onChange={(limit) => onChange({ limit })}
      />
      {method === 'pov' ? null : text('participation', 'Most of the volume', '%')}
      <SelectField
        label="What is left at the end"
        value={form.finish}
        testId="algorithm-finish"
        options={[
          { value: 'leave', label: 'stays unfilled' },
          { value: 'take', label: 'is taken at once' },
        ]}
        onChange={(finish) => onChange({ finish })}
      />
    </>
  );
}

/** The curve of VWAP: measured from a stored series of short bars, or typed. */
function CurveFields({ form, errors, instrument, onChange }: AlgorithmFieldsProps) {
  const datasets = useWorkstation((state) => state.datasets);
  const options = useMemo(() => {
    const short = (datasets ?? []).filter(({ timeframe }) => /[smh]$/.test(timeframe));
    // Those of the instrument itself come first.
    const own = (id: string): number => (id === instrument?.id ? 0 : 1);
    const sorted = short.toSorted((a, b) => own(a.instrumentId) - own(b.instrumentId));
    return [
      { value: OWN_CURVE, label: 'what I type' },
      ...sorted.map(({ id, symbol, timeframe }) => ({
        value: id,
        label: `${symbol} ${timeframe}`,
      })),
    ];
  }, [datasets, instrument?.id]);
  const known = options.some(({ value }) => value === form.dataset);
  return (
    <>
      <SelectField
        label="Volume from"
        value={known ? form.dataset : OWN_CURVE}
        testId="algorithm-dataset"
        options={options}
        onChange={(dataset) => onChange({ dataset })}
      />
      {form.dataset === OWN_CURVE || !known ? (
        <TextBox
          label="Volume of each slice"
          unit=""
          value={form.curve}
          placeholder="5, 3, 2, 3, 5"
          error={errors['curve']}
          testId="algorithm-curve"
          onChange={(curve) => onChange({ curve, dataset: OWN_CURVE })}
        />
      ) : errors['curve'] === undefined ? null : (
        <p className="note wrong" role="alert">
          {errors['curve']}
        </p>
      )}
    </>
  );
}

interface TextBoxProps {
  readonly label: string;
  readonly unit: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly error: string | undefined;
  readonly testId: string;
  readonly onChange: (value: string) => void;
}

/** A number as text, with its unit inside. */
function TextBox({ label, unit, value, placeholder, error, testId, onChange }: TextBoxProps) {
  return (
    <Field label={label} error={error}>
      {(id, describedBy) => (
        <span className="input-unit size-input">
          <input
            id={id}
            type="text"
            inputMode="decimal"
            autoComplete="off"
            data-testid={testId}
            value={value}
            placeholder={placeholder}
            aria-invalid={error !== undefined}
            aria-describedby={describedBy}
            onChange={(event) => onChange(event.target.value)}
          />
          {unit === '' ? null : <span className="unit-name">{unit}</span>}
        </span>
      )}
    </Field>
  );
}
