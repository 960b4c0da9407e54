import { Inbox, OctagonX } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { RiskStateView } from '../../engine/protocol/live-schemas.ts';
import { openPanel, workstation } from '../client/store.ts';
import { modeOf, type TradingMode } from '../client/trading-state.ts';
import { tellFailure, tellNotice, useTrading } from '../client/trading-store.ts';
import { CheckField } from '../components/fields.tsx';
import { Confirm } from '../components/trading/confirm.tsx';
import { unreachedText, unreachedTitle } from '../components/trading/unreached.ts';
import { PHASE_NAMES, PHASE_TONES, TONE_MARKS } from '../components/trading/words.ts';

/** Whose money is at risk in this window. */
export function useTradingMode(): TradingMode {
  return useTrading(({ accounts, connections }) => modeOf(accounts, connections));
}

const NONE: RiskStateView['unreached'] = [];

const MODE_WORDS = { research: 'RESEARCH', paper: 'PAPER', live: 'LIVE' } as const;

export function SessionMode() {
  const mode = useTradingMode();
  const armed = useTrading(
    ({ accounts }) => accounts?.filter((account) => account.live && account.armed).length ?? 0,
  );
  return (
    <button
      type="button"
      className={`session is-${mode}`}
      data-testid="session"
      title={
        mode === 'live'
          ? 'A live account is connected: orders cost real money'
          : mode === 'paper'
            ? 'Paper trading: no money is at risk'
            : 'No account is connected'
      }
      onClick={() => openPanel(mode === 'research' ? 'connections' : 'accounts')}
    >
      {MODE_WORDS[mode]}
      {mode !== 'live' ? '' : armed > 0 ? ' · ARMED' : ' · not armed'}
    </button>
  );
}

/** Connections that are wanted, each with its phase; open cases; what the gate allows. */
export function TradingStatus() {
  const connections = useTrading((state) => state.connections);
  const openCases = useTrading((state) => state.openCases);
  const risk = useTrading((state) => state.risk);
  const shown = (connections ?? []).filter(({ state }) => state.phase !== 'disconnected');
  return (
    <>
      {shown.map(({ id, title, state }) => (
        <button
          key={id}
          type="button"
          className={`status-link tone-${PHASE_TONES[state.phase]}`}
          title={state.message}
          data-testid={`status-${id}`}
          onClick={() => openPanel('connections')}
        >
          <span aria-hidden>{TONE_MARKS[PHASE_TONES[state.phase]]}</span> {title}
          {state.phase === 'ready' ? '' : `: ${PHASE_NAMES[state.phase].toLowerCase()}`}
        </button>
      ))}
      {openCases === 0 ? null : (
        <button
          type="button"
          className="status-link warning"
          data-testid="status-cases"
          onClick={() => openPanel('inbox')}
        >
          <Inbox size={12} aria-hidden /> {openCases} {openCases === 1 ? 'case' : 'cases'} open
        </button>
      )}
      {unreachedText(risk?.unreached ?? []) === '' ? null : (
        <button
          type="button"
          className="status-link warning"
          title={unreachedTitle(risk?.unreached ?? [])}
          data-testid="status-unreached"
          onClick={() => openPanel('connections')}
        >
          {unreachedText(risk?.unreached ?? [])}
        </button>
      )}
      {risk === null || risk.state === 'active' ? null : (
        <button
          type="button"
          className="status-link halted"
          title={risk.reason}
          data-testid="status-risk"
          onClick={() => openPanel('risk')}
        >
          {risk.state === 'halted' ? 'TRADING HALTED' : 'REDUCE ONLY'}
        </button>
      )}
    </>
  );
}

/** Stops everything. It asks once; Enter does it. */
export function KillSwitch({
  open,
  onOpenChange,
}: {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}) {
  const unreached = useTrading(({ risk }) => risk?.unreached ?? NONE);
  const trading = useTradingMode() !== 'research' || unreached.length > 0;
  const [flatten, setFlatten] = useState(false);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (open) setFlatten(false);
  }, [open]);

  async function kill(): Promise<void> {
    onOpenChange(false);
    setBusy(true);
    try {
      const { canceled, flattened, failures } = await workstation().call('risk.kill', {
        flatten,
        reason: 'kill switch in the window',
      });
      const done = `${count(canceled, 'order')} cancelled${flatten ? `, ${count(flattened, 'position')} closed` : ''}. Trading is halted until it is resumed in Risk.`;
      tellNotice(
        failures.length === 0
          ? { level: 'info', title: 'Stopped', text: done, subject: 'kill' }
          : {
              level: 'error',
              title: 'Stopped, but not everything: look at the venue now',
              text: `${failures.join('; ')}. ${done}`.slice(0, 4000),
              subject: 'kill',
            },
      );
    } catch (error) {
      tellFailure('The kill switch did not work: stop at the venue itself', error, 'kill');
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <button
        type="button"
        className={trading ? 'kill-switch' : 'kill-switch idle'}
        data-testid="kill-switch"
        title="Cancels every order and halts trading (Ctrl+Shift+X)"
        disabled={busy}
        onClick={() => onOpenChange(true)}
      >
        <OctagonX size={12} aria-hidden /> {busy ? 'Stopping …' : 'Kill switch'}
      </button>
      {open ? (
        <Confirm
          title="Stop all trading?"
          text={`Every order of every account is cancelled at its venue, also those placed elsewhere, and no new one is taken until trading is resumed in Risk.${unreached.length === 0 ? '' : ` ${unreachedTitle(unreached.map((each) => ({ ...each, cancels: true })))}`}`}
          action={flatten ? 'Cancel all orders, close all positions' : 'Cancel all orders and halt'}
          onConfirm={() => void kill()}
          onClose={() => onOpenChange(false)}
        >
          <CheckField
            label="Close every position at the market as well"
            checked={flatten}
            testId="kill-flatten"
            onChange={setFlatten}
          />
        </Confirm>
      ) : null}
    </>
  );
}

function count(number: number, name: string): string {
  return `${number} ${name}${number === 1 ? '' : 's'}`;
}
