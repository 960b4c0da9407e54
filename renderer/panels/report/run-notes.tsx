import { AlertTriangle, Info } from 'lucide-react';
import { useState } from 'react';
import type { Run } from '../../../engine/protocol/schemas.ts';
import { formatAmount, formatCount } from '../../components/format.ts';
import { doubtOf, otherNotes, type Doubt } from './doubt.ts';

/** Lines that are shown without being asked for; a low panel shows one. */
const FIRST = 2;

interface RunNotesProps {
  readonly run: Run;
  readonly onShowDoubt: () => void;
}

/** What has to be known to judge a run, above everything that it came to. */
export function RunNotes({ run, onShowDoubt }: RunNotesProps) {
  const [open, setOpen] = useState(false);
  const doubt = doubtOf(run);
  const notes = otherNotes(run, doubt);
  if (doubt === null && notes.length === 0) return null;
  const lines = notes.length + (doubt === null ? 0 : 1);
  const shown = FIRST - (doubt === null ? 0 : 1);
  return (
    <section className="run-notes" aria-label="Notes on this run" data-testid="report-notes">
      <ul className={open ? 'open' : ''}>
        {doubt === null ? null : <DoubtLine doubt={doubt} onShow={onShowDoubt} />}
        {(open ? notes : notes.slice(0, shown)).map((note) => (
          <li key={note}>
            <Info size={13} aria-hidden />
            <span>{note}</span>
          </li>
        ))}
      </ul>
      <More lines={lines} first={FIRST} open={open} onOpen={setOpen} />
      <More lines={lines} first={1} open={open} onOpen={setOpen} />
    </section>
  );
}

interface MoreProps {
  readonly lines: number;
  readonly first: number;
  readonly open: boolean;
  readonly onOpen: (open: boolean) => void;
}

/** Shows the lines after the first ones, or hides them. The style sheet chooses one by the panel's height. */
function More({ lines, first, open, onOpen }: MoreProps) {
  const more = lines - first;
  if (more <= 0) return null;
  return (
    <button
      type="button"
      className={`link after-${first}`}
      aria-expanded={open}
      data-testid={`report-notes-after-${first}`}
      onClick={() => onOpen(!open)}
    >
      {open ? 'Fewer notes' : `${more} more ${more === 1 ? 'note' : 'notes'}`}
    </button>
  );
}

function DoubtLine({ doubt, onShow }: { doubt: Doubt; onShow: () => void }) {
  const { count, trades, booked, best, worst } = doubt;
  return (
    <li className="doubt" data-testid="report-doubt">
      <AlertTriangle size={13} aria-hidden />
      <span>
        <button type="button" className="link" data-testid="report-doubt-show" onClick={onShow}>
          {formatCount(count)} of {formatCount(trades)} trades
        </button>{' '}
        {count === 1 ? 'depends' : 'depend'} on the order of prices inside a bar.
      </span>
      <span className="doubt-range" title="Sizes of later trades are taken as they were booked">
        <span className="muted">Final equity</span> {formatAmount(booked)}{' '}
        {worst === booked ? (
          <span className="muted">booked, the worst case,</span>
        ) : (
          <>
            <span className="muted">booked,</span> {formatAmount(worst)}{' '}
            <span className="muted">at worst,</span>
          </>
        )}{' '}
        {formatAmount(best)} <span className="muted">at best</span>
      </span>
    </li>
  );
}
