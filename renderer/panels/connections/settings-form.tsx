import { useState, type FormEvent } from 'react';
import { toErrorPayload } from '../../../engine/domain/errors.ts';
import type { Connection, ConnectionField } from '../../../engine/protocol/live-schemas.ts';
import { workstation } from '../../client/store.ts';
import { refreshConnections } from '../../client/trading-store.ts';
import {
  CheckField,
  Field,
  NumberField,
  SelectField,
  TextField,
} from '../../components/fields.tsx';
import { Confirm } from '../../components/trading/confirm.tsx';
import { formOf, placeText, readConnection, type ConnectionForm } from './connection-form.ts';

interface SettingsFormProps {
  readonly connection: Connection;
  readonly disabled: boolean;
  readonly onSaved: () => void;
}

/** The fields that a connection names, with its keys: these are entered here and never shown again. */
export function SettingsForm({ connection, disabled, onSaved }: SettingsFormProps) {
  const [form, setForm] = useState<ConnectionForm>(() => formOf(connection));
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [failure, setFailure] = useState('');
  const [saving, setSaving] = useState(false);
  const [weak, setWeak] = useState('');

  async function save(acceptWeakStore: boolean): Promise<void> {
    const read = readConnection(connection, form);
    setFailure('');
    if ('errors' in read) {
      setErrors(read.errors);
      return;
    }
    setErrors({});
    setSaving(true);
    try {
      await workstation().call('connections.configure', {
        id: connection.id,
        ...read,
        automatic: form.automatic,
        acceptWeakStore,
      });
      setForm((now) => ({ ...now, keys: {} }));
      await refreshConnections();
      onSaved();
    } catch (error) {
      const { message, details } = toErrorPayload(error);
      const parameter = details?.['parameter'];
      if (details?.['vault'] === 'weak') setWeak(message);
      else if (typeof parameter === 'string' && has(connection, parameter))
        setErrors({ [parameter]: message });
      else setFailure(message);
    } finally {
      setSaving(false);
    }
  }

  async function forget(): Promise<void> {
    try {
      await workstation().call('connections.forgetKeys', { id: connection.id });
      await refreshConnections();
    } catch (error) {
      setFailure(toErrorPayload(error).message);
    }
  }

  const change = (name: string, value: string | boolean): void =>
    setForm({ ...form, values: { ...form.values, [name]: value } });
  return (
    <form
      className="connection-form"
      data-testid={`connection-form-${connection.id}`}
      autoComplete="off"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (!disabled && !saving) void save(false);
      }}
    >
      <fieldset disabled={disabled || saving}>
        <div className="connection-fields">
          {connection.fields.map((field) =>
            field.kind === 'key' ? (
              <KeyField
                key={field.name}
                field={field}
                stored={connection.keys.find(({ name }) => name === field.name)}
                value={form.keys[field.name] ?? ''}
                error={errors[field.name]}
                onChange={(value) =>
                  setForm({ ...form, keys: { ...form.keys, [field.name]: value } })
                }
              />
            ) : (
              <SettingField
                key={field.name}
                field={field}
                value={form.values[field.name] ?? ''}
                error={errors[field.name]}
                onChange={(value) => change(field.name, value)}
              />
            ),
          )}
        </div>
        <CheckField
          label="Connect when Renata starts"
          checked={form.automatic}
          testId="connection-automatic"
          onChange={(automatic) => setForm({ ...form, automatic })}
        />
        {failure === '' ? null : (
          <p className="note wrong" role="alert">
            {failure}
          </p>
        )}
        <div className="row">
          <button type="submit" className="button primary" data-testid="connection-save">
            {saving ? 'Saving …' : `Save ${connection.title}`}
          </button>
          {connection.keys.some(({ place }) => place !== 'environment') ? (
            <button type="button" className="button" onClick={() => void forget()}>
              Forget its keys
            </button>
          ) : null}
        </div>
      </fieldset>
      {disabled ? <p className="note">Disconnect it to change its settings.</p> : null}
      {weak === '' ? null : (
        <Confirm
          title="Store the keys with weak protection?"
          text={weak}
          action="Store them all the same"
          onConfirm={() => {
            setWeak('');
            void save(true);
          }}
          onClose={() => setWeak('')}
        />
      )}
    </form>
  );
}

const has = ({ fields }: Connection, name: string): boolean =>
  fields.some((field) => field.name === name);

interface FieldProps<Value> {
  readonly field: ConnectionField;
  readonly value: Value;
  readonly error: string | undefined;
  readonly onChange: (value: Value) => void;
}

function SettingField({ field, value, error, onChange }: FieldProps<string | boolean>) {
  const { label, help, kind, choices, name } = field;
  const testId = `setting-${name}`;
  switch (kind) {
    case 'boolean':
      return (
        <div className="field" title={help}>
          <CheckField
            label={label}
            checked={value === true}
            testId={testId}
            onChange={(checked) => onChange(checked)}
          />
          <span className="note">{help}</span>
        </div>
      );
    case 'choice':
      return (
        <div className="field">
          <SelectField
            label={label}
            value={String(value)}
            options={choices.map((choice) => ({ value: choice, label: choice }))}
            error={error}
            testId={testId}
            onChange={onChange}
          />
          {error === undefined ? <span className="note">{help}</span> : null}
        </div>
      );
    case 'number':
      return (
        <NumberField
          label={label}
          value={String(value)}
          hint={help}
          error={error}
          testId={testId}
          onChange={onChange}
        />
      );
    default:
      return (
        <TextField
          label={label}
          value={String(value)}
          hint={help}
          error={error}
          testId={testId}
          onChange={onChange}
        />
      );
  }
}

function KeyField({
  field,
  value,
  error,
  stored,
  onChange,
}: FieldProps<string> & { readonly stored: Connection['keys'][number] | undefined }) {
  return (
    <Field
      label={`${field.label}${stored === undefined ? '' : ` · ${placeText(stored.place)}`}`}
      hint={field.help}
      error={error}
    >
      {(id, describedBy) => (
        <input
          id={id}
          type="password"
          autoComplete="new-password"
          spellCheck={false}
          value={value}
          placeholder={stored === undefined ? '' : 'unchanged'}
          aria-describedby={describedBy}
          data-testid={`key-${field.name}`}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
