import type { Job } from '../../engine/protocol/schemas.ts';
import { formatCount, formatSeconds } from './format.ts';

/** Title, bar, count and time left of a job. */
export function JobProgress({ job }: { job: Job }) {
  const percent = Math.round(job.progress * 100);
  const elapsed = job.startedAt === null ? 0 : (Date.now() - job.startedAt) / 1_000;
  const left =
    job.progress > 0.02 && elapsed > 1 ? (elapsed / job.progress) * (1 - job.progress) : Number.NaN;
  const count =
    job.total === null
      ? formatCount(job.completed)
      : `${formatCount(job.completed)} of ${formatCount(job.total)}`;
  return (
    <div className="job" data-testid="job-progress">
      <div className="job-text">
        <span className="clip">{job.title}</span>
        <span className="muted">
          {job.state === 'queued' ? 'waiting' : `${count} ${job.unit}`} {formatSeconds(left)}
        </span>
      </div>
      <div
        className="bar"
        role="progressbar"
        aria-label={job.title}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <div style={{ width: `${percent}%` }} />
      </div>
    </div>
  );
}
