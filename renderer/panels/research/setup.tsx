import { Play } from 'lucide-react';
import { useMemo, useState, type FormEvent } from 'react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { Parameter } from '../../../engine/domain/parameters.ts';
import type { CallInput } from '../../../engine/protocol/contract.ts';
import { useSaved } from '../../client/saved.ts';
import { useWorkstation, workstation } from '../../client/store.ts';
import { AccountFields } from '../../components/account-fields.tsx';
import type { FormErrors } from '../../components/account.ts';
import { SelectField, TextField } from '../../components/fields.tsx';
import { readInstruments } from '../../components/instruments.ts';
import { EmptyState, Loading } from '../../components/states.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import {
  INITIAL_FORM,
  KINDS,
  parseForm,
  readAudit,
  readCrossValidation,
  readMonteCarlo,
  readRandomEntry,
  readSweep,
  readWalkForward,
  type FormValues,
  type Kind,
} from './form.ts';
import { AuditFields, MonteCarloFields, RandomEntryFields, RunSelect } from './run-fields.tsx';
import { FoldsFields, SearchFields, SpaceFields, WindowsFields } from './space-fields.tsx';
import { estimateFigures, KIND_TITLES, startText } from './texts.ts';
import { refreshResearch, useAnswer, useSettled } from './use-research.ts';

/** Estimates are asked for once typing has paused. */
const TYPING_MS = 350;

const HINTS: Readonly<Record<Kind, string>> = {
  sweep: 'Runs a strategy with every combination of its parameters.',
  'walk-forward': 'Chooses parameters on the past, trades the time after, again and again.',
  'cross-validation':
    'Chooses parameters on some folds of the bars and trades the others, every way round.',
  'random-entry': 'Compares a backtest with random entries of the same holding times and sides.',
  'monte-carlo': 'Other courses that the returns of a backtest could have taken.',
  audit: 'Looks for what makes a backtest better than life.',
};

/** The form that starts research of every kind. */
export function Setup({ onStarted }: { readonly onStarted: (researchId: string) => void }) {
  const strategies = useWorkstation((state) => state.strategies);
  const datasets = useWorkstation((state) => state.datasets);
  const datasetId = useWorkstation((state) => state.datasetId);
  const wantedAdjustment = useWorkstation((state) => state.adjustment);
  const runs = useWorkstation((state) => state.runs);
  const runId = useWorkstation((state) => state.runId);
  const [form, setForm, loaded] = useSaved<FormValues>('research.form', INITIAL_FORM, parseForm);
  const [refused, setRefused] = useState<FormErrors>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [starting, setStarting] = useState(false);
  const [huge, setHuge] = useState(false);
  const strategy = strategies?.find(({ id }) => id === form.strategy) ?? strategies?.[0];
  const dataset = datasets?.find(({ id }) => id === datasetId);
  const run = runs?.find(({ id }) => id === runId);
  const several = useMemo(
    () =>
      strategy?.portfolio === true && dataset !== undefined
        ? readInstruments(form.symbols, strategy.instruments, datasets ?? [], dataset)
        : undefined,
    [form.symbols, strategy, datasets, dataset],
  );
  const base = several !== undefined && 'first' in several ? several.first : dataset;

  const read = useMemo(() => {
    if (form.kind === 'monte-carlo') {
      return { kind: form.kind, ...readMonteCarlo(form, run?.id ?? null) } as const;
    }
    if (form.kind === 'random-entry') {
      return { kind: form.kind, ...readRandomEntry(form, run?.id ?? null) } as const;
    }
    if (form.kind === 'audit') {
      return { kind: form.kind, ...readAudit(form, run?.request ?? null) } as const;
    }
    if (strategy === undefined || base === undefined) return null;
    if (several !== undefined && 'error' in several) return null;
    const stored = base.current.provenance.adjustment;
    const subject = {
      strategy: strategy.id,
      parameters: strategy.parameters as readonly Parameter[],
      datasetId: base.id,
      ...(several === undefined ? {} : { instruments: several.names }),
      adjustment: stored === 'raw' ? wantedAdjustment : stored,
      stored,
    };
    if (form.kind === 'cross-validation') {
      return { kind: form.kind, ...readCrossValidation(form, subject) } as const;
    }
    return form.kind === 'sweep'
      ? ({ kind: form.kind, ...readSweep(form, subject) } as const)
      : ({ kind: form.kind, ...readWalkForward(form, subject) } as const);
  }, [form, run, strategy, base, several, wantedAdjustment]);

  const question = useMemo<CallInput<'research.estimate'> | null>(() => {
    if (read === null || !('request' in read)) return null;
    if (read.kind === 'sweep') return { kind: 'sweep', request: read.request };
    if (read.kind === 'walk-forward') return { kind: 'walk-forward', request: read.request };
    if (read.kind === 'cross-validation') return { kind: read.kind, request: read.request };
    return null;
  }, [read]);
  const settled = useSettled(question, TYPING_MS);
  const asked = useAnswer('research.estimate', settled, base?.current.contentHash ?? '');
  const estimate = settled === question ? asked.data : null;
  const refusal = settled === question ? asked.error : null;

  if (strategies === null || datasets === null || !loaded) {
    return <Loading label="Reading strategies …" />;
  }
  if (strategy === undefined || dataset === undefined) {
    return <EmptyState title="Nothing to test on" hint="Import bars in the Data panel first." />;
  }

  const change = (part: Partial<FormValues>): void => {
    setRefused({});
    setFailure(null);
    setForm({ ...form, ...part });
  };

  async function start(confirmed: boolean): Promise<void> {
    if (read === null || !('request' in read) || starting) return;
    setStarting(true);
    try {
      const { researchId } = await begin(read, confirmed);
      setFailure(null);
      await refreshResearch();
      onStarted(researchId);
    } catch (thrown) {
      const error = toErrorPayload(thrown);
      if (error.code === 'TOO_LARGE' && !confirmed) setHuge(true);
      else if (fieldOf(error) === null) setFailure(error.message);
      else setRefused(beside(error));
    } finally {
      setStarting(false);
    }
  }

  const errors: FormErrors = {
    ...(read !== null && 'errors' in read ? read.errors : {}),
    ...(refusal === null ? {} : beside(refusal)),
    ...refused,
  };
  const elsewhere = refusal !== null && fieldOf(refusal) === null ? refusal.message : null;
  const ready = read !== null && 'request' in read && refusal === null;
  const isSpace =
    form.kind === 'sweep' || form.kind === 'walk-forward' || form.kind === 'cross-validation';
  return (
    <form
      className="research-setup"
      aria-label="Set up research"
      data-testid="research-form"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (ready) void (estimate?.huge === true ? setHuge(true) : start(false));
      }}
    >
      <div className="form-body">
        <div className="kinds" role="tablist" aria-label="Kind of research">
          {KINDS.map((kind) => (
            <button
              key={kind}
              type="button"
              role="tab"
              className="kind"
              aria-selected={kind === form.kind}
              data-testid={`research-kind-${kind}`}
              onClick={() => change({ kind })}
            >
              {KIND_TITLES[kind]}
            </button>
          ))}
        </div>
        <p className="muted">{HINTS[form.kind]}</p>
        {isSpace ? (
          <>
            <SelectField
              label="Strategy"
              value={strategy.id}
              testId="research-strategy"
              options={strategies.map(({ id, title }) => ({ value: id, label: title }))}
              onChange={(id) => change({ strategy: id, symbols: '' })}
            />
            {several === undefined ? null : (
              <TextField
                label="Instruments"
                value={form.symbols}
                placeholder={strategy.instruments.join(', ')}
                hint="Traded together on one account; the first gives the bar length."
                error={'error' in several ? several.error : errors['instruments']}
                testId="research-symbols"
                onChange={(symbols) => change({ symbols })}
              />
            )}
            <SpaceFields
              form={form}
              errors={errors}
              strategy={strategy.id}
              parameters={strategy.parameters as readonly Parameter[]}
              onChange={change}
            />
            {form.kind === 'walk-forward' ? (
              <WindowsFields form={form} errors={errors} onChange={change} />
            ) : null}
            {form.kind === 'cross-validation' ? (
              <FoldsFields form={form} errors={errors} onChange={change} />
            ) : null}
            <SearchFields
              form={form}
              errors={errors}
              adaptive={form.kind === 'sweep'}
              onChange={change}
            />
            <details className="fold">
              <summary>
                Range, money and costs{' '}
                <span className="muted">
                  {several !== undefined && 'names' in several
                    ? several.names.join('+')
                    : dataset.symbol}{' '}
                  {(base ?? dataset).timeframe}
                </span>
              </summary>
              <AccountFields
                values={form}
                errors={errors}
                currency={dataset.currency}
                name="research-account"
                onChange={change}
              />
            </details>
          </>
        ) : (
          <>
            <RunSelect />
            {form.kind === 'monte-carlo' ? (
              <MonteCarloFields form={form} errors={errors} onChange={change} />
            ) : form.kind === 'random-entry' ? (
              <RandomEntryFields form={form} errors={errors} onChange={change} />
            ) : (
              <AuditFields form={form} errors={errors} onChange={change} />
            )}
          </>
        )}
      </div>
      <div className="form-foot">
        {isSpace && estimate !== null ? (
          <dl className="estimate" data-testid="research-estimate" title={estimate.text}>
            {estimateFigures(estimate).map(({ name, text }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        ) : null}
        {(estimate?.reason ?? null) === null ? null : <p className="note">{estimate?.reason}</p>}
        {[failure, elsewhere, errors['run'] ?? null, hidden(errors)].map((message) =>
          message === null ? null : (
            <p key={message} className="note wrong" role="alert" data-testid="research-error">
              {message}
            </p>
          ),
        )}
        <button
          type="submit"
          className="button primary"
          data-testid="research-start"
          disabled={!ready || starting}
        >
          <Play size={13} aria-hidden /> {startText(form.kind, estimate)}
        </button>
      </div>
      <ConfirmDialog
        open={huge}
        title="Start this large research?"
        text={estimate?.text ?? 'It will take long or fill much of the disk.'}
        action="Start anyway"
        danger={false}
        onClose={() => setHuge(false)}
        onConfirm={() => {
          setHuge(false);
          void start(true);
        }}
      />
    </form>
  );
}

type Begun =
  | { readonly kind: 'sweep'; readonly request: CallInput<'sweeps.start'>['request'] }
  | { readonly kind: 'walk-forward'; readonly request: CallInput<'walkForward.start'>['request'] }
  | {
      readonly kind: 'cross-validation';
      readonly request: CallInput<'crossValidation.start'>['request'];
    }
  | { readonly kind: 'random-entry'; readonly request: CallInput<'randomEntry.start'> }
  | { readonly kind: 'monte-carlo'; readonly request: CallInput<'monteCarlo.start'> }
  | { readonly kind: 'audit'; readonly request: CallInput<'audit.start'> };

function begin(read: Begun, confirmed: boolean): Promise<{ readonly researchId: string }> {
  switch (read.kind) {
    case 'sweep':
      return workstation().call('sweeps.start', { request: read.request, confirmed });
    case 'walk-forward':
      return workstation().call('walkForward.start', { request: read.request, confirmed });
    case 'cross-validation':
      return workstation().call('crossValidation.start', { request: read.request, confirmed });
    case 'random-entry':
      return workstation().call('randomEntry.start', read.request);
    case 'monte-carlo':
      return workstation().call('monteCarlo.start', read.request);
    case 'audit':
      return workstation().call('audit.start', read.request);
  }
}

/** Fields inside the folded part of the form. */
const FOLDED = ['start', 'end', 'cash', 'size', 'commission', 'slippage', 'volumeLimit'];

/** What is wrong where it cannot be seen. */
function hidden(errors: FormErrors): string | null {
  const name = FOLDED.find((each) => errors[each] !== undefined);
  return name === undefined ? null : `${name}: ${errors[name] ?? ''}`;
}

/** The field that an error belongs to. */
function fieldOf({ details }: ErrorPayload): string | null {
  const parameter = details?.['parameter'];
  if (typeof parameter !== 'string' || parameter === '') return null;
  // Errors of the schema name the whole path.
  const name = parameter.split('.').at(-1) ?? parameter;
  if (name === 'memoryBytes') return 'memory';
  return name === 'expression' ? null : name;
}

function beside(error: ErrorPayload): FormErrors {
  const field = fieldOf(error);
  return field === null ? {} : { [field]: error.message };
}
