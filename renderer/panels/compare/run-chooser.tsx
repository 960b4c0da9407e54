import { Check, ListPlus } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import type { RunSummary } from '../../../engine/protocol/schemas.ts';
import { MOST_COMPARED } from '../../client/compared.ts';
import { formatStatistic } from '../../components/format.ts';
import { useRunLabel } from '../../components/run-label.ts';
import { stepped } from './compare-model.ts';

interface RunChooserProps {
  readonly runs: readonly RunSummary[];
  readonly chosen: readonly string[];
  readonly onToggle: (id: string) => void;
}

/** The list of all runs; arrows choose, Enter takes one in or out. */
export function RunChooser({ runs, chosen, onToggle }: RunChooserProps) {
  const [open, setOpen] = useState(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className="button" data-testid="compare-choose">
        <ListPlus size={13} aria-hidden /> Runs ({chosen.length} of {MOST_COMPARED})
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="popover" align="start" sideOffset={4} data-testid="run-chooser">
          <Choices runs={runs} chosen={chosen} onToggle={onToggle} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Choices({ runs, chosen, onToggle }: RunChooserProps) {
  const [search, setSearch] = useState('');
  const labelOf = useRunLabel();
  const [at, setAt] = useState(0);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const words = search.toLowerCase().split(/\s+/);
  const found = runs.filter((run) => {
    const label = `${labelOf(run)} ${run.request.strategy}`.toLowerCase();
    return words.every((word) => label.includes(word));
  });
  useEffect(() => setAt(0), [search]);
  useEffect(() => {
    list.current?.querySelector('.current')?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  const full = chosen.length >= MOST_COMPARED;

  function toggle(run: RunSummary | undefined): void {
    if (run !== undefined && (!full || chosen.includes(run.id))) onToggle(run.id);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const next = stepped(event.key, at, found.length);
    if (next !== undefined) setAt(next);
    else if (event.key === 'Enter') toggle(found[at]);
    else return;
    event.preventDefault();
  }

  return (
    <>
      <input
        className="search"
        type="search"
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={found[at] === undefined ? undefined : `${id}-${at}`}
        aria-label="Search runs"
        placeholder="Search by strategy, symbol or date"
        data-testid="compare-search"
        value={search}
        onChange={(event) => setSearch(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div
        ref={list}
        id={id}
        className="list"
        role="listbox"
        aria-label="Runs"
        aria-multiselectable
      >
        {found.map((run, i) => {
          const selected = chosen.includes(run.id);
          const headline = run.statistics.find(({ name }) => name === 'Return [%]');
          return (
            <button
              key={run.id}
              type="button"
              id={`${id}-${i}`}
              role="option"
              aria-selected={selected}
              aria-disabled={full && !selected}
              tabIndex={-1}
              className={i === at ? 'list-row current' : 'list-row'}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => toggle(run)}
            >
              <span className="tick">{selected ? <Check size={12} aria-hidden /> : null}</span>
              <span className="clip">{labelOf(run)}</span>
              <span className="spacer" />
              {headline === undefined ? null : (
                <span className="muted">{formatStatistic(headline.value, 'percent')} %</span>
              )}
            </button>
          );
        })}
      </div>
      <p className="note">
        {found.length === 0
          ? 'No run matches.'
          : full
            ? `${MOST_COMPARED} runs are the most; take one out first.`
            : 'Enter takes a run in or out, Esc closes.'}
      </p>
    </>
  );
}
