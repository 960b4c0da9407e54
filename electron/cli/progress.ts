import type { Job } from '../../engine/protocol/schemas.ts';
import type { Terminal } from './terminal.ts';
import { formatNumber } from './text.ts';

const BAR_CELLS = 24;
const LEAST_WIDTH = 30;
const LEAST_TITLE = 6;

export interface Progress {
  readonly title: string;
  /** 0 to 1. */
  readonly share: number;
  readonly completed: number;
  readonly total: number | null;
  readonly unit: string;
  /** Done a second, where that is known. */
  readonly rate?: number | undefined;
}

/** `Import AAPL.csv  ████████████░░░░░░░░░░░░  50%  2,500 rows`, never wider than the terminal. */
export function progressLine(progress: Progress, width: number): string {
  const share = Math.min(Math.max(progress.share, 0), 1);
  const filled = Math.floor(share * BAR_CELLS);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled);
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const done = formatNumber(progress.completed);
  const all = progress.total === null ? '' : ` / ${formatNumber(progress.total)}`;
  const count = progress.completed === 0 ? '' : `  ${done}${all} ${progress.unit}`;
  const pace = paceOf(progress);
  // The last column stays free: writing into it would wrap on some terminals.
  const room = Math.max(width, LEAST_WIDTH) - 1;
  const parts = [`${progress.title}  `, bar, percent, count, pace];
  const line = parts.join('');
  if (line.length <= room) return line;
  const [title = '', , ...rest] = parts;
  const figures = rest.join('');
  const short = title.trimEnd() + figures;
  if (short.length <= room) return short;
  // What is done and how long it takes is worth more than the end of a title.
  const space = room - figures.length - 1;
  return space >= LEAST_TITLE
    ? `${title.slice(0, space)}…${figures}`
    : `${short.slice(0, room - 1)}…`;
}

/** `  1,234/s, 2 min left` */
function paceOf({ rate, completed, total }: Progress): string {
  if (rate === undefined || !(rate > 0)) return '';
  const speed = rate >= 10 ? formatNumber(rate) : formatNumber(rate, 1);
  const left = total === null ? '' : `, ${timeLeft((total - completed) / rate)} left`;
  return `  ${speed}/s${left}`;
}

/** `8 s`, `2 min`, `3 h 20 min` */
export function timeLeft(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * Shows the job that moved last. A terminal gets a bar; otherwise only a first start is told, in one
 * line, because it takes a moment that nobody asked for.
 */
export function showJobs(terminal: Terminal): (job: Job) => void {
  const told = new Set<string>();
  const first = new Map<string, { readonly at: number; readonly completed: number }>();
  const rateOf = ({ id, completed }: Job): number | undefined => {
    const start = first.get(id);
    // The clock of the first sign that something has been done.
    if (start === undefined) first.set(id, { at: performance.now(), completed });
    else if (completed > start.completed) {
      return ((completed - start.completed) / (performance.now() - start.at)) * 1_000;
    }
    return undefined;
  };
  return (job) => {
    if (terminal.drawsProgress) {
      terminal.draw(
        job.state === 'running'
          ? progressLine({ ...progressOf(job), rate: rateOf(job) }, terminal.errorWidth)
          : null,
      );
    } else if (job.kind === 'seed' && job.state === 'running' && !told.has(job.id)) {
      told.add(job.id);
      terminal.note(`renata: ${job.title} …`);
    }
  };
}

function progressOf({ title, progress, completed, total, unit }: Job): Progress {
  return { title, share: progress, completed, total, unit };
}
