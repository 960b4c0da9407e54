import { Play, Square } from 'lucide-react';
import { useEffect, useMemo, useState, type FormEvent } from 'react';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { Parameter } from '../../../engine/domain/parameters.ts';
import { useSaved } from '../../client/saved.ts';
import { strategyTaken, useWorkstation, workstation } from '../../client/store.ts';
import type { FormErrors } from '../../components/account.ts';
import { AccountFields } from '../../components/account-fields.tsx';
import { SelectField, TextField } from '../../components/fields.tsx';
import { formatCount } from '../../components/format.ts';
import { ImportButton } from '../../components/import-button.tsx';
import { readInstruments } from '../../components/instruments.ts';
import { JobProgress } from '../../components/job-progress.tsx';
import { ParameterField } from '../../components/parameter-field.tsx';
import { EmptyState, Loading } from '../../components/states.tsx';
import { INITIAL_FORM, parseForm, readForm, type FormValues } from './form.ts';

export function BacktestPanel() {
  const listed = useWorkstation((state) => state.strategies);
  const wanted = useWorkstation((state) => state.strategyWanted);
  const datasets = useWorkstation((state) => state.datasets);
  const datasetId = useWorkstation((state) => state.datasetId);
  const adjustment = useWorkstation((state) => state.adjustment);
  const jobs = useWorkstation((state) => state.jobs);
  const [form, setForm, loaded] = useSaved<FormValues>('backtest.form', INITIAL_FORM, parseForm);
  const [refused, setRefused] = useState<FormErrors>({});
  const [failure, setFailure] = useState<string | null>(null);
  // Files with an error cannot run.
  const strategies = useMemo(() => listed?.filter(({ error }) => error === null) ?? null, [listed]);
  const strategy = strategies?.find(({ id }) => id === form.strategy) ?? strategies?.[0];
  const wantedIsThere = strategies?.some(({ id }) => id === wanted) === true;
  useEffect(() => {
    if (wanted === null || !loaded || !wantedIsThere) return;
    if (form.strategy !== wanted) {
      setForm({ ...form, strategy: wanted, parameters: {}, symbols: '' });
    }
    strategyTaken();
  }, [wanted, wantedIsThere, loaded, form, setForm]);
  const dataset = datasets?.find(({ id }) => id === datasetId);
  const parameters = useMemo(
    () => (strategy?.parameters ?? []) as readonly Parameter[],
    [strategy],
  );
  const read = useMemo(() => readForm(form, parameters), [form, parameters]);
  const errors: FormErrors = { ...('errors' in read ? read.errors : {}), ...refused };
  const running = jobs.find(
    ({ kind, state }) => kind === 'backtest' && (state === 'running' || state === 'queued'),
  );

  if (strategies === null || !loaded) return <Loading label="Reading strategies …" />;
  if (strategy === undefined)
    return <EmptyState title="No strategies" hint="There is none to run." />;
  if (dataset === undefined) {
    return (
      <EmptyState title="Nothing to test on" hint="A backtest needs bars; import some first.">
        <ImportButton />
      </EmptyState>
    );
  }

  const several =
    strategy.portfolio === true
      ? readInstruments(form.symbols, strategy.instruments, datasets ?? [], dataset)
      : undefined;
  const chosen = several !== undefined && 'names' in several ? several : undefined;
  const wrongInstruments =
    several !== undefined && 'error' in several
      ? several.error
      : (errors['instruments'] ?? errors['symbol']);
  const base = chosen?.first ?? dataset;
  const subject = chosen === undefined ? dataset.symbol : shortList(chosen.names);

  const change = (part: Partial<FormValues>): void => {
    setRefused({});
    setFailure(null);
    setForm({ ...form, ...part });
  };

  async function run(): Promise<void> {
    if ('errors' in read || strategy === undefined) return;
    const stored = base.current.provenance.adjustment;
    // Splits and dividends are booked on the prices of their time.
    const wanted = read.values.events === true ? 'raw' : adjustment;
    try {
      await workstation().call('backtest.run', {
        strategy: strategy.id,
        datasetId: base.id,
        ...(chosen === undefined ? {} : { instruments: [...chosen.names] }),
        adjustment: stored === 'raw' ? wanted : stored,
        ...read.values,
      });
    } catch (error) {
      if (!(error instanceof RenataError)) throw error;
      const parameter = error.details?.['parameter'];
      if (typeof parameter === 'string' && parameter !== '')
        setRefused({ [parameter]: error.message });
      else setFailure(error.message);
    }
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (running === undefined) void run();
  }

  const shownBeside = several === undefined ? [] : ['instruments', 'symbol'];
  const known = new Set([
    ...parameters.map(({ name }) => name),
    ...Object.keys(form),
    ...shownBeside,
  ]);
  const elsewhere = Object.entries(refused).filter(([name]) => !known.has(name));
  return (
    <form
      className="panel form"
      aria-label="Backtest"
      data-testid="backtest-panel"
      onSubmit={submit}
    >
      <div className="form-body">
        <SelectField
          label="Strategy"
          value={strategy.id}
          testId="backtest-strategy"
          options={strategies.map(({ id, title }) => ({ value: id, label: title }))}
          onChange={(id) => change({ strategy: id, parameters: {}, symbols: '' })}
        />
        <p className="muted form-text">{strategy.description}</p>
        {several === undefined ? null : (
          <TextField
            label="Instruments"
            value={form.symbols}
            placeholder={strategy.instruments.join(', ')}
            hint="Traded together on one account; the first gives the bar length."
            error={wrongInstruments}
            testId="backtest-symbols"
            onChange={(symbols) => change({ symbols })}
          />
        )}
        <div className="grid-2">
          {parameters.map((parameter) => (
            <ParameterField
              key={parameter.name}
              parameter={parameter}
              value={form.parameters[parameter.name] ?? String(parameter.default)}
              error={errors[parameter.name]}
              testId={`parameter-${parameter.name}`}
              onChange={(text) =>
                change({ parameters: { ...form.parameters, [parameter.name]: text } })
              }
            />
          ))}
        </div>
        <h4>Range and account</h4>
        <AccountFields
          values={form}
          errors={errors}
          currency={base.currency}
          name="backtest"
          onChange={change}
        />
        {failure === null ? null : (
          <p className="note wrong" role="alert">
            {failure}
          </p>
        )}
        {elsewhere.map(([name, message]) => (
          <p key={name} className="note wrong" role="alert">
            {message}
          </p>
        ))}
      </div>
      <div className="form-foot">
        <p className="clip foot-text">
          {subject} {base.timeframe} · {formatCount(base.current.barCount)} bars
        </p>
        {running === undefined ? (
          <button
            type="submit"
            className="button primary"
            data-testid="backtest-run"
            disabled={'errors' in read || (several !== undefined && chosen === undefined)}
          >
            <Play size={13} className="rigid" aria-hidden />
            <span className="clip">
              Run {strategy.title} on {subject}
            </span>
          </button>
        ) : (
          <>
            <JobProgress job={running} />
            <button
              type="button"
              className="button"
              onClick={() =>
                void workstation()
                  .call('jobs.cancel', { jobId: running.id })
                  .catch(() => undefined)
              }
            >
              <Square size={12} aria-hidden /> Cancel
            </button>
          </>
        )}
      </div>
    </form>
  );
}

/** Names that a line has room for. */
const MOST_NAMED = 4;

function shortList(names: readonly string[]): string {
  const left = names.length - MOST_NAMED;
  const shown = names.slice(0, MOST_NAMED).join('+');
  return left > 0 ? `${shown}+${left} more` : shown;
}
