import type { AccountValues, FormErrors } from './account.ts';
import { bound, CheckField, NumberField, SelectField, TextField } from './fields.tsx';

interface AccountFieldsProps {
  readonly values: AccountValues;
  readonly errors: FormErrors;
  readonly currency: string;
  /** Begins the test ids. */
  readonly name: string;
  readonly onChange: (part: Partial<AccountValues>) => void;
}

/** Range, money, size and costs of a run, for every form that makes runs. */
export function AccountFields({ values, errors, currency, name, onChange }: AccountFieldsProps) {
  const part = { form: values, errors, onChange };
  return (
    <div className="grid-2">
      <TextField label="Start" type="date" {...bound(part, 'start')} testId={`${name}-start`} />
      <TextField label="End" type="date" {...bound(part, 'end')} testId={`${name}-end`} />
      <NumberField label="Cash" unit={currency} {...bound(part, 'cash')} testId={`${name}-cash`} />
      <NumberField label="Size" unit="% equity" {...bound(part, 'size')} testId={`${name}-size`} />
      <NumberField
        label="Commission"
        unit="%"
        step={0.01}
        {...bound(part, 'commission')}
        testId={`${name}-commission`}
      />
      <NumberField
        label="Slippage"
        unit="bps"
        step={1}
        {...bound(part, 'slippage')}
        testId={`${name}-slippage`}
      />
      <SelectField
        label="Fill"
        {...bound(part, 'fill')}
        options={[
          { value: 'next-open', label: 'Next open' },
          { value: 'same-close', label: 'Same close' },
        ]}
      />
      <CheckField
        label="Short positions"
        checked={values.short}
        onChange={(short) => onChange({ short })}
      />
    </div>
  );
}
