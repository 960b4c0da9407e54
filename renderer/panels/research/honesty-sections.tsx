import { Dices, Scale } from 'lucide-react';
import { useState } from 'react';
import { toErrorPayload } from '../../../engine/domain/errors.ts';
import type { CallInput } from '../../../engine/protocol/contract.ts';
import type { ResearchItem } from '../../../engine/protocol/research-schemas.ts';
import type { BacktestRequest } from '../../../engine/protocol/schemas.ts';
import { useWorkstation, workstation } from '../../client/store.ts';
import { ErrorState, Loading } from '../../components/states.tsx';
import { earlierRun, runOf } from './combination.ts';
import { RandomEntryResult } from './random-entry-view.tsx';
import { RealityCheckResult } from './reality-check-view.tsx';
import { refreshResearch, useAnswer, useResearch } from './use-research.ts';

const SAMPLES = 1_000;

/** The newest research of a kind that is about something. */
function useAbout(kind: ResearchItem['kind'], about: string | undefined): ResearchItem | undefined {
  const items = useResearch((state) => state.items);
  if (about === undefined) return undefined;
  return items?.find((item) => item.kind === kind && item.about === about);
}

/** Starts something and keeps what went wrong. */
function useStart(): {
  readonly busy: boolean;
  readonly failure: string | null;
  start(work: () => Promise<unknown>): void;
} {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  return {
    busy,
    failure,
    start(work) {
      setBusy(true);
      setFailure(null);
      work()
        .catch((error: unknown) => setFailure(toErrorPayload(error).message))
        .finally(() => {
          setBusy(false);
          void refreshResearch();
        });
    },
  };
}

/** Whether the best of a sweep beats its benchmark by more than the choice explains. */
export function RealitySection({ item }: { readonly item: ResearchItem }) {
  const found = useAbout('reality-check', item.id);
  const { busy, failure, start } = useStart();
  const detail = useDetail(found);
  const check = (against: CallInput<'realityCheck.start'>['against']): void =>
    start(() =>
      workstation().call('realityCheck.start', {
        sweepId: item.id,
        against,
        samples: SAMPLES,
        blockLength: null,
        seed: 1,
      }),
    );
  const done = detail.data?.detail;
  const waiting = busy || found?.state === 'running';
  return (
    <>
      {detail.error === null ? null : <ErrorState error={detail.error} onRetry={detail.retry} />}
      {done?.kind === 'reality-check' && done.findings !== null ? (
        <RealityCheckResult findings={done.findings} request={done.request} />
      ) : (
        <section>
          <h4>Reality check</h4>
          <p>
            Does the best beat buying and holding by more than choosing among so many explains? All
            combinations are run again and compared with samples in which none has an edge.
          </p>
          {waiting ? <Loading label="Comparing all combinations …" /> : null}
        </section>
      )}
      <div className="row actions">
        <button
          type="button"
          className="button"
          disabled={waiting}
          data-testid="reality-hold"
          onClick={() => check('buy-and-hold')}
        >
          <Scale size={12} aria-hidden /> Check against buy and hold
        </button>
        <button
          type="button"
          className="button"
          disabled={waiting}
          data-testid="reality-zero"
          onClick={() => check('zero')}
        >
          Check against zero
        </button>
        <Failure text={failure ?? (found?.state === 'failed' ? found.message : null)} />
      </div>
    </>
  );
}

/** Whether random entries would have done as well as the best of a sweep. */
export function RandomSection({ request }: { readonly request: BacktestRequest | null }) {
  const runs = useWorkstation((state) => state.runs);
  const run = request === null || runs === null ? undefined : earlierRun(request);
  const found = useAbout('random-entry', run?.id);
  const { busy, failure, start } = useStart();
  const detail = useDetail(found);
  if (request === null) return null;
  const done = detail.data?.detail;
  const waiting = busy || found?.state === 'running';
  return (
    <>
      {detail.error === null ? null : <ErrorState error={detail.error} onRetry={detail.retry} />}
      {done?.kind === 'random-entry' && done.findings !== null ? (
        <RandomEntryResult findings={done.findings} />
      ) : (
        <section>
          <h4>Random entries</h4>
          <p>
            Would as many trades that are held as long, entered at random, have done as well as the
            best combination?
          </p>
          {waiting ? <Loading label="Entering at random …" /> : null}
        </section>
      )}
      <div className="row actions">
        <button
          type="button"
          className="button"
          disabled={waiting}
          data-testid="random-best"
          onClick={() =>
            start(async () => {
              const runId = await runOf(request);
              await workstation().call('randomEntry.start', { runId, samples: SAMPLES, seed: 1 });
            })
          }
        >
          <Dices size={12} aria-hidden /> Compare the best with random entries
        </button>
        <Failure text={failure ?? (found?.state === 'failed' ? found.message : null)} />
      </div>
    </>
  );
}

function useDetail(item: ResearchItem | undefined) {
  const asked = item?.state === 'done' ? { researchId: item.id, offset: 0, limit: 0 } : null;
  return useAnswer('research.get', asked, 0);
}

function Failure({ text }: { readonly text: string | null }) {
  if (text === null) return null;
  return (
    <p className="note wrong" role="alert">
      {text}
    </p>
  );
}
