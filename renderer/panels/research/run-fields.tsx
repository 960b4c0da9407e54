import { bound, NumberField, SelectField, type FormPart } from '../../components/fields.tsx';
import { useRunLabel } from '../../components/run-label.ts';
import { selectRun, useWorkstation } from '../../client/store.ts';
import type { FormValues } from './form.ts';

type FieldsProps = FormPart<FormValues>;

/** The stored run that is looked at: the one of the report. */
export function RunSelect() {
  const runs = useWorkstation((state) => state.runs);
  const runId = useWorkstation((state) => state.runId);
  const labelOf = useRunLabel();
  return (
    <SelectField
      label="Backtest"
      value={runId ?? ''}
      testId="research-run"
      options={(runs ?? []).map((run) => ({ value: run.id, label: labelOf(run) }))}
      onChange={(id) => void selectRun(id)}
    />
  );
}

export function MonteCarloFields(part: FieldsProps) {
  return (
    <div className="grid-2">
      <SelectField
        label="Returns of"
        {...bound(part, 'of')}
        testId="monte-of"
        options={[
          { value: 'trades', label: 'Closed trades' },
          { value: 'bars', label: 'Bars' },
        ]}
      />
      <SelectField
        label="Put together"
        {...bound(part, 'method')}
        testId="monte-method"
        options={[
          { value: 'bootstrap', label: 'Drawn with replacement' },
          { value: 'shuffle', label: 'In another order' },
          { value: 'blocks', label: 'Drawn in stretches' },
        ]}
      />
      <NumberField label="Paths" step={500} {...bound(part, 'paths')} testId="monte-paths" />
      <NumberField
        label="Ruin is falling to"
        unit="% of cash"
        step={5}
        {...bound(part, 'ruin')}
        testId="monte-ruin"
      />
      {part.form.method === 'blocks' ? (
        <NumberField
          label="Mean stretch"
          unit="returns"
          step={1}
          {...bound(part, 'blockLength')}
          hint="Empty: what suits the returns"
        />
      ) : null}
      <NumberField label="Seed" step={1} {...bound(part, 'seed')} />
    </div>
  );
}

export function RandomEntryFields(part: FieldsProps) {
  return (
    <div className="grid-2">
      <NumberField
        label="Random strategies"
        step={500}
        {...bound(part, 'samples')}
        testId="random-samples"
      />
      <NumberField label="Seed" step={1} {...bound(part, 'seed')} />
    </div>
  );
}

export function AuditFields(part: FieldsProps) {
  return (
    <div className="grid-2">
      <SelectField
        label="How the instrument was picked"
        {...bound(part, 'universe')}
        testId="audit-universe"
        options={[
          { value: 'single', label: 'This one alone' },
          { value: 'point-in-time', label: 'Members of their time' },
          { value: 'current-members', label: 'Members of today' },
          { value: 'unknown', label: 'Not known' },
        ]}
      />
      <NumberField label="Places without a future" step={1} {...bound(part, 'cuts')} />
      <NumberField label="Seed" step={1} {...bound(part, 'seed')} />
    </div>
  );
}
