import { useCallback, useEffect, useState, type FormEvent } from 'react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { RiskStateView, WatchdogView } from '../../../engine/protocol/live-schemas.ts';
import { useWorkstation, workstation } from '../../client/store.ts';
import { useTrading } from '../../client/trading-store.ts';
import { NumberField, SelectField } from '../../components/fields.tsx';
import { ErrorState, Loading } from '../../components/states.tsx';
import { Confirm } from '../../components/trading/confirm.tsx';
import { Chip } from '../../components/trading/state-chip.tsx';
import { useNow } from '../../components/trading/use-now.ts';
import { clockText } from '../../components/trading/words.ts';
import {
  ACTS,
  actsText,
  heardText,
  LEAST_SECONDS,
  MOST_SECONDS,
  namesOf,
  secondsFault,
  standing,
  wishText,
  type Acts,
} from './watchdog-model.ts';

const AGAIN_MS = 2_000;
const SHOWN_LINES = 8;

/** The process that cancels orders when Renata hangs: what it watches, whether it lives, what it did. */
export function WatchdogSection({ risk }: { readonly risk: RiskStateView }) {
  const [view, setView] = useState<WatchdogView | null>(null);
  const [failure, setFailure] = useState<ErrorPayload | null>(null);
  const online = useWorkstation(({ connection }) => connection === 'open');
  const read = useCallback(async (): Promise<void> => {
    try {
      setView(await workstation().call('watchdog.get', {}));
      setFailure(null);
    } catch (error) {
      setFailure(toErrorPayload(error));
    }
  }, []);
  // Its signs of life are told to nobody who does not ask.
  useEffect(() => {
    if (!online) return undefined;
    void read();
    const timer = setInterval(() => void read(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [online, read, risk.watchdog]);
  return (
    <section aria-label="Watchdog" className="watchdog" data-testid="watchdog">
      {view !== null ? (
        <Watchdog view={view} online={online} onChanged={read} />
      ) : failure === null ? (
        <Loading label="Reading the watchdog …" />
      ) : (
        <ErrorState error={failure} onRetry={() => void read()} />
      )}
    </section>
  );
}

interface WatchdogProps {
  readonly view: WatchdogView;
  readonly online: boolean;
  readonly onChanged: () => Promise<void>;
}

function Watchdog({ view, online, onChanged }: WatchdogProps) {
  const [leaving, setLeaving] = useState<string | null>(null);
  const [refused, setRefused] = useState<ErrorPayload | null>(null);
  const now = useNow(1_000);
  const { word, tone } = standing(view);
  const heard = online ? heardText(view, now) : 'not heard from here: the connection is lost';

  async function standDown(account: string): Promise<void> {
    setLeaving(null);
    setRefused(null);
    try {
      await workstation().call('watchdog.set', {
        account,
        watch: false,
        flatten: false,
        seconds: null,
      });
      await onChanged();
    } catch (error) {
      setRefused(toErrorPayload(error));
    }
  }

  return (
    <>
      <div className="scope-bar">
        <h4>Watchdog</h4>
        <span data-testid="watchdog-state">
          <Chip tone={tone}>{word}</Chip>
        </span>
        <span className="muted">
          Acts after {view.seconds} s of silence. {view.note === noteOf(view) ? '' : view.note}
        </span>
        <span className="muted num" data-testid="watchdog-heard">
          {heard}
        </span>
      </div>
      {view.trip === null ? null : (
        <p className="denial" role="alert" data-testid="watchdog-trip">
          <strong>Trading is stopped</strong> since {clockText(view.trip.time, now)} UTC:{' '}
          {view.trip.reason} Release it with Active above.
        </p>
      )}
      {view.accounts.length === 0 ? (
        <p className="muted">
          A second process that cancels all orders of an account at its venue when Renata hangs or
          dies.
        </p>
      ) : (
        <ul className="watched">
          {view.accounts.map(({ account, flatten, armed }) => (
            <li key={account} data-testid={`watched-${account}`}>
              <strong className="clip">{account}</strong>
              <span className="clip">{actsText({ flatten })}</span>
              <Chip tone={armed ? 'good' : 'waiting'}>
                {armed ? 'armed' : 'waits for its connection'}
              </Chip>
              <button
                type="button"
                className="button"
                data-testid={`watchdog-off-${account}`}
                disabled={!online}
                onClick={() => setLeaving(account)}
              >
                Stand down
              </button>
            </li>
          ))}
        </ul>
      )}
      {refused === null ? null : (
        <p className="note wrong" role="alert">
          {refused.message}
        </p>
      )}
      <WatchForm view={view} online={online} onChanged={onChanged} />
      {view.lines.length === 0 ? null : (
        <ol className="watchdog-lines" aria-label="What it did, newest first">
          {view.lines
            .slice(-SHOWN_LINES)
            .toReversed()
            .map(({ time, account, text }, i) => (
              <li key={`${time} ${i}`}>
                <span className="muted num">{clockText(time, now)}</span> {account}: {text}
              </li>
            ))}
        </ol>
      )}
      {leaving === null ? null : (
        <Confirm
          title={`Stand down for ${leaving}?`}
          text="Nothing cancels its orders then if Renata hangs or dies."
          action={`Watch ${leaving} no longer`}
          onConfirm={() => void standDown(leaving)}
          onClose={() => setLeaving(null)}
        />
      )}
    </>
  );
}

/** The note that repeats what the line before it says. */
const noteOf = ({ seconds }: WatchdogView): string => `Acts after ${seconds} s of silence.`;

/** Sets an account to be watched, or how long a silence is borne. */
function WatchForm({ view, online, onChanged }: WatchdogProps) {
  const accounts = useTrading((state) => state.accounts);
  const names = namesOf(accounts ?? [], view);
  const [chosen, setChosen] = useState('');
  const [acts, setActs] = useState<Acts | null>(null);
  const [typed, setTyped] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<ErrorPayload | null>(null);
  const account = names.includes(chosen) ? chosen : (names[0] ?? '');
  const known = view.accounts.find((each) => each.account === account);
  const wanted = acts ?? (known?.flatten === true ? 'flatten' : 'cancel');
  const seconds = typed ?? String(view.seconds);
  const fault = secondsFault(seconds);
  const deed = wishText(view, { account, acts: wanted, seconds });
  const field = refused?.details?.['parameter'];

  async function set(): Promise<void> {
    if (deed === null || fault !== undefined || busy) return;
    setBusy(true);
    setRefused(null);
    const watched = deed.startsWith('Watch');
    try {
      await workstation().call('watchdog.set', {
        account: watched ? account : null,
        watch: watched,
        flatten: watched && wanted === 'flatten',
        seconds: Number(seconds),
      });
      setActs(null);
      setTyped(null);
      await onChanged();
    } catch (error) {
      setRefused(toErrorPayload(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form
      className="watchdog-form"
      aria-label="Watch an account"
      noValidate
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        void set();
      }}
    >
      <SelectField
        label="Account"
        value={account}
        testId="watchdog-account"
        options={
          names.length === 0
            ? [{ value: '', label: 'none is connected' }]
            : names.map((name) => ({ value: name, label: name }))
        }
        onChange={(name) => {
          setChosen(name);
          setActs(null);
          setRefused(null);
        }}
      />
      <SelectField
        label="Acts"
        value={wanted}
        testId="watchdog-acts"
        options={ACTS}
        onChange={setActs}
      />
      <NumberField
        label="Silence"
        value={seconds}
        unit="s"
        step={1}
        min={LEAST_SECONDS}
        max={MOST_SECONDS}
        error={fault ?? (field === 'seconds' ? refused?.message : undefined)}
        testId="watchdog-seconds"
        onChange={setTyped}
      />
      <button
        type="submit"
        className="button primary"
        data-testid="watchdog-set"
        disabled={!online || busy || deed === null || fault !== undefined}
      >
        {deed ?? 'Nothing is changed'}
      </button>
      {refused === null || field === 'seconds' ? null : (
        <p className="note wrong" role="alert" data-testid="watchdog-refused">
          {refused.message}
        </p>
      )}
    </form>
  );
}
