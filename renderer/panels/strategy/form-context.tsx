import { createContext, useContext } from 'react';
import { ExpressionEditor } from '../../components/expression/expression-editor.tsx';
import type { KnownName } from '../../components/expression/completion.ts';
import type { Draft } from './draft.ts';
import { asError, problemAt, textAt, type FieldProblem } from './problems.ts';

/** What every field of the form shares. */
export interface FormValue {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly problems: readonly FieldProblem[];
  /** The form that the problems are about. */
  readonly checked: Draft;
  readonly known: readonly KnownName[];
  readonly readOnly: boolean;
}

const FormContext = createContext<FormValue | null>(null);
export const FormProvider = FormContext.Provider;

export function useForm(): FormValue {
  const form = useContext(FormContext);
  if (form === null) throw new Error('A field stands outside of the form.');
  return form;
}

interface RuleProps {
  /** Where it is in the document: `entry.long`. */
  readonly field: string;
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  readonly hideLabel?: boolean;
}

/** One expression of the strategy with what is wrong with it. */
export function Rule({ field, ...rest }: RuleProps) {
  const { problems, checked, known, readOnly } = useForm();
  const problem = problemAt(problems, field);
  return (
    <ExpressionEditor
      {...rest}
      field={field}
      known={known}
      disabled={readOnly}
      error={
        problem === undefined
          ? undefined
          : { payload: asError(problem), checked: textAt(checked, field) }
      }
    />
  );
}

interface PlainProps extends RuleProps {
  readonly list?: readonly string[];
}

/** A short text of the form: a name, a number or a list. */
export function Plain({ field, label, value, onChange, placeholder, hideLabel, list }: PlainProps) {
  const { problems, readOnly } = useForm();
  const problem = problemAt(problems, field);
  const listId = list === undefined ? undefined : `${field}-list`;
  return (
    <div className={problem === undefined ? 'field' : 'field wrong'}>
      <label>
        <span className={hideLabel === true ? 'hidden' : ''}>{label}</span>
        <input
          type="text"
          spellCheck={false}
          autoComplete="off"
          disabled={readOnly}
          data-field={field}
          placeholder={placeholder}
          list={listId}
          aria-invalid={problem !== undefined}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      </label>
      {listId === undefined ? null : (
        <datalist id={listId}>
          {list?.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </datalist>
      )}
      {problem === undefined ? null : (
        <span className="note" role="alert">
          {problem.message}
        </span>
      )}
    </div>
  );
}

/** What is wrong with a section as a whole. */
export function SectionNote({ field }: { field: string }) {
  const { problems } = useForm();
  const problem = problemAt(problems, field);
  if (problem === undefined) return null;
  return (
    <p className="note wrong" role="alert">
      {problem.message}
    </p>
  );
}
