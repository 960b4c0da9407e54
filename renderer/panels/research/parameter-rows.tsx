import type { Parameter } from '../../../engine/domain/parameters.ts';
import type { FormErrors } from '../../components/account.ts';
import { formatCount } from '../../components/format.ts';
import { readRange, type ParameterEntry } from './ranges.ts';

interface ParameterRowsProps {
  readonly parameters: readonly Parameter[];
  readonly entryOf: (parameter: Parameter) => ParameterEntry;
  readonly errors: FormErrors;
  readonly onChange: (parameter: Parameter, part: Partial<ParameterEntry>) => void;
}

/** Each parameter with one value, a range or a list, and how many values that is. */
export function ParameterRows({ parameters, entryOf, errors, onChange }: ParameterRowsProps) {
  return (
    <div className="parameter-rows">
      {parameters.map((parameter) => (
        <ParameterRow
          key={parameter.name}
          parameter={parameter}
          entry={entryOf(parameter)}
          error={errors[parameter.name]}
          onChange={(part) => onChange(parameter, part)}
        />
      ))}
    </div>
  );
}

interface ParameterRowProps {
  readonly parameter: Parameter;
  readonly entry: ParameterEntry;
  readonly error: string | undefined;
  readonly onChange: (part: Partial<ParameterEntry>) => void;
}

function ParameterRow({ parameter, entry, error, onChange }: ParameterRowProps) {
  const { name, label, kind } = parameter;
  const numeric = kind === 'integer' || kind === 'real';
  const read = entry.mode === 'fixed' ? null : readRange(parameter, entry);
  const note = error ?? (read !== null && 'error' in read ? read.error : undefined);
  return (
    <div className={note === undefined ? 'parameter-row' : 'parameter-row wrong'}>
      <div className="row">
        <span className="clip" title={parameter.description}>
          {label}
        </span>
        <span className="spacer" />
        {read === null || 'error' in read ? null : (
          <span className="muted" data-testid={`range-count-${name}`}>
            {formatCount(read.count)} {read.count === 1 ? 'value' : 'values'}
          </span>
        )}
        <select
          aria-label={`${label}: fixed or varied`}
          data-testid={`vary-${name}`}
          value={entry.mode === 'range' && !numeric ? 'list' : entry.mode}
          onChange={(event) => onChange({ mode: event.target.value as ParameterEntry['mode'] })}
        >
          <option value="fixed">Fixed</option>
          {numeric ? <option value="range">Range</option> : null}
          <option value="list">List</option>
        </select>
      </div>
      <Values
        parameter={parameter}
        entry={entry}
        invalid={note !== undefined}
        onChange={onChange}
      />
      {note === undefined ? null : (
        <span className="note" role="alert">
          {note}
        </span>
      )}
    </div>
  );
}

interface ValuesProps {
  readonly parameter: Parameter;
  readonly entry: ParameterEntry;
  readonly invalid: boolean;
  readonly onChange: (part: Partial<ParameterEntry>) => void;
}

function Values({ parameter, entry, invalid, onChange }: ValuesProps) {
  const { name, label, kind } = parameter;
  const numeric = kind === 'integer' || kind === 'real';
  const step = numeric ? parameter.step : undefined;
  const number = (field: 'value' | 'from' | 'to' | 'step', title: string, prefix: string) => (
    <label className="affix">
      {prefix === '' ? null : <span>{prefix}</span>}
      <input
        type="number"
        inputMode="decimal"
        step={step ?? 'any'}
        aria-label={`${label}: ${title}`}
        aria-invalid={invalid}
        data-testid={`${field}-${name}`}
        value={entry[field]}
        onChange={(event) => onChange({ [field]: event.target.value })}
      />
    </label>
  );
  if (entry.mode === 'range' && numeric) {
    return (
      <div className="range-fields">
        {number('from', 'from', '')}
        {number('to', 'to', '…')}
        {number('step', 'step', 'step')}
      </div>
    );
  }
  if (entry.mode !== 'fixed') {
    return (
      <input
        type="text"
        aria-label={`${label}: values`}
        aria-invalid={invalid}
        data-testid={`list-${name}`}
        placeholder={numeric ? '2..100 step 2, or 5, 10, 20, or 1..1000 log 7' : 'all'}
        title={numeric ? '2..100 step 2 · 5, 10, 20 · 1..1000 log 7' : choicesText(parameter)}
        value={entry.list}
        onChange={(event) => onChange({ list: event.target.value })}
      />
    );
  }
  if (numeric) return number('value', 'value', '');
  return (
    <select
      aria-label={`${label}: value`}
      data-testid={`value-${name}`}
      value={entry.value}
      onChange={(event) => onChange({ value: event.target.value })}
    >
      {(kind === 'choice' ? parameter.choices : ['false', 'true']).map((choice) => (
        <option key={choice}>{choice}</option>
      ))}
    </select>
  );
}

function choicesText(parameter: Parameter): string {
  return parameter.kind === 'choice' ? parameter.choices.join(', ') : 'false, true';
}
