import { useId, type ReactNode } from 'react';
import type { FormErrors } from './account.ts';

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly children: (id: string, describedBy: string | undefined) => ReactNode;
}

/** A label above its input, the error or hint below. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  const noteId = note === undefined ? undefined : `${id}-note`;
  return (
    <div className={error === undefined ? 'field' : 'field wrong'}>
      <label htmlFor={id}>{label}</label>
      {children(id, noteId)}
      {note === undefined ? null : (
        <span id={noteId} className="note" role={error === undefined ? undefined : 'alert'}>
          {note}
        </span>
      )}
    </div>
  );
}

/** Texts of a form, what is wrong with them, and how they are changed. */
export interface FormPart<Values> {
  readonly form: Values;
  readonly errors: FormErrors;
  readonly onChange: (part: Partial<Values>) => void;
}

/** What a field needs to show one text of a form. @param error name that its errors go by */
export function bound<Values extends object, Name extends keyof Values & string>(
  { form, errors, onChange }: FormPart<Values>,
  name: Name,
  error: string = name,
) {
  return {
    value: form[name],
    error: errors[error],
    onChange: (value: Values[Name]) => onChange({ [name]: value } as unknown as Partial<Values>),
  };
}

interface NumberFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly unit?: string | undefined;
  readonly step?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly testId?: string | undefined;
}

/** A number with its unit inside; the arrow keys step it. */
export function NumberField(props: NumberFieldProps) {
  return (
    <Field label={props.label} hint={props.hint} error={props.error}>
      {(id, describedBy) => (
        <span className="input-unit">
          <input
            id={id}
            type="number"
            inputMode="decimal"
            value={props.value}
            step={props.step ?? 'any'}
            min={props.min}
            max={props.max}
            aria-invalid={props.error !== undefined}
            aria-describedby={describedBy}
            data-testid={props.testId}
            onChange={(event) => props.onChange(event.target.value)}
          />
          {props.unit === undefined ? null : <span className="unit">{props.unit}</span>}
        </span>
      )}
    </Field>
  );
}

interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly type?: 'text' | 'date';
  readonly placeholder?: string | undefined;
  readonly error?: string | undefined;
  readonly hint?: string | undefined;
  /** Texts that are offered; others may be typed. */
  readonly list?: readonly string[] | undefined;
  readonly testId?: string | undefined;
}

export function TextField(props: TextFieldProps) {
  return (
    <Field label={props.label} hint={props.hint} error={props.error}>
      {(id, describedBy) => (
        <>
          <input
            id={id}
            type={props.type ?? 'text'}
            value={props.value}
            placeholder={props.placeholder}
            list={props.list === undefined ? undefined : `${id}-list`}
            aria-invalid={props.error !== undefined}
            aria-describedby={describedBy}
            data-testid={props.testId}
            onChange={(event) => props.onChange(event.target.value)}
          />
          {props.list === undefined ? null : (
            <datalist id={`${id}-list`}>
              {props.list.map((text) => (
                <option key={text} value={text}>
                  {text}
                </option>
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}

interface SelectFieldProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (value: Value) => void;
  readonly error?: string | undefined;
  readonly testId?: string | undefined;
}

export function SelectField<Value extends string>(props: SelectFieldProps<Value>) {
  return (
    <Field label={props.label} error={props.error}>
      {(id, describedBy) => (
        <select
          id={id}
          value={props.value}
          aria-describedby={describedBy}
          data-testid={props.testId}
          onChange={(event) => props.onChange(event.target.value as Value)}
        >
          {props.options.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface CheckFieldProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly testId?: string | undefined;
}

export function CheckField({ label, checked, onChange, testId }: CheckFieldProps) {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={checked}
        data-testid={testId}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}
