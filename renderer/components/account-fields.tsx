import type { AccountValues, FormErrors } from './account.ts';
import { CheckField, NumberField, SelectField, TextField } from './fields.tsx';

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
  return (
    <div className="grid-2">
      <TextField
        label="Start"
        type="date"
        value={values.start}
        error={errors['start']}
        testId={`${name}-start`}
        onChange={(start) => onChange({ start })}
      />
      <TextField
        label="End"
        type="date"
        value={values.end}
        error={errors['end']}
        testId={`${name}-end`}
        onChange={(end) => onChange({ end })}
      />
      <NumberField
        label="Cash"
        unit={currency}
        value={values.cash}
        error={errors['cash']}
        testId={`${name}-cash`}
        onChange={(cash) => onChange({ cash })}
      />
      <NumberField
        label="Size"
        unit="% equity"
        value={values.size}
        error={errors['size']}
        testId={`${name}-size`}
        onChange={(size) => onChange({ size })}
      />
      <NumberField
        label="Commission"
        unit="%"
        step={0.01}
        value={values.commission}
        error={errors['commission']}
        testId={`${name}-commission`}
        onChange={(commission) => onChange({ commission })}
      />
      <NumberField
        label="Slippage"
        unit="bps"
        step={1}
        value={values.slippage}
        error={errors['slippage']}
        testId={`${name}-slippage`}
        onChange={(slippage) => onChange({ slippage })}
      />
      <SelectField
        label="Fill"
        value={values.fill}
        options={[
          { value: 'next-open', label: 'Next open' },
          { value: 'same-close', label: 'Same close' },
        ]}
        onChange={(fill) => onChange({ fill })}
      />
      <CheckField
        label="Short positions"
        checked={values.short}
        onChange={(short) => onChange({ short })}
      />
    </div>
  );
}
