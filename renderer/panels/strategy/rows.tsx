import { Plus, X } from 'lucide-react';
import type { NamedRow, ParameterRow } from './draft.ts';
import { NEW_PARAMETER } from './draft.ts';
import { Plain, Rule, SectionNote, useForm } from './form-context.tsx';

export function replaced<Row>(rows: readonly Row[], at: number, row: Row): Row[] {
  return rows.map((each, i) => (i === at ? row : each));
}

function without<Row>(rows: readonly Row[], at: number): Row[] {
  return rows.filter((_, i) => i !== at);
}

/** Puts the keyboard into a field once it is there. */
export function focusField(field: string): void {
  requestAnimationFrame(() => {
    document
      .querySelector<HTMLElement>(
        `[data-testid="strategy-panel"] [data-field="${CSS.escape(field)}"]`,
      )
      ?.focus();
  });
}

function RemoveRow({ what, onRemove }: { what: string; onRemove: () => void }) {
  const { readOnly } = useForm();
  if (readOnly) return null;
  return (
    <button type="button" className="row-remove" aria-label={`Remove ${what}`} onClick={onRemove}>
      <X size={12} aria-hidden />
    </button>
  );
}

export function AddRow({
  children,
  onAdd,
  testId,
}: {
  readonly children: string;
  readonly onAdd: () => void;
  readonly testId?: string;
}) {
  const { readOnly } = useForm();
  if (readOnly) return null;
  return (
    <button type="button" className="row-add" data-testid={testId} onClick={onAdd}>
      <Plus size={12} aria-hidden /> {children}
    </button>
  );
}

const COLUMNS: readonly (readonly [part: keyof ParameterRow, label: string, hint: string])[] = [
  ['name', 'Name', 'fast'],
  ['default', 'Default', '10'],
  ['min', 'Min', '2'],
  ['max', 'Max', '100'],
  ['step', 'Step', 'auto'],
  ['unit', 'Unit', ''],
];

/** Name, default and range of every parameter. */
export function ParameterTable() {
  const { draft, change } = useForm();
  const { parameters } = draft;
  const add = (): void => {
    change({ parameters: [...parameters, NEW_PARAMETER] });
    focusField(`parameters[${parameters.length}].name`);
  };
  return (
    <>
      {parameters.length === 0 ? null : (
        <div className="parameter-grid" role="group" aria-label="Parameters">
          {COLUMNS.map(([part, label]) => (
            <span key={part} className="muted" aria-hidden>
              {label}
            </span>
          ))}
          <span />
          {parameters.map((row, i) => (
            <ParameterFields key={i} row={row} at={i} />
          ))}
        </div>
      )}
      <SectionNote field="parameters" />
      <AddRow onAdd={add} testId="strategy-add-parameter">
        Parameter
      </AddRow>
    </>
  );
}

function ParameterFields({ row, at }: { row: ParameterRow; at: number }) {
  const { draft, change } = useForm();
  const { parameters } = draft;
  return (
    <>
      {COLUMNS.map(([part, label, hint]) => (
        <Plain
          key={part}
          field={`parameters[${at}].${part}`}
          label={`${label} of parameter ${at + 1}`}
          hideLabel
          placeholder={hint}
          value={row[part]}
          onChange={(value) =>
            change({ parameters: replaced(parameters, at, { ...row, [part]: value }) })
          }
        />
      ))}
      <RemoveRow
        what={`parameter ${row.name}`}
        onRemove={() => change({ parameters: without(parameters, at) })}
      />
    </>
  );
}

type NamedList = 'define' | 'plot';

/** Expressions with names of their own: definitions, and series to draw. */
export function NamedExpressions({
  list,
  what,
  placeholder,
}: {
  readonly list: NamedList;
  readonly what: string;
  readonly placeholder: string;
}) {
  const { draft, change } = useForm();
  const rows: readonly NamedRow[] = draft[list];
  const set = (next: readonly NamedRow[]): void => change({ [list]: next });
  return (
    <>
      {rows.map((row, i) => (
        <div key={i} className="named-row">
          <Plain
            field={`${list}[${i}].name`}
            label={`Name of ${what} ${i + 1}`}
            hideLabel
            placeholder="name"
            value={row.name}
            onChange={(name) => set(replaced(rows, i, { ...row, name }))}
          />
          <span aria-hidden>=</span>
          <Rule
            field={`${list}[${i}].expression`}
            label={`${what} ${row.name}`}
            hideLabel
            placeholder={placeholder}
            value={row.expression}
            onChange={(expression) => set(replaced(rows, i, { ...row, expression }))}
          />
          <RemoveRow what={`${what} ${row.name}`} onRemove={() => set(without(rows, i))} />
        </div>
      ))}
      <SectionNote field={list} />
      <AddRow
        onAdd={() => {
          set([...rows, { name: '', expression: '' }]);
          focusField(`${list}[${rows.length}].name`);
        }}
      >
        {what}
      </AddRow>
    </>
  );
}

/** Conditions of parameters alone. */
export function Constraints() {
  const { draft, change } = useForm();
  const { constraints } = draft;
  return (
    <>
      {constraints.map((source, i) => (
        <div key={i} className="named-row plain">
          <Rule
            field={`constraints[${i}]`}
            label={`Constraint ${i + 1}`}
            hideLabel
            placeholder="fast < slow"
            value={source}
            onChange={(next) => change({ constraints: replaced(constraints, i, next) })}
          />
          <RemoveRow
            what={`constraint ${i + 1}`}
            onRemove={() => change({ constraints: without(constraints, i) })}
          />
        </div>
      ))}
      <SectionNote field="constraints" />
      <AddRow
        onAdd={() => {
          change({ constraints: [...constraints, ''] });
          focusField(`constraints[${constraints.length}]`);
        }}
      >
        Constraint
      </AddRow>
    </>
  );
}
