import { Check, CircleAlert, Info, Play, X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useEffect, useState } from 'react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type {
  BundleFinding,
  BundleRerun,
  BundleView,
} from '../../../engine/protocol/run-bundle.ts';
import { workstation } from '../../client/store.ts';
import { ErrorState, Loading } from '../../components/states.tsx';
import { useAppearance } from '../../components/theme.ts';
import { upload } from '../../components/upload.ts';
import { rerunText, shortHash } from './bundle-text.ts';
import './bundle.css';
import { sheetInTheme } from './sheet-theme.ts';

const VIEWS = ['Report', 'Strategy', 'Contents'] as const;
type View = (typeof VIEWS)[number];

/** A bundle from a file: checked, shown, and run again when asked. Nothing of it is stored. */
export function BundleDialog({
  file,
  onClose,
}: {
  readonly file: File;
  readonly onClose: () => void;
}) {
  const [uploadId, setUploadId] = useState<string | null>(null);
  const [bundle, setBundle] = useState<BundleView | null>(null);
  const [error, setError] = useState<ErrorPayload | null>(null);
  useEffect(() => {
    let current = true;
    let sent: string | null = null;
    const drop = (): void => {
      if (sent === null) return;
      void workstation()
        .call('data.upload-drop', { uploadId: sent })
        .catch(() => undefined);
    };
    void (async () => {
      try {
        sent = await upload(file, () => undefined);
        if (!current) return drop();
        const opened = await workstation().call('bundles.open', { uploadId: sent });
        if (!current) return;
        setUploadId(sent);
        setBundle(opened);
      } catch (thrown) {
        if (current) setError(toErrorPayload(thrown));
      }
    })();
    return () => {
      current = false;
      drop();
    };
  }, [file]);

  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content
          className="dialog sheet bundle"
          aria-describedby={undefined}
          data-testid="bundle"
        >
          <header className="toolbar">
            <Dialog.Title className="clip">Run bundle · {file.name}</Dialog.Title>
            <span className="spacer" />
            <Dialog.Close className="button">
              <X size={13} aria-hidden /> Close <kbd>Esc</kbd>
            </Dialog.Close>
          </header>
          {error !== null ? (
            <ErrorState error={error} />
          ) : bundle === null || uploadId === null ? (
            <Loading label="Checking the bundle …" />
          ) : (
            <Opened bundle={bundle} uploadId={uploadId} />
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Opened({ bundle, uploadId }: { readonly bundle: BundleView; readonly uploadId: string }) {
  const [view, setView] = useState<View>('Report');
  const { manifest, strategyText } = bundle;
  const views = VIEWS.filter((name) => name !== 'Strategy' || strategyText !== null);
  return (
    <>
      <section className="bundle-facts" aria-label="What was found">
        <p>
          <strong>Intact.</strong> {manifest.strategy.title} on {manifest.run.symbol}{' '}
          {manifest.run.timeframe}; bundle <span className="mono">{shortHash(bundle.hash)}</span>,
          orders <span className="mono">{shortHash(manifest.run.orderHash)}</span>
        </p>
        <ul>
          {bundle.findings.map((finding) => (
            <Finding key={finding.message} finding={finding} />
          ))}
        </ul>
        <Again uploadId={uploadId} />
      </section>
      <div className="tabs" role="tablist" aria-label="Views of the bundle">
        {views.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            className="tab"
            aria-selected={view === name}
            data-testid={`bundle-${name.toLowerCase()}`}
            onClick={() => setView(name)}
          >
            {name}
          </button>
        ))}
      </div>
      {view === 'Report' ? <Report report={bundle.report} /> : null}
      {view === 'Strategy' ? <pre className="bundle-text">{strategyText}</pre> : null}
      {view === 'Contents' ? (
        <pre className="bundle-text">{JSON.stringify(manifest, null, 2)}</pre>
      ) : null}
    </>
  );
}

function Finding({ finding: { same, matters, message } }: { readonly finding: BundleFinding }) {
  const Icon = same ? Check : matters ? CircleAlert : Info;
  return (
    <li className={same ? 'same' : matters ? 'matters' : ''}>
      <Icon size={13} aria-label={same ? 'same' : matters ? 'differs' : 'note'} />
      <span>{message}</span>
    </li>
  );
}

function Report({ report }: { readonly report: string | null }) {
  const { theme } = useAppearance();
  if (report === null)
    return <p className="note">The report is missing or too long to be shown.</p>;
  return (
    // A document of somebody else: nothing in the frame may run, load, navigate, open or be sent.
    <iframe
      title="Tear sheet of the bundle"
      sandbox=""
      srcDoc={sheetInTheme(report, theme)}
      data-testid="bundle-frame"
    />
  );
}

type Outcome = BundleRerun | { readonly error: ErrorPayload } | 'running' | null;

/** Runs the bundle again and compares the orders. */
function Again({ uploadId }: { readonly uploadId: string }) {
  const [outcome, setOutcome] = useState<Outcome>(null);
  const run = (): void => {
    setOutcome('running');
    workstation()
      .call('bundles.run', { uploadId })
      .then(setOutcome)
      .catch((thrown: unknown) => setOutcome({ error: toErrorPayload(thrown) }));
  };
  return (
    <div className="row">
      <button
        type="button"
        className="button primary"
        disabled={outcome === 'running'}
        title="Runs the strategy of the bundle in the sandbox and compares its orders"
        data-testid="bundle-run"
        onClick={run}
      >
        <Play size={13} aria-hidden /> Run again
      </button>
      <span role="status" data-testid="bundle-outcome">
        {outcome === null ? null : outcome === 'running' ? (
          'Running …'
        ) : 'error' in outcome ? (
          <span className="down">{outcome.error.message}</span>
        ) : (
          <span className={outcome.sameOrders ? 'up' : 'down'}>{rerunText(outcome)}</span>
        )}
      </span>
    </div>
  );
}
