import { FileUp } from 'lucide-react';
import { useRef, useState, type DragEvent } from 'react';
import { selectDataset, useWorkstation } from '../../client/store.ts';
import { formatCount, formatDate } from '../../components/format.ts';
import { ImportButton } from '../../components/import-button.tsx';
import { JobProgress } from '../../components/job-progress.tsx';
import { EmptyState, Loading } from '../../components/states.tsx';
import './data.css';
import { DetailsView } from './details-view.tsx';
import { ImportDialog } from './import-dialog.tsx';

/** A file that waits for its import; the id keeps two files of one name apart. */
interface Picked {
  readonly id: string;
  readonly file: File;
}

function picked(files: Iterable<File>): readonly Picked[] {
  return Array.from(files, (file) => ({ id: crypto.randomUUID(), file }));
}

export function DataPanel() {
  const datasets = useWorkstation((state) => state.datasets);
  const datasetId = useWorkstation((state) => state.datasetId);
  const jobs = useWorkstation((state) => state.jobs);
  const [files, setFiles] = useState<readonly Picked[]>([]);
  const [dropping, setDropping] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const [next] = files;
  const selected = datasets?.find(({ id }) => id === datasetId);
  const work = jobs.filter(
    ({ kind, state }) =>
      (kind === 'import' || kind === 'seed') && (state === 'running' || state === 'queued'),
  );
  const failed = jobs.find(({ kind }) => kind === 'import');

  const drag = (over: boolean) => (event: DragEvent) => {
    event.preventDefault();
    setDropping(over);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setDropping(false);
    setFiles(picked(event.dataTransfer.files));
  };

  return (
    <section
      className={dropping ? 'panel dropping' : 'panel'}
      aria-label="Data"
      data-testid="data-panel"
      onDragOver={drag(true)}
      onDragLeave={drag(false)}
      onDrop={drop}
    >
      <div className="toolbar">
        <button
          type="button"
          className="button"
          data-testid="data-import"
          onClick={() => picker.current?.click()}
        >
          <FileUp size={13} aria-hidden /> Import
        </button>
        <span className="muted clip">CSV or Parquet, or drop a file</span>
        <input
          ref={picker}
          type="file"
          hidden
          multiple
          accept=".csv,.txt,.tsv,.parquet"
          data-testid="data-file"
          onChange={(event) => {
            setFiles(picked(event.target.files ?? []));
            event.target.value = '';
          }}
        />
      </div>
      {work.map((job) => (
        <JobProgress key={job.id} job={job} />
      ))}
      {failed?.state === 'failed' && failed.error !== null ? (
        <p className="note wrong" role="alert" data-testid="import-error">
          {failed.error.message}
        </p>
      ) : null}
      {datasets === null ? <Loading label="Reading the store …" /> : null}
      {datasets?.length === 0 && work.length === 0 ? (
        <EmptyState title="No data yet" hint="Import a CSV or Parquet file, or drop one here.">
          <ImportButton />
        </EmptyState>
      ) : null}
      <div className="data-list">
        {datasets?.map((dataset) => (
          <button
            key={dataset.id}
            type="button"
            className="dataset"
            aria-pressed={dataset.id === datasetId}
            data-testid={`dataset-${dataset.symbol}`}
            onClick={() => selectDataset(dataset.id)}
          >
            <span className="row">
              <strong>{dataset.symbol}</strong>
              <span className="muted">{dataset.timeframe}</span>
              <span className="spacer" />
              <Quality errors={dataset.quality.errors} warnings={dataset.quality.warnings} />
            </span>
            <span className="muted">
              {formatCount(dataset.current.barCount)} bars, {formatDate(dataset.current.firstTime)}{' '}
              to {formatDate(dataset.current.lastTime)}
            </span>
          </button>
        ))}
      </div>
      {selected === undefined ? null : <DetailsView key={selected.id} dataset={selected} />}
      {next === undefined ? null : (
        <ImportDialog key={next.id} file={next.file} onClose={() => setFiles(files.slice(1))} />
      )}
    </section>
  );
}

function Quality({ errors, warnings }: { errors: number; warnings: number }) {
  if (errors > 0) return <span className="badge error">{counted(errors, 'error')}</span>;
  if (warnings > 0) return <span className="badge warning">{counted(warnings, 'warning')}</span>;
  return <span className="badge ok">clean</span>;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
