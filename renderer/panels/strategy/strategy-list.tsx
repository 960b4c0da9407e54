import { AlertTriangle, FileCode2, Plus } from 'lucide-react';
import { useState, type KeyboardEvent } from 'react';
import type { Strategy } from '../../client/store.ts';
import type { Opened } from './editor-state.ts';
import { groupsOf, keyOf } from './list-model.ts';

interface StrategyListProps {
  readonly strategies: readonly Strategy[];
  readonly opened: Opened | null;
  readonly dirty: boolean;
  readonly onOpen: (strategy: Strategy) => void;
  readonly onNew: () => void;
}

/** All strategies with a search; arrows move between them. */
export function StrategyList({ strategies, opened, dirty, onOpen, onNew }: StrategyListProps) {
  const [search, setSearch] = useState('');
  const groups = groupsOf(strategies, search);

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-row]')];
    const at = rows.findIndex((row) => row === document.activeElement);
    rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.focus();
    event.preventDefault();
  }

  return (
    <nav className="strategy-list" aria-label="Strategies" onKeyDown={onKeyDown}>
      <div className="strategy-search">
        <input
          className="search"
          type="search"
          aria-label="Search strategies"
          placeholder="Search"
          data-testid="strategy-search"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <button
          type="button"
          className="icon-button"
          aria-label="New strategy"
          title="New strategy"
          data-testid="strategy-new"
          onClick={onNew}
        >
          <Plus size={14} aria-hidden />
        </button>
      </div>
      <div className="strategy-rows">
        {opened !== null && opened.id === null ? (
          <div className="strategy-row" aria-current="true">
            <span className="clip">{opened.draft.name || 'New strategy'}</span>
            <span className="badge warning">not saved</span>
          </div>
        ) : null}
        {groups.map((group) => (
          <section key={group.title} aria-label={group.title}>
            <h4>{group.title}</h4>
            {group.strategies.map((strategy) => (
              <Row
                key={keyOf(strategy)}
                strategy={strategy}
                current={opened?.id === strategy.id && opened.origin === strategy.origin}
                dirty={dirty}
                onOpen={() => onOpen(strategy)}
              />
            ))}
          </section>
        ))}
        {groups.length === 0 ? <p className="note">No strategy matches.</p> : null}
      </div>
    </nav>
  );
}

interface RowProps {
  readonly strategy: Strategy;
  readonly current: boolean;
  readonly dirty: boolean;
  readonly onOpen: () => void;
}

function Row({ strategy, current, dirty, onOpen }: RowProps) {
  const { id, title, kind, error, description } = strategy;
  return (
    <button
      type="button"
      className="strategy-row"
      aria-current={current}
      title={error?.message ?? description}
      data-row=""
      data-testid={`strategy-row-${id}`}
      onClick={onOpen}
    >
      <span className="clip">{title}</span>
      {current && dirty ? (
        <span className="dirty" role="img" aria-label="not saved" title="Not saved" />
      ) : null}
      {error === null ? null : (
        <AlertTriangle size={12} className="wrong" aria-label="has an error" />
      )}
      {kind === 'code' ? <FileCode2 size={12} className="muted" aria-label="code" /> : null}
    </button>
  );
}
