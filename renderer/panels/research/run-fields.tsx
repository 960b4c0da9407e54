import type { FormErrors } from '../../components/account.ts';
import { NumberField, SelectField } from '../../components/fields.tsx';
import { runLabel } from '../../components/run-label.ts';
import { selectRun, useWorkstation } from '../../client/store.ts';
import type { FormValues } from './form.ts';

interface FieldsProps {
  readonly form: FormValues;
  readonly errors: FormErrors;
  readonly onChange: (part: Partial<FormValues>) => void;
}

/** The stored run that is looked at: the one of the report. */
export function RunSelect() {
  const runs = useWorkstation((state) => state.runs);
  const runId = useWorkstation((state) => state.runId);
  return (
    <SelectField
      label="Backtest"
      value={runId ?? ''}
      testId="research-run"
      options={(runs ?? []).map((run) => ({ value: run.id, label: runLabel(run) }))}
      onChange={(id) => void selectRun(id)}
    />
  );
}

export function MonteCarloFields({ form, errors, onChange }: FieldsProps) {
  return (
    <div className="grid-2">
      <SelectField
        label="Returns of"
        value={form.of}
        testId="monte-of"
        options={[
          { value: 'trades', label: 'Closed trades' },
          { value: 'bars', label: 'Bars' },
        ]}
        onChange={(of) => onChange({ of })}
      />
      <SelectField
        label="Put together"
        value={form.method}
        testId="monte-method"
        options={[
          { value: 'bootstrap', label: 'Drawn with replacement' },
          { value: 'shuffle', label: 'In another order' },
          { value: 'blocks', label: 'Drawn in stretches' },
        ]}
        onChange={(method) => onChange({ method })}
      />
      <NumberField
        label="Paths"
        step={500}
        value={form.paths}
        error={errors['paths']}
        testId="monte-paths"
        onChange={(paths) => onChange({ paths })}
      />
      <NumberField
        label="Ruin is falling to"
        unit="% of cash"
        step={5}
        value={form.ruin}
        error={errors['ruin']}
        testId="monte-ruin"
        onChange={(ruin) => onChange({ ruin })}
      />
      {form.method === 'blocks' ? (
        <NumberField
          label="Mean stretch"
          unit="returns"
          step={1}
          value={form.blockLength}
          error={errors['blockLength']}
          hint="Empty: what suits the returns"
          onChange={(blockLength) => onChange({ blockLength })}
        />
      ) : null}
      <NumberField
        label="Seed"
        step={1}
        value={form.seed}
        error={errors['seed']}
        onChange={(seed) => onChange({ seed })}
      />
    </div>
  );
}

export function AuditFields({ form, errors, onChange }: FieldsProps) {
  return (
    <div className="grid-2">
      <SelectField
        label="How the instrument was picked"
        value={form.universe}
        testId="audit-universe"
        options={[
          { value: 'single', label: 'This one alone' },
          { value: 'point-in-time', label: 'Members of their time' },
          { value: 'current-members', label: 'Members of today' },
          { value: 'unknown', label: 'Not known' },
        ]}
        onChange={(universe) => onChange({ universe })}
      />
      <NumberField
        label="Places without a future"
        step={1}
        value={form.cuts}
        error={errors['cuts']}
        onChange={(cuts) => onChange({ cuts })}
      />
      <NumberField
        label="Seed"
        step={1}
        value={form.seed}
        error={errors['seed']}
        onChange={(seed) => onChange({ seed })}
      />
    </div>
  );
}
