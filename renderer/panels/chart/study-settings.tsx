import { useEffect, useRef, useState } from 'react';
import type { ErrorPayload } from '../../../engine/domain/errors.ts';
import type { ParameterValue } from '../../../engine/domain/parameters.ts';
import { CheckField, NumberField, SelectField, TextField } from '../../components/fields.tsx';
import type { Indicator } from '../../client/store.ts';
import { ExpressionEditor } from '../../components/expression/expression-editor.tsx';
import { ExpressionProblem } from '../../components/expression/expression-problem.tsx';
import { useKnownNames } from '../../components/expression/use-known-names.ts';
import { LookFields } from './look-fields.tsx';
import { drawnOutputs, type StudyResult } from './study-look.ts';
import { numberProblem, numberText, type NumberRange } from './settings-values.ts';
import {
  chartDefaults,
  expressionOf,
  PRICE_PANE,
  SERIES_INPUTS,
  titleOf,
  type Study,
} from './study-model.ts';

interface StudySettingsProps {
  readonly study: Study;
  readonly indicator: Indicator | undefined;
  readonly result: StudyResult | null;
  readonly error: ErrorPayload | null;
  /** Panes of other studies that this one may join. */
  readonly panes: readonly { readonly id: string; readonly label: string }[];
  /** Whether it is drawn on the price. */
  readonly onPrice: boolean;
  readonly onChange: (study: Study) => void;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}

const AUTOMATIC = '';
/** TA-Lib's averages by their numbers. */
const AVERAGES = ['SMA', 'EMA', 'WMA', 'DEMA', 'TEMA', 'TRIMA', 'KAMA', 'MAMA', 'T3'];

/** Edits one study; the chart follows while the user types. Cancel puts everything back. */
export function StudySettings(props: StudySettingsProps) {
  const { study, indicator, error, onChange, onDone, onCancel } = props;
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('.field input, textarea, button')?.focus();
  }, []);

  useEffect(() => {
    // Wherever the keyboard is, for the chart beside the form can be used as well.
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      event.preventDefault();
      onCancel();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [onCancel]);

  const { source } = study;
  const title = source.kind === 'indicator' ? (indicator?.title ?? titleOf(study)) : 'Expression';
  return (
    <form
      ref={form}
      // Away from the newest bars, and from the pane that changes.
      className={props.onPrice ? 'study-settings low' : 'study-settings'}
      role="dialog"
      aria-label={`Edit ${titleOf(study, indicator)}`}
      data-testid="study-settings"
      onSubmit={(event) => {
        event.preventDefault();
        onDone();
      }}
    >
      <h3>{title}</h3>
      <div className="settings-body">
        {source.kind === 'indicator' ? (
          <IndicatorFields {...props} />
        ) : (
          <ExpressionFields {...props} />
        )}
        {error === null || source.kind === 'expression' ? null : (
          <ExpressionProblem expression={expressionOf(study, indicator)} error={error} />
        )}
        <h4>Look</h4>
        <LookFields
          study={study}
          outputs={outputsOf(props)}
          usual={usualColours(props)}
          onPrice={props.onPrice}
          onChange={onChange}
        />
        <SelectField
          label="Pane"
          testId="settings-pane"
          value={study.pane ?? AUTOMATIC}
          options={[
            { value: AUTOMATIC, label: 'Automatic' },
            { value: PRICE_PANE, label: 'On the price' },
            { value: study.id, label: 'A pane of its own' },
            ...props.panes.map(({ id, label }) => ({ value: id, label: `With ${label}` })),
          ]}
          onChange={(pane) => onChange({ ...study, pane: pane === AUTOMATIC ? null : pane })}
        />
      </div>
      <div className="settings-foot">
        {indicator === undefined ? null : (
          <button
            type="button"
            className="button"
            onClick={() => onChange(withDefaults(study, indicator))}
          >
            Defaults
          </button>
        )}
        <span className="spacer" />
        <button type="button" className="button" data-testid="settings-cancel" onClick={onCancel}>
          Cancel <kbd>Esc</kbd>
        </button>
        <button type="submit" className="button primary" data-testid="settings-done">
          Keep
        </button>
      </div>
    </form>
  );
}

/** The outputs as they were computed; those of the catalogue before the first result. */
function outputsOf({ result, indicator }: StudySettingsProps) {
  return result?.outputs ?? indicator?.outputs ?? [];
}

/** The colours that the outputs have without the user's choice. */
function usualColours({
  study,
  result,
  onPrice,
}: StudySettingsProps): Record<string, string | null> {
  if (result === null) return {};
  const drawn = drawnOutputs({ ...study, looks: {} }, result, onPrice);
  return Object.fromEntries(
    result.outputs.map(({ name }, i) => [name, drawn[i]?.colour ?? null] as const),
  );
}

function withDefaults(study: Study, indicator: Indicator): Study {
  const parameters = chartDefaults(indicator);
  const source = { kind: 'indicator', indicator: indicator.id, parameters, inputs: {} } as const;
  return { ...study, source, looks: {}, pane: null };
}

function IndicatorFields({ study, indicator, onChange }: StudySettingsProps) {
  const { source } = study;
  if (source.kind !== 'indicator' || indicator === undefined) return null;
  const set = (name: string, value: ParameterValue): void =>
    onChange({
      ...study,
      source: { ...source, parameters: { ...source.parameters, [name]: value } },
    });
  const setInput = (name: string, text: string): void => {
    const { [name]: _, ...others } = source.inputs;
    const usual = text.trim() === '' || text.trim() === SERIES_INPUTS[name];
    const inputs = usual ? others : { ...others, [name]: text };
    onChange({ ...study, source: { ...source, inputs } });
  };
  const series = indicator.inputs.filter((input) => SERIES_INPUTS[input] !== undefined);
  return (
    <div className="grid-2">
      {indicator.parameters.map((parameter) => {
        const { name, label } = parameter;
        const value = source.parameters[name] ?? parameter.default;
        const testId = `setting-${name}`;
        switch (parameter.kind) {
          case 'integer':
          case 'real':
            return name.endsWith('matype') ? (
              <SelectField
                key={name}
                label={label}
                testId={testId}
                value={String(value)}
                options={AVERAGES.map((title, code) => ({ value: String(code), label: title }))}
                onChange={(code) => set(name, Number(code))}
              />
            ) : (
              <NumberInput
                key={name}
                label={label}
                unit={parameter.unit}
                testId={testId}
                value={value as number}
                range={{ ...parameter, whole: parameter.kind === 'integer' }}
                onChange={(number) => set(name, number)}
              />
            );
          case 'choice':
            return (
              <SelectField
                key={name}
                label={label}
                testId={testId}
                value={String(value)}
                options={parameter.choices.map((choice) => ({ value: choice, label: choice }))}
                onChange={(choice) => set(name, choice)}
              />
            );
          case 'boolean':
            return (
              <CheckField
                key={name}
                label={label}
                testId={testId}
                checked={value === true}
                onChange={(checked) => set(name, checked)}
              />
            );
        }
      })}
      {series.map((input) => (
        <TextField
          key={input}
          label={series.length > 1 || input === 'periods' ? `Source (${input})` : 'Source'}
          testId={`setting-${input}`}
          list={['close', 'open', 'high', 'low', 'hl2', 'hlc3', 'ohlc4', 'volume']}
          placeholder={SERIES_INPUTS[input] || 'close or on("SPY", close)'}
          value={source.inputs[input] ?? ''}
          onChange={(text) => setInput(input, text)}
        />
      ))}
    </div>
  );
}

function ExpressionFields({ study, result, error, onChange, onDone }: StudySettingsProps) {
  const { source } = study;
  const known = useKnownNames();
  if (source.kind !== 'expression') return null;
  return (
    <>
      <ExpressionEditor
        label="Expression"
        testId="setting-expression"
        value={source.expression}
        known={known}
        error={error === null ? undefined : { payload: error, checked: source.expression }}
        onChange={(expression) => onChange({ ...study, source: { ...source, expression } })}
        onEnter={onDone}
      />
      <div className="grid-2">
        {(result?.parameters ?? []).map(({ name, default: initial, low, high, step }) => (
          <NumberInput
            key={name}
            label={name}
            testId={`setting-${name}`}
            value={source.parameters[name] ?? initial}
            range={{ min: low ?? -Infinity, max: high ?? Infinity, step, whole: false }}
            onChange={(number) => {
              const parameters = { ...source.parameters, [name]: number };
              onChange({ ...study, source: { ...source, parameters } });
            }}
          />
        ))}
      </div>
    </>
  );
}

interface NumberInputProps {
  readonly label: string;
  readonly value: number;
  readonly range: NumberRange;
  readonly unit?: string | undefined;
  readonly testId: string;
  readonly onChange: (value: number) => void;
}

/** Keeps what is typed, right or wrong, and passes on what is right. */
function NumberInput({ label, value, range, unit, testId, onChange }: NumberInputProps) {
  const [text, setText] = useState(numberText(value));
  const shown = numberProblem(text, range) === undefined && Number(text) !== value;
  const current = shown ? numberText(value) : text;
  const problem = numberProblem(current, range);
  return (
    <NumberField
      label={label}
      value={current}
      unit={unit}
      step={range.step}
      {...(Number.isFinite(range.min) ? { min: range.min } : {})}
      {...(Number.isFinite(range.max) ? { max: range.max } : {})}
      error={problem}
      testId={testId}
      onChange={(next) => {
        setText(next);
        if (numberProblem(next, range) === undefined) onChange(Number(next));
      }}
    />
  );
}
