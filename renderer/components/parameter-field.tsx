import type { Parameter } from '../../engine/domain/parameters.ts';
import { CheckField, NumberField, SelectField } from './fields.tsx';

interface ParameterFieldProps {
  readonly parameter: Parameter;
  readonly value: string;
  readonly error?: string | undefined;
  readonly onChange: (value: string) => void;
  readonly testId?: string | undefined;
}

/** One value of a parameter, as a text whatever its kind. */
export function ParameterField({ parameter, value, error, onChange, testId }: ParameterFieldProps) {
  switch (parameter.kind) {
    case 'integer':
    case 'real':
      return (
        <NumberField
          label={parameter.label}
          unit={parameter.unit}
          min={parameter.min}
          max={parameter.max}
          step={parameter.step}
          value={value}
          error={error}
          testId={testId}
          onChange={onChange}
        />
      );
    case 'choice':
      return (
        <SelectField
          label={parameter.label}
          value={value}
          options={parameter.choices.map((choice) => ({ value: choice, label: choice }))}
          error={error}
          testId={testId}
          onChange={onChange}
        />
      );
    case 'boolean':
      return (
        <CheckField
          label={parameter.label}
          checked={value === 'true'}
          testId={testId}
          onChange={(checked) => onChange(String(checked))}
        />
      );
  }
}
