import type { Parameter } from '../../../engine/domain/parameters.ts';
import type { FormErrors } from '../../components/account.ts';
import { Field, NumberField, SelectField, TextField } from '../../components/fields.tsx';
import { entryOf, OBJECTIVES, withEntry, type FormValues } from './form.ts';
import { ParameterRows } from './parameter-rows.tsx';

interface FieldsProps {
  readonly form: FormValues;
  readonly errors: FormErrors;
  readonly onChange: (part: Partial<FormValues>) => void;
}

interface SpaceFieldsProps extends FieldsProps {
  readonly strategy: string;
  readonly parameters: readonly Parameter[];
}

/** What is varied and under which conditions. */
export function SpaceFields({ form, errors, strategy, parameters, onChange }: SpaceFieldsProps) {
  const numbers = parameters.filter(({ kind }) => kind === 'integer' || kind === 'real');
  const [first, second] = numbers.map(({ name }) => name);
  return (
    <>
      <h4>Parameters</h4>
      <ParameterRows
        parameters={parameters}
        entryOf={(parameter) => entryOf(form, { strategy, parameters }, parameter)}
        errors={errors}
        onChange={(parameter, part) =>
          onChange(withEntry(form, { strategy, parameters }, parameter, part))
        }
      />
      {errors['ranges'] === undefined ? null : (
        <p className="note wrong" role="alert">
          {errors['ranges']}
        </p>
      )}
      <Field label="Conditions, one a line" error={errors['constraints']}>
        {(id, describedBy) => (
          <textarea
            id={id}
            rows={2}
            spellCheck={false}
            aria-describedby={describedBy}
            data-testid="research-constraints"
            placeholder={
              second === undefined ? `${first ?? 'length'} >= 5` : `${first} < ${second}`
            }
            value={form.constraints[strategy] ?? ''}
            onChange={(event) =>
              onChange({ constraints: { ...form.constraints, [strategy]: event.target.value } })
            }
          />
        )}
      </Field>
    </>
  );
}

/** How the combinations are gone through and what is looked for. */
export function SearchFields({
  form,
  errors,
  adaptive,
  onChange,
}: FieldsProps & { readonly adaptive: boolean }) {
  const search = form.search === 'adaptive' && !adaptive ? 'grid' : form.search;
  return (
    <>
      <h4>Search</h4>
      <div className="grid-2">
        <SelectField
          label="Combinations"
          value={search}
          testId="research-search"
          options={[
            { value: 'grid' as const, label: 'All of them' },
            { value: 'random' as const, label: 'Some at random' },
            ...(adaptive ? [{ value: 'adaptive' as const, label: 'Where it is good' }] : []),
          ]}
          onChange={(value) => onChange({ search: value })}
        />
        {search === 'grid' ? null : (
          <>
            <NumberField
              label="How many"
              step={100}
              value={form.count}
              error={errors['count']}
              testId="research-count"
              onChange={(count) => onChange({ count })}
            />
            <NumberField
              label="Seed"
              step={1}
              value={form.seed}
              error={errors['seed']}
              onChange={(seed) => onChange({ seed })}
            />
          </>
        )}
        <SelectField
          label="Look for the largest"
          value={form.objective}
          testId="research-objective"
          options={OBJECTIVES}
          onChange={(objective) => onChange({ objective })}
        />
        <NumberField
          label="Memory at most"
          unit="MB"
          step={64}
          value={form.memory}
          error={errors['memory']}
          testId="research-memory"
          onChange={(memory) => onChange({ memory })}
        />
      </div>
      {form.objective === 'formula' ? (
        <TextField
          label="Formula over the results"
          value={form.formula}
          error={errors['objective']}
          hint="sharpe, sortino, cagr, return, max_drawdown, trades, win_rate, profit_factor, exposure, final_equity"
          testId="research-formula"
          onChange={(formula) => onChange({ formula })}
        />
      ) : errors['objective'] === undefined ? null : (
        <p className="note wrong" role="alert">
          {errors['objective']}
        </p>
      )}
    </>
  );
}

/** How the bars are cut into training and test. */
export function WindowsFields({ form, errors, onChange }: FieldsProps) {
  const length = (name: 'train' | 'test' | 'gap', label: string, hint?: string) => (
    <TextField
      label={label}
      value={form[name]}
      error={errors[name]}
      hint={hint}
      list={['1y', '2y', '3y', '6m', '3m', '8w', '90d', '0d']}
      testId={`walk-${name}`}
      onChange={(text) => onChange({ [name]: text })}
    />
  );
  const bars = (name: 'trainBars' | 'testBars' | 'gapBars', field: string, label: string) => (
    <NumberField
      label={label}
      unit="bars"
      step={1}
      value={form[name]}
      error={errors[field]}
      testId={`walk-${name}`}
      onChange={(text) => onChange({ [name]: text })}
    />
  );
  return (
    <>
      <h4>Windows</h4>
      <div className="grid-2">
        <SelectField
          label="Lengths"
          value={form.by}
          testId="walk-by"
          options={[
            { value: 'dates', label: 'By the calendar' },
            { value: 'bars', label: 'In bars' },
            { value: 'count', label: 'So many windows' },
          ]}
          onChange={(by) => onChange({ by })}
        />
        <SelectField
          label="Training"
          value={form.mode}
          testId="walk-mode"
          options={[
            { value: 'rolling', label: 'Rolling' },
            { value: 'anchored', label: 'Anchored at the first bar' },
          ]}
          onChange={(mode) => onChange({ mode })}
        />
        {form.by === 'dates' ? (
          <>
            {length('train', 'Train', '3y, 6m, 8w, 90d')}
            {length('test', 'Test')}
            {length('gap', 'Left out between')}
          </>
        ) : form.by === 'bars' ? (
          <>
            {bars('trainBars', 'train', 'Train')}
            {bars('testBars', 'test', 'Test')}
            {bars('gapBars', 'gap', 'Left out between')}
          </>
        ) : (
          <>
            <NumberField
              label="Windows"
              step={1}
              value={form.windows}
              error={errors['windows']}
              testId="walk-windows-count"
              onChange={(windows) => onChange({ windows })}
            />
            <NumberField
              label="Train over test"
              unit="×"
              step={0.5}
              value={form.ratio}
              error={errors['ratio']}
              testId="walk-ratio"
              onChange={(ratio) => onChange({ ratio })}
            />
          </>
        )}
        <SelectField
          label="Position at a border"
          value={form.carry}
          options={[
            { value: 'flat', label: 'Every test starts flat' },
            { value: 'while-unchanged', label: 'Kept while unchanged' },
          ]}
          onChange={(carry) => onChange({ carry })}
        />
      </div>
    </>
  );
}
