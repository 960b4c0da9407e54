import { RefreshCw } from 'lucide-react';
import { useCallback, useEffect, useState, type KeyboardEvent } from 'react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { ReconciliationCase } from '../../../engine/protocol/live-schemas.ts';
import { workstation } from '../../client/store.ts';
import { useTrading } from '../../client/trading-store.ts';
import { TextField } from '../../components/fields.tsx';
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx';
import { Confirm } from '../../components/trading/confirm.tsx';
import { clockText } from '../../components/trading/words.ts';
import { KIND_WORDS } from './words.ts';
import './inbox.css';

/** Differences between venues and this workstation. Nothing is mended by itself. */
export function InboxPanel() {
  const version = useTrading((state) => state.casesVersion);
  const [onlyOpen, setOnlyOpen] = useState(true);
  const [cases, setCases] = useState<readonly ReconciliationCase[] | null>(null);
  const [failure, setFailure] = useState<ErrorPayload | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [running, setRunning] = useState(false);
  const [told, setTold] = useState('');

  const read = useCallback(async () => {
    try {
      setCases(await workstation().call('reconciliation.cases', { open: onlyOpen }));
      setFailure(null);
    } catch (error) {
      setFailure(toErrorPayload(error));
    }
  }, [onlyOpen]);
  useEffect(() => void read(), [read, version]);

  if (failure !== null) return <ErrorState error={failure} onRetry={() => void read()} />;
  if (cases === null) return <Loading label="Reading cases …" />;
  const shown = cases.find(({ id }) => id === chosen) ?? cases[0];

  async function compare(): Promise<void> {
    setRunning(true);
    setTold('');
    try {
      const { checked, openCases, failures } = await workstation().call('reconciliation.run', {
        account: null,
      });
      setTold(
        failures.length > 0
          ? `Not everything could be asked: ${failures.join('; ')}`
          : `${checked} compared, ${openCases === 0 ? 'no difference' : `${openCases} open`}.`,
      );
      await read();
    } catch (error) {
      setTold(toErrorPayload(error).message);
    } finally {
      setRunning(false);
    }
  }

  function onKeyDown(event: KeyboardEvent): void {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0 || cases === null) return;
    event.preventDefault();
    const at = cases.findIndex(({ id }) => id === shown?.id);
    const next = cases[Math.max(0, Math.min(cases.length - 1, at + step))];
    if (next === undefined) return;
    setChosen(next.id);
    document.querySelector<HTMLElement>(`[data-case="${CSS.escape(next.id)}"]`)?.focus();
  }

  return (
    <section className="panel" aria-label="Inbox" data-testid="inbox-panel">
      <div className="panel-bar">
        <div className="segments" role="group" aria-label="Which cases">
          <button type="button" aria-pressed={onlyOpen} onClick={() => setOnlyOpen(true)}>
            Open
          </button>
          <button
            type="button"
            aria-pressed={!onlyOpen}
            data-testid="inbox-all"
            onClick={() => setOnlyOpen(false)}
          >
            All
          </button>
        </div>
        <span className="muted clip" role="status" title={told} data-testid="inbox-told">
          {told}
        </span>
        <span className="spacer" />
        <button
          type="button"
          className="button"
          data-testid="inbox-compare"
          disabled={running}
          onClick={() => void compare()}
        >
          <RefreshCw size={12} aria-hidden /> {running ? 'Comparing …' : 'Compare now'}
        </button>
      </div>
      {shown === undefined ? (
        <EmptyState
          title={onlyOpen ? 'No differences' : 'No cases yet'}
          hint="Orders, fills, positions and cash are compared with each venue at the start, after every break and each minute. What differs stands here with its evidence until you settle it."
        />
      ) : (
        <div className="inbox-split">
          <ul className="case-list" aria-label="Cases" onKeyDown={onKeyDown}>
            {cases.map((each) => (
              <li key={each.id}>
                <button
                  type="button"
                  className={each.id === shown.id ? 'case-row current' : 'case-row'}
                  aria-current={each.id === shown.id}
                  data-case={each.id}
                  data-testid="inbox-case"
                  onClick={() => setChosen(each.id)}
                >
                  <span className={each.closedAt === null ? 'warning' : 'muted'}>
                    {each.closedAt === null ? '●' : '✓'} {KIND_WORDS[each.kind]}
                  </span>
                  <span className="muted clip">
                    {each.subject} · {each.account} · {clockText(each.openedAt, Date.now())}
                  </span>
                </button>
              </li>
            ))}
          </ul>
          <CaseView key={shown.id} found={shown} onSettled={() => void read()} />
        </div>
      )}
    </section>
  );
}

interface CaseViewProps {
  readonly found: ReconciliationCase;
  readonly onSettled: () => void;
}

function CaseView({ found, onSettled }: CaseViewProps) {
  const { kind, account, subject, venueSays, weSay, evidence, proposals, closedAt } = found;
  const [asked, setAsked] = useState<(typeof proposals)[number] | null>(null);
  const [note, setNote] = useState('');
  const [failure, setFailure] = useState('');

  async function resolve(): Promise<void> {
    if (asked === null) return;
    try {
      await workstation().call('reconciliation.resolve', {
        caseId: found.id,
        proposal: asked.id,
        note: note.slice(0, 512),
      });
      setAsked(null);
      onSettled();
    } catch (error) {
      setAsked(null);
      setFailure(toErrorPayload(error).message);
    }
  }

  return (
    <article className="case" aria-label={KIND_WORDS[kind]} data-testid="inbox-view">
      <h3>{KIND_WORDS[kind]}</h3>
      <p className="muted mono">
        {subject} · {account}
      </p>
      <div className="case-sides">
        <div>
          <h4>The venue says</h4>
          <p>{venueSays}</p>
        </div>
        <div>
          <h4>We say</h4>
          <p>{weSay}</p>
        </div>
      </div>
      {evidence.length === 0 ? null : (
        <>
          <h4>Evidence</h4>
          <ul className="case-evidence">
            {evidence.map(({ time, text }, index) => (
              <li key={index}>
                <span className="muted mono">
                  {time === null ? 'no time' : clockText(time, Date.now())}
                </span>
                <span>{text}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {failure === '' ? null : (
        <p className="note wrong" role="alert">
          {failure}
        </p>
      )}
      {closedAt !== null ? (
        <p className="case-closed">
          ✓ Settled {clockText(closedAt, Date.now())}: {found.resolution}
        </p>
      ) : (
        <>
          <h4>What would mend it</h4>
          <ul className="case-proposals">
            {proposals.map((proposal) => (
              <li key={proposal.id}>
                <button
                  type="button"
                  className="button"
                  data-testid={`proposal-${proposal.id}`}
                  onClick={() => setAsked(proposal)}
                >
                  {proposal.label}
                </button>
                <span className="muted">{proposal.effect}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {asked === null ? null : (
        <Confirm
          title={`${asked.label}?`}
          text={asked.effect}
          action={asked.label}
          danger={false}
          onConfirm={() => void resolve()}
          onClose={() => setAsked(null)}
        >
          <TextField
            label="Note for the audit log"
            value={note}
            testId="inbox-note"
            onChange={setNote}
          />
        </Confirm>
      )}
    </article>
  );
}
