import { Download, Scissors, Trash2 } from 'lucide-react';
import { AlertDialog } from 'radix-ui';
import { useEffect, useRef, useState } from 'react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { CallOutput } from '../../../engine/protocol/contract.ts';
import { workstation, type Dataset } from '../../client/store.ts';
import { formatBytes, formatCount, formatDate, formatTime } from '../../components/format.ts';
import { ErrorState, Loading } from '../../components/states.tsx';
import { upload } from '../../components/upload.ts';

type Details = CallOutput<'data.get'>;

/** Quality report, provenance and versions of one dataset, and what can be done with it. */
export function DetailsView({ dataset }: { dataset: Dataset }) {
  const [details, setDetails] = useState<Details | null>(null);
  const [error, setError] = useState<ErrorPayload | null>(null);
  const { contentHash } = dataset.current;
  useEffect(() => {
    let current = true;
    workstation()
      .call('data.get', { datasetId: dataset.id })
      .then((answer) => current && setDetails(answer))
      .catch((thrown: unknown) => current && setError(toErrorPayload(thrown)));
    return () => {
      current = false;
    };
  }, [dataset.id, contentHash]);

  async function save(format: 'csv' | 'parquet'): Promise<void> {
    try {
      const adjustment = dataset.current.provenance.adjustment;
      const file = await workstation().call('data.export', {
        datasetId: dataset.id,
        format,
        adjustment,
        start: null,
        end: null,
      });
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([file.bytes.slice()]));
      link.download = file.fileName;
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (thrown) {
      setError(toErrorPayload(thrown));
    }
  }

  if (error !== null) return <ErrorState error={error} onRetry={() => setError(null)} />;
  if (details === null) return <Loading label="Reading the report …" />;
  const { quality, versions } = details;
  return (
    <div className="details" data-testid="data-details">
      <h4>
        {dataset.symbol} {dataset.timeframe} · {dataset.name}
      </h4>
      <div className="row">
        <button type="button" className="button" onClick={() => void save('csv')}>
          <Download size={13} aria-hidden /> CSV
        </button>
        <button type="button" className="button" onClick={() => void save('parquet')}>
          <Download size={13} aria-hidden /> Parquet
        </button>
        <span className="spacer" />
        <FactorsButton dataset={dataset} onError={setError} />
        <DeleteButton dataset={dataset} />
      </div>
      <p className="muted">
        {dataset.current.provenance.source} · {dataset.current.provenance.adjustment} ·{' '}
        {splitsText(dataset)} · imported {formatTime(dataset.current.provenance.fetchedAt)} ·
        calendar {quality.calendar}
      </p>
      <GapStrip details={details} />
      <ul className="issues" aria-label="Data quality">
        {quality.issues.length === 0 ? <li className="ok">No issue was found.</li> : null}
        {quality.issues.map((issue) => (
          <li key={`${issue.kind}-${issue.message}`} className={issue.severity}>
            <span className="badge">{issue.severity}</span>
            <span className="mono">
              {formatCount(issue.count)} {issue.kind}
            </span>
            <span>{issue.message}</span>
          </li>
        ))}
      </ul>
      <table className="versions">
        <colgroup>
          <col className="version-number" />
          <col className="version-bars" />
          <col />
          <col className="version-size" />
        </colgroup>
        <thead>
          <tr>
            <th>Version</th>
            <th className="num">Bars</th>
            <th>Content</th>
            <th className="num">On disk</th>
          </tr>
        </thead>
        <tbody>
          {versions.map((version) => (
            <tr key={version.version}>
              <td>{version.version}</td>
              <td className="num">{formatCount(version.barCount)}</td>
              <td className="mono clip" title={version.contentHash}>
                {version.contentHash.slice(0, 16)}
              </td>
              <td className="num">{formatBytes(version.bytesOnDisk)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function splitsText({ splits, dividends }: Dataset): string {
  if (splits + dividends === 0) return 'no splits or dividends';
  const counted = (count: number, what: string): string =>
    `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
  return `${counted(splits, 'split')}, ${counted(dividends, 'dividend')}`;
}

/** Picks a file of factors, whose events take the place of those that the instrument has. */
function FactorsButton({
  dataset,
  onError,
}: {
  dataset: Dataset;
  onError: (error: ErrorPayload) => void;
}) {
  const picker = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);

  async function send(file: File): Promise<void> {
    setBusy(true);
    try {
      const uploadId = await upload(file, () => undefined);
      await workstation().call('data.importFactors', {
        source: { kind: 'upload', uploadId },
        instrumentId: dataset.instrumentId,
      });
    } catch (thrown) {
      onError(toErrorPayload(thrown));
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <button
        type="button"
        className="button"
        disabled={busy}
        title="Import splits and dividends from a file of factors"
        data-testid="data-factors"
        onClick={() => picker.current?.click()}
      >
        <Scissors size={13} aria-hidden /> Splits and dividends…
      </button>
      <input
        ref={picker}
        type="file"
        hidden
        accept=".csv,.txt"
        data-testid="data-factors-file"
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          event.target.value = '';
          if (file !== undefined) void send(file);
        }}
      />
    </>
  );
}

/** Where along the series the report's findings lie. */
function GapStrip({ details }: { details: Details }) {
  const { firstTime, lastTime } = details.summary.current;
  const span = Math.max(1, lastTime - firstTime);
  return (
    <figure className="strip" aria-label="Places of the findings">
      <svg viewBox="0 0 1000 14" preserveAspectRatio="none" role="img">
        <title>
          Findings from {formatDate(firstTime)} to {formatDate(lastTime)}
        </title>
        {details.quality.issues.flatMap(({ kind, severity, times }) =>
          times.map((time) => (
            <rect
              key={`${kind}-${time}`}
              className={severity}
              x={((time - firstTime) / span) * 998}
              y="0"
              width="2"
              height="14"
            />
          )),
        )}
      </svg>
      <figcaption className="muted">
        <span>{formatDate(firstTime)}</span>
        <span>{formatDate(lastTime)}</span>
      </figcaption>
    </figure>
  );
}

function DeleteButton({ dataset }: { dataset: Dataset }) {
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger className="icon-button" aria-label={`Delete ${dataset.symbol}`}>
        <Trash2 size={14} aria-hidden />
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="overlay" />
        <AlertDialog.Content className="dialog">
          <AlertDialog.Title>
            Delete {dataset.symbol} {dataset.timeframe}?
          </AlertDialog.Title>
          <AlertDialog.Description>
            All {dataset.versionCount} versions with {formatCount(dataset.current.barCount)} bars
            are removed from the store. Runs on them are kept.
          </AlertDialog.Description>
          <div className="row end">
            <AlertDialog.Cancel className="button">Keep</AlertDialog.Cancel>
            <AlertDialog.Action
              className="button danger"
              onClick={() =>
                void workstation()
                  .call('data.delete', { datasetId: dataset.id })
                  .catch(() => undefined)
              }
            >
              Delete {dataset.symbol}
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
