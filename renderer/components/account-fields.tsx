import type { FeeTable } from '../../engine/domain/backtest.ts';
import type { AccountValues, FormErrors, SlippageKind } from './account.ts';
import { bound, CheckField, NumberField, SelectField, TextField } from './fields.tsx';

const FEES: readonly { readonly value: AccountValues['fees']; readonly label: string }[] = [
  { value: '', label: 'Percent' },
  { value: 'ibkr-fixed', label: 'IBKR Fixed' },
  { value: 'ibkr-tiered', label: 'IBKR Tiered' },
  { value: 'alpaca', label: 'Alpaca' },
  { value: 'binance-spot', label: 'Binance spot' },
];

const FEE_NOTES: Readonly<Record<FeeTable, string>> = {
  'ibkr-fixed': 'Per share, with a minimum, and regulatory fees',
  'ibkr-tiered': 'Per share by monthly volume, with exchange and regulatory fees',
  alpaca: 'No commission; regulatory fees on sales',
  'binance-spot': 'Percent, level VIP 0',
};

const SLIPPAGES: readonly { readonly value: SlippageKind; readonly label: string }[] = [
  { value: 'bps', label: 'Of the price' },
  { value: 'spread', label: 'Half spread' },
  { value: 'fixed', label: 'Fixed amount' },
  { value: 'volume-share', label: 'Volume share' },
  { value: 'square-root', label: 'Square root' },
];

function unitOf(kind: SlippageKind, currency: string): string {
  if (kind === 'fixed') return currency;
  return kind === 'bps' || kind === 'spread' ? 'bps' : '×';
}

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
      <SelectField label="Fees" {...bound(part, 'fees')} options={FEES} testId={`${name}-fees`} />
      {values.fees === '' ? (
        <NumberField
          label="Commission"
          unit="%"
          step={0.01}
          {...bound(part, 'commission')}
          testId={`${name}-commission`}
        />
      ) : (
        <p className="field note">{FEE_NOTES[values.fees]}</p>
      )}
      <SelectField
        label="Slippage model"
        {...bound(part, 'slippageKind')}
        options={SLIPPAGES}
        testId={`${name}-slippage-model`}
      />
      <NumberField
        label="Slippage"
        unit={unitOf(values.slippageKind, currency)}
        step={values.slippageKind === 'fixed' ? 0.01 : 1}
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
      <NumberField
        label="Volume limit"
        unit="% of bar"
        step={1}
        {...bound(part, 'volumeLimit')}
        hint="Empty: any"
        testId={`${name}-volume-limit`}
      />
      <SelectField
        label="First inside a bar"
        {...bound(part, 'resolve')}
        options={[
          { value: 'pessimistic', label: 'The worse one' },
          { value: 'finer', label: 'As finer bars say' },
        ]}
        testId={`${name}-resolve`}
      />
      <CheckField
        label="Splits, dividends"
        checked={values.events}
        testId={`${name}-events`}
        onChange={(events) => onChange({ events })}
      />
      <CheckField
        label="Short positions"
        checked={values.short}
        onChange={(short) => onChange({ short })}
      />
    </div>
  );
}
