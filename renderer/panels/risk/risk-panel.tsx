import { useMemo, useState } from 'react';
import { toErrorPayload } from '../../../engine/domain/errors.ts';
import type { RiskStateView } from '../../../engine/protocol/live-schemas.ts';
import { workstation } from '../../client/store.ts';
import { refreshTrading, tellFailure, useTrading } from '../../client/trading-store.ts';
import { SelectField, TextField } from '../../components/fields.tsx';
import { ErrorState, Loading } from '../../components/states.tsx';
import { Confirm } from '../../components/trading/confirm.tsx';
import { Chip } from '../../components/trading/state-chip.tsx';
import { clockText } from '../../components/trading/words.ts';
import { LimitsForm } from './limits-form.tsx';
import { usageOf } from './usage.ts';
import { WatchdogSection } from './watchdog-section.tsx';
import './risk.css';
import './watchdog.css';

type State = RiskStateView['state'];

const STATES: readonly {
  readonly value: State;
  readonly label: string;
  readonly tone: 'good' | 'waiting' | 'bad';
  readonly words: string;
}[] = [
  { value: 'active', label: 'Active', tone: 'good', words: 'Orders are taken within the limits.' },
  {
    value: 'reduce-only',
    label: 'Reduce only',
    tone: 'waiting',
    words: 'Only orders that make a position smaller are taken.',
  },
  { value: 'halted', label: 'Halted', tone: 'bad', words: 'No order is taken.' },
];

const BY = {
  user: 'by you',
  limit: 'by a limit',
  'kill-switch': 'by the kill switch',
  watchdog: 'by the watchdog',
  start: 'at the start',
} as const;

/** What the gate lets pass: the state, how full limits are, and the limits themselves. */
export function RiskPanel() {
  const risk = useTrading((state) => state.risk);
  const failure = useTrading((state) => state.failure);
  const [asked, setAsked] = useState<State | null>(null);
  if (risk === null) {
    if (failure !== null)
      return <ErrorState error={failure} onRetry={() => void refreshTrading()} />;
    return <Loading label="Reading the limits …" />;
  }
  const present = STATES.find(({ value }) => value === risk.state);

  async function setState(state: State): Promise<void> {
    setAsked(null);
    try {
      await workstation().call('risk.setState', { state, reason: 'set in the window' });
    } catch (error) {
      tellFailure('The trading state was not changed', error, 'risk');
    }
  }

  return (
    <section className="panel risk" aria-label="Risk" data-testid="risk-panel">
      <div className="panel-bar risk-state">
        <span data-testid="risk-state" data-state={risk.state}>
          <Chip tone={present?.tone ?? 'bad'}>{present?.label ?? risk.state}</Chip>
        </span>
        <span className="muted clip">
          {present?.words}
          {risk.by === 'start'
            ? ''
            : ` Set ${BY[risk.by]} at ${clockText(risk.since, Date.now())}${risk.reason === '' ? '' : `: ${risk.reason}`}.`}
        </span>
        <span className="spacer" />
        <div className="segments" role="group" aria-label="Trading state">
          {STATES.map(({ value, label }) => (
            <button
              key={value}
              type="button"
              aria-pressed={risk.state === value}
              data-testid={`risk-set-${value}`}
              onClick={() => {
                if (value === risk.state) return;
                // Only what lets more through is asked about.
                if (value === 'active' || risk.state === 'halted') setAsked(value);
                else void setState(value);
              }}
            >
              {label}
            </button>
          ))}
        </div>
      </div>
      <div className="risk-body">
        <UsageBars risk={risk} />
        <WatchdogSection risk={risk} />
        <Scopes risk={risk} />
      </div>
      {asked === null ? null : (
        <Confirm
          title={asked === 'active' ? 'Take orders again?' : 'Take exits again?'}
          text={`Trading is ${present?.label.toLowerCase() ?? risk.state} now${risk.reason === '' ? '' : ` (${risk.reason})`}.`}
          action={asked === 'active' ? 'Resume trading' : 'Take exits only'}
          danger={false}
          onConfirm={() => void setState(asked)}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  );
}

function UsageBars({ risk }: { readonly risk: RiskStateView }) {
  const accounts = useTrading((state) => state.accounts);
  const positions = useTrading((state) => state.positions);
  const orders = useTrading((state) => state.orders);
  if (accounts === null || accounts.length === 0) return null;
  return (
    <>
      {accounts.map((account) => {
        const scopes = risk.scopes.filter(
          ({ scope }) =>
            scope.kind === 'global' || (scope.kind === 'account' && scope.name === account.id),
        );
        const rows = scopes.flatMap(({ limits, scope }) =>
          usageOf(account, positions ?? [], orders?.values() ?? [], limits).map((row) => ({
            ...row,
            scope: scope.kind,
          })),
        );
        return (
          <section key={account.id} aria-label={`Usage of ${account.id}`}>
            <h4>
              {account.id} <span className="muted">used of each limit</span>
            </h4>
            {rows.length === 0 ? (
              <p className="muted">No limit of it can be measured now.</p>
            ) : (
              <ul className="usage" data-testid={`usage-${account.id}`}>
                {rows.map(({ title, value, limit, used, scope }) => (
                  <li
                    key={`${scope}${title}`}
                    className={used >= 1 ? 'over' : used >= 0.8 ? 'near' : ''}
                  >
                    <span className="clip">{title}</span>
                    <span
                      className="usage-bar"
                      role="meter"
                      aria-label={title}
                      aria-valuenow={Math.round(used * 100)}
                      aria-valuemin={0}
                      aria-valuemax={100}
                    >
                      <span style={{ width: `${Math.min(100, used * 100)}%` }} />
                    </span>
                    <span className="num">
                      {value} <span className="muted">of {limit}</span>
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </section>
        );
      })}
    </>
  );
}

const KINDS = [
  { value: 'account', label: 'Account' },
  { value: 'strategy', label: 'Strategy' },
  { value: 'agent', label: 'Agent' },
] as const;

/** Whose limits are shown, and the form of them. */
function Scopes({ risk }: { readonly risk: RiskStateView }) {
  const [chosen, setChosen] = useState('global');
  const [adding, setAdding] = useState(false);
  const [kind, setKind] = useState<(typeof KINDS)[number]['value']>('account');
  const [name, setName] = useState('');
  const [failure, setFailure] = useState('');
  const found = useMemo(
    () => risk.scopes.find(({ scope }) => scopeText(scope) === chosen),
    [risk.scopes, chosen],
  );
  const shown = found ?? risk.scopes.find(({ scope }) => scope.kind === 'global');

  async function add(): Promise<void> {
    try {
      await workstation().call('risk.setLimits', {
        scope: { kind, name: name.trim() },
        limits: {},
      });
      setAdding(false);
      setChosen(`${kind}:${name.trim()}`);
      setName('');
    } catch (error) {
      setFailure(toErrorPayload(error).message);
    }
  }

  return (
    <section aria-label="Limits">
      <div className="scope-bar">
        <h4>Limits of</h4>
        <select
          aria-label="Whose limits"
          data-testid="risk-scope"
          value={shown === undefined ? '' : scopeText(shown.scope)}
          onChange={(event) => setChosen(event.target.value)}
        >
          {risk.scopes.map(({ scope }) => (
            <option key={scopeText(scope)} value={scopeText(scope)}>
              {scope.kind === 'global' ? 'everything' : `${scope.kind} ${scope.name}`}
            </option>
          ))}
        </select>
        <button
          type="button"
          className="button"
          data-testid="risk-add-scope"
          onClick={() => {
            setFailure('');
            setAdding(true);
          }}
        >
          Add limits for …
        </button>
        <span className="muted">All that apply are checked; none loosens another.</span>
      </div>
      {shown === undefined ? null : (
        <LimitsForm
          key={scopeText(shown.scope)}
          scope={shown.scope}
          limits={shown.limits}
          title={shown.scope.kind === 'global' ? 'everything' : shown.scope.name}
        />
      )}
      {adding ? (
        <Confirm
          title="Limits of its own"
          text="They hold besides those of everything."
          action="Add"
          danger={false}
          disabled={name.trim() === ''}
          onConfirm={() => void add()}
          onClose={() => setAdding(false)}
        >
          <SelectField label="For" value={kind} options={KINDS} onChange={setKind} />
          <TextField
            label="Name"
            value={name}
            error={failure === '' ? undefined : failure}
            testId="risk-scope-name"
            onChange={setName}
          />
        </Confirm>
      ) : null}
    </section>
  );
}

function scopeText({ kind, name }: RiskStateView['scopes'][number]['scope']): string {
  return kind === 'global' ? 'global' : `${kind}:${name}`;
}
