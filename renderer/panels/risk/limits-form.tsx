import { useState, type FormEvent } from 'react';
import { toErrorPayload } from '../../../engine/domain/errors.ts';
import type { RiskStateView } from '../../../engine/protocol/live-schemas.ts';
import { workstation } from '../../client/store.ts';
import { refreshTrading, useTrading } from '../../client/trading-store.ts';
import { CheckField, Field, SelectField } from '../../components/fields.tsx';
import {
  changedLimits,
  formOf,
  LIMIT_GROUPS,
  unitOf,
  type LimitField,
  type LimitsForm as Form,
} from './limits.ts';

type Scoped = RiskStateView['scopes'][number];

interface LimitsFormProps {
  readonly scope: Scoped['scope'];
  readonly limits: Scoped['limits'];
  readonly title: string;
}

/** The limits of one scope. Nothing typed is no limit. */
export function LimitsForm({ scope, limits, title }: LimitsFormProps) {
  const [edits, setEdits] = useState<Form>({});
  const [failure, setFailure] = useState('');
  const [saving, setSaving] = useState(false);
  const currency = useTrading(({ accounts }) => accounts?.[0]?.currency ?? '');
  const form: Form = { ...formOf(limits), ...edits };
  const read = changedLimits(form, limits);
  const errors = 'errors' in read ? read.errors : {};
  const count = 'limits' in read ? Object.keys(read.limits).length : 0;

  async function save(): Promise<void> {
    if (!('limits' in read) || count === 0 || saving) return;
    setSaving(true);
    setFailure('');
    try {
      await workstation().call('risk.setLimits', { scope, limits: read.limits });
      await refreshTrading();
      setEdits({});
    } catch (error) {
      setFailure(toErrorPayload(error).message);
    } finally {
      setSaving(false);
    }
  }

  return (
    <form
      className="limits"
      data-testid="risk-limits"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || Object.keys(edits).length === 0) return;
        event.preventDefault();
        setEdits({});
      }}
    >
      <div className="limit-groups">
        {LIMIT_GROUPS.map((group) => (
          <fieldset key={group.title}>
            <legend>{group.title}</legend>
            {group.fields.map((field) => (
              <LimitInput
                key={field.name}
                field={field}
                value={form[field.name] ?? ''}
                currency={currency}
                error={errors[field.name]}
                changed={field.name in edits}
                onChange={(value) => setEdits({ ...edits, [field.name]: value })}
              />
            ))}
          </fieldset>
        ))}
        <fieldset>
          <legend>Restricted symbols</legend>
          <Field label="One a line, with the reason after it">
            {(id) => (
              <textarea
                id={id}
                rows={4}
                spellCheck={false}
                data-testid="limit-restricted"
                value={String(form['restricted'] ?? '')}
                onChange={(event) => setEdits({ ...edits, restricted: event.target.value })}
              />
            )}
          </Field>
        </fieldset>
      </div>
      {failure === '' ? null : (
        <p className="note wrong" role="alert">
          {failure}
        </p>
      )}
      <div className="row">
        <button
          type="submit"
          className="button primary"
          data-testid="risk-save"
          disabled={count === 0 || saving}
        >
          {count === 0
            ? 'Nothing is changed'
            : `Change ${count} ${count === 1 ? 'limit' : 'limits'} of ${title}`}
        </button>
        {Object.keys(edits).length === 0 ? null : (
          <button type="button" className="button" onClick={() => setEdits({})}>
            Undo
          </button>
        )}
      </div>
    </form>
  );
}

interface InputProps {
  readonly field: LimitField;
  readonly value: string | boolean;
  readonly currency: string;
  readonly error: string | undefined;
  readonly changed: boolean;
  readonly onChange: (value: string | boolean) => void;
}

function LimitInput({ field, value, currency, error, changed, onChange }: InputProps) {
  const { name, label, kind, help, choices } = field;
  const testId = `limit-${name}`;
  if (kind === 'flag')
    return (
      <CheckField label={label} checked={value === true} testId={testId} onChange={onChange} />
    );
  if (kind === 'choice')
    return (
      <SelectField
        label={label}
        value={String(value)}
        options={(choices ?? []).map(([choice, text]) => ({ value: choice, label: text }))}
        testId={testId}
        onChange={onChange}
      />
    );
  const unit = unitOf(kind, currency);
  return (
    <Field label={changed ? `${label} ·` : label} error={error}>
      {(id, describedBy) => (
        <span className="input-unit" title={help}>
          <input
            id={id}
            type="text"
            inputMode="decimal"
            autoComplete="off"
            placeholder="no limit"
            value={String(value)}
            aria-invalid={error !== undefined}
            aria-describedby={describedBy}
            data-testid={testId}
            onChange={(event) => onChange(event.target.value)}
          />
          {unit === undefined || unit === '' ? null : <span className="unit">{unit}</span>}
        </span>
      )}
    </Field>
  );
}
