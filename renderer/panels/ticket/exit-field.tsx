import { useId } from 'react';
import type { Decimal } from '../../../engine/domain/decimal.ts';
import { EXIT_UNIT_NAMES, EXIT_UNITS, type ExitPrice } from './exits.ts';
import type { ExitFields } from './ticket-form.ts';

interface ExitFieldProps {
  readonly label: string;
  readonly fields: ExitFields;
  readonly price: ExitPrice | undefined;
  readonly entry: Decimal | undefined;
  readonly error: string | undefined;
  readonly testId: string;
  readonly onChange: (fields: ExitFields) => void;
}

/** An exit that goes with the entry: off, or its distance, with the price that comes of it. */
export function ExitField(props: ExitFieldProps) {
  const { label, fields, price, entry, error, testId, onChange } = props;
  const id = useId();
  const at = price !== undefined && 'price' in price ? price.price : undefined;
  const off =
    at === undefined || entry === undefined || Number(entry) === 0
      ? undefined
      : (Number(at) - Number(entry)) / Math.abs(Number(entry));
  return (
    <div className={error === undefined ? 'exit-field field' : 'exit-field field wrong'}>
      <label className="check">
        <input
          type="checkbox"
          checked={fields.on}
          data-testid={`${testId}-on`}
          onChange={(event) => onChange({ ...fields, on: event.target.checked })}
        />
        {label}
      </label>
      {fields.on ? (
        <>
          <input
            type="text"
            inputMode="decimal"
            autoComplete="off"
            aria-label={`${label} in ${EXIT_UNIT_NAMES[fields.unit]}`}
            aria-invalid={error !== undefined}
            aria-describedby={`${id}-note`}
            data-testid={testId}
            value={fields.value}
            onChange={(event) => onChange({ ...fields, value: event.target.value })}
          />
          <select
            aria-label={`Unit of ${label.toLowerCase()}`}
            data-testid={`${testId}-unit`}
            value={fields.unit}
            title="R is what the stop puts at risk; for the stop itself it is 1 % of the equity"
            onChange={(event) => {
              const unit = EXIT_UNITS.find((each) => each === event.target.value);
              if (unit !== undefined) onChange({ ...fields, unit, value: '' });
            }}
          >
            {EXIT_UNITS.map((unit) => (
              <option key={unit} value={unit}>
                {EXIT_UNIT_NAMES[unit]}
              </option>
            ))}
          </select>
          <span
            id={`${id}-note`}
            className="note exit-note"
            role={error === undefined ? undefined : 'alert'}
          >
            {error ??
              (at === undefined
                ? ''
                : `at ${at}${off === undefined ? '' : ` (${off > 0 ? '+' : ''}${(off * 100).toFixed(2)} %)`}`)}
          </span>
        </>
      ) : null}
    </div>
  );
}
