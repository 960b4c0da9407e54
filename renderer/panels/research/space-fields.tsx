import type { Parameter } from '../../../engine/domain/parameters.ts';
import {
  bound,
  Field,
  NumberField,
  SelectField,
  TextField,
  type FormPart,
} from '../../components/fields.tsx';
import { entryOf, OBJECTIVES, SCORES, withEntry, type FormValues } from './form.ts';
import { ParameterRows } from './parameter-rows.tsx';

type FieldsProps = FormPart<FormValues>;

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
export function SearchFields({ adaptive, ...part }: FieldsProps & { readonly adaptive: boolean }) {
  const { form, errors, onChange } = part;
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
              {...bound(part, 'count')}
              testId="research-count"
            />
            <NumberField label="Seed" step={1} {...bound(part, 'seed')} />
          </>
        )}
        {form.kind === 'cross-validation' ? (
          <SelectField
            label="Look for the largest"
            {...bound(part, 'score')}
            testId="cross-score"
            options={SCORES}
          />
        ) : (
          <SelectField
            label="Look for the largest"
            value={form.objective}
            testId="research-objective"
            options={OBJECTIVES}
            onChange={(objective) => onChange({ objective })}
          />
        )}
        <NumberField
          label="Memory at most"
          unit="MB"
          step={64}
          {...bound(part, 'memory')}
          testId="research-memory"
        />
      </div>
      {form.objective === 'formula' && form.kind !== 'cross-validation' ? (
        <TextField
          label="Formula over the results"
          {...bound(part, 'formula', 'objective')}
          hint="sharpe, sortino, cagr, return, max_drawdown, trades, win_rate, profit_factor, exposure, final_equity"
          testId="research-formula"
        />
      ) : errors['objective'] === undefined ? null : (
        <p className="note wrong" role="alert">
          {errors['objective']}
        </p>
      )}
    </>
  );
}

/** How the bars are cut into folds, and what is left out beside them. */
export function FoldsFields(part: FieldsProps) {
  const kFold = part.form.testFolds.trim() === '1';
  return (
    <>
      <h4>Folds</h4>
      <div className="grid-2">
        <NumberField label="Folds" step={1} {...bound(part, 'folds')} testId="cross-folds" />
        <NumberField
          label="Tested at a time"
          step={1}
          {...bound(part, 'testFolds')}
          hint={kFold ? 'Plain k-fold, one path' : undefined}
          testId="cross-test-folds"
        />
        <NumberField
          label="Purged beside a test"
          unit="bars"
          step={10}
          {...bound(part, 'purge')}
          hint="Empty: the longest look-back"
          testId="cross-purge"
        />
        <NumberField
          label="Embargo after it"
          unit="bars"
          step={10}
          {...bound(part, 'embargo')}
          testId="cross-embargo"
        />
      </div>
    </>
  );
}

/** How the bars are cut into training and test. */
export function WindowsFields(part: FieldsProps) {
  const { form } = part;
  const length = (name: 'train' | 'test' | 'gap', label: string, hint?: string) => (
    <TextField
      label={label}
      {...bound(part, name)}
      hint={hint}
      list={['1y', '2y', '3y', '6m', '3m', '8w', '90d', '0d']}
      testId={`walk-${name}`}
    />
  );
  const bars = (name: 'trainBars' | 'testBars' | 'gapBars', field: string, label: string) => (
    <NumberField
      label={label}
      unit="bars"
      step={1}
      {...bound(part, name, field)}
      testId={`walk-${name}`}
    />
  );
  return (
    <>
      <h4>Windows</h4>
      <div className="grid-2">
        <SelectField
          label="Lengths"
          {...bound(part, 'by')}
          testId="walk-by"
          options={[
            { value: 'dates', label: 'By the calendar' },
            { value: 'bars', label: 'In bars' },
            { value: 'count', label: 'So many windows' },
          ]}
        />
        <SelectField
          label="Training"
          {...bound(part, 'mode')}
          testId="walk-mode"
          options={[
            { value: 'rolling', label: 'Rolling' },
            { value: 'anchored', label: 'Anchored at the first bar' },
          ]}
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
              {...bound(part, 'windows')}
              testId="walk-windows-count"
            />
            <NumberField
              label="Train over test"
              unit="×"
              step={0.5}
              {...bound(part, 'ratio')}
              testId="walk-ratio"
            />
          </>
        )}
        <SelectField
          label="Position at a border"
          {...bound(part, 'carry')}
          options={[
            { value: 'flat', label: 'Every test starts flat' },
            { value: 'while-unchanged', label: 'Kept while unchanged' },
          ]}
        />
      </div>
    </>
  );
}
