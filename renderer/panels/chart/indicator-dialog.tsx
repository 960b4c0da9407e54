import { Dialog, Tabs } from 'radix-ui';
import { Star } from 'lucide-react';
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useSaved } from '../../client/saved.ts';
import type { Indicator } from '../../client/store.ts';
import { BESIDE_COMPLETION } from '../../components/expression/completion-list.tsx';
import { EmptyState, Loading } from '../../components/states.tsx';
import { ExpressionTab, type ExpressionTabProps } from './expression-tab.tsx';
import { IndicatorDetails } from './indicator-details.tsx';
import { searchIndicators, withRecent } from './indicator-search.ts';

interface IndicatorDialogProps extends Pick<ExpressionTabProps, 'query'> {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  /** `null` while the catalogue is being read. */
  readonly indicators: readonly Indicator[] | null;
  readonly onAdd: (indicator: Indicator, edit: boolean) => void;
  readonly onAddExpression: (expression: string) => void;
  /** Said aloud and shown below: what was added last. */
  readonly added: string;
}

interface Habits {
  readonly favourites: readonly string[];
  readonly recent: readonly string[];
}

const NO_HABITS: Habits = { favourites: [], recent: [] };
const PAGE = 10;

function parseHabits(stored: unknown): Habits | undefined {
  const given = stored as Partial<Habits> | null;
  const texts = (list: unknown): string[] =>
    Array.isArray(list) ? list.filter((each) => typeof each === 'string').slice(0, 200) : [];
  return { favourites: texts(given?.favourites), recent: texts(given?.recent) };
}

/** Finds and adds indicators and expressions. */
export function IndicatorDialog(props: IndicatorDialogProps) {
  const { open, onOpenChange } = props;
  const [tab, setTab] = useState('indicators');
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content
          className="dialog indicators"
          aria-describedby={undefined}
          data-testid="indicator-dialog"
          {...BESIDE_COMPLETION}
        >
          <Dialog.Title className="hidden">Add a study</Dialog.Title>
          <Tabs.Root
            className="indicators-tabs"
            value={tab}
            onValueChange={setTab}
            activationMode="manual"
          >
            <Tabs.List className="tabs" aria-label="Kind of study">
              <Tabs.Trigger className="tab" value="indicators">
                Indicators
              </Tabs.Trigger>
              <Tabs.Trigger className="tab" value="expression" data-testid="expression-tab">
                Expression
              </Tabs.Trigger>
              <span className="spacer" />
              <span className="muted added" role="status">
                {props.added}
              </span>
              <Dialog.Close className="button">
                Close <kbd>Esc</kbd>
              </Dialog.Close>
            </Tabs.List>
            <Tabs.Content value="indicators" className="indicators-body" tabIndex={-1}>
              <Chooser {...props} />
            </Tabs.Content>
            <Tabs.Content value="expression" className="indicators-body" tabIndex={-1}>
              <ExpressionTab query={props.query} onAdd={props.onAddExpression} />
            </Tabs.Content>
          </Tabs.Root>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Chooser({ indicators, onAdd }: IndicatorDialogProps) {
  const [search, setSearch] = useState('');
  const [group, setGroup] = useState<string | null>(null);
  const [chosen, setChosen] = useState(0);
  const [habits, saveHabits, loaded] = useSaved('chart.indicators', NO_HABITS, parseHabits);
  // The list keeps its order while the dialog is open: what is added must not jump to the top.
  const [order, setOrder] = useState<Habits | null>(null);
  if (order === null && loaded) setOrder(habits);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const sections = useMemo(() => {
    const found = searchIndicators(indicators ?? [], search, { group, ...(order ?? NO_HABITS) });
    return found.map((section, i) => ({
      ...section,
      start: found.slice(0, i).reduce((sum, each) => sum + each.indicators.length, 0),
    }));
  }, [indicators, search, group, order]);
  const flat = useMemo(() => sections.flatMap((section) => section.indicators), [sections]);
  const groups = useMemo(
    () => [...new Set((indicators ?? []).map((indicator) => indicator.group))],
    [indicators],
  );
  const current = flat[chosen];
  useEffect(() => setChosen(0), [search, group]);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [chosen, sections]);

  function add(indicator: Indicator | undefined, edit: boolean): void {
    if (indicator === undefined) return;
    saveHabits({ ...habits, recent: withRecent(habits.recent, indicator.id) });
    onAdd(indicator, edit);
  }

  function toggleFavourite(id: string): void {
    const favourites = habits.favourites.includes(id)
      ? habits.favourites.filter((each) => each !== id)
      : [...habits.favourites, id];
    saveHabits({ ...habits, favourites });
  }

  function onKeyDown(event: KeyboardEvent): void {
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: PAGE,
      PageUp: -PAGE,
    };
    const step = steps[event.key];
    if (step !== undefined) setChosen(Math.max(0, Math.min(flat.length - 1, chosen + step)));
    else if (event.key === 'Enter') add(current, event.shiftKey);
    else if (event.key.toLowerCase() === 'd' && (event.ctrlKey || event.metaKey)) {
      if (current !== undefined) toggleFavourite(current.id);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div className="chooser">
      <div className="chooser-search">
        <input
          className="search"
          type="search"
          role="combobox"
          aria-expanded
          aria-controls={listId}
          aria-activedescendant={current === undefined ? undefined : `${listId}-${chosen}`}
          aria-label="Search indicators"
          placeholder="Search by name, short name or group"
          data-testid="indicator-search"
          ref={field}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <select
          aria-label="Group"
          data-testid="indicator-group"
          value={group ?? ''}
          onChange={(event) => setGroup(event.target.value === '' ? null : event.target.value)}
        >
          <option value="">All groups ({indicators?.length ?? 0})</option>
          {groups.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </div>
      <div ref={list} id={listId} className="chooser-list" role="listbox" aria-label="Indicators">
        {sections.map((section) => (
          <div key={section.title} role="group" aria-label={section.title}>
            <h4 aria-hidden>{section.title}</h4>
            {section.indicators.map((indicator, i) => {
              const at = section.start + i;
              return (
                <Option
                  key={indicator.id}
                  id={`${listId}-${at}`}
                  indicator={indicator}
                  selected={at === chosen}
                  favourite={habits.favourites.includes(indicator.id)}
                  onChoose={() => setChosen(at)}
                  onAdd={() => add(indicator, false)}
                />
              );
            })}
          </div>
        ))}
        {indicators === null ? <Loading label="Reading the catalogue …" /> : null}
        {indicators !== null && flat.length === 0 ? (
          <EmptyState
            title={`No indicator matches “${search}”`}
            hint="Try a shorter word or another group, or write it yourself on the Expression tab."
          />
        ) : null}
      </div>
      <div className="chooser-details">
        {current === undefined ? null : (
          <IndicatorDetails
            indicator={current}
            favourite={habits.favourites.includes(current.id)}
            onFavourite={() => toggleFavourite(current.id)}
            onAdd={(edit) => add(current, edit)}
          />
        )}
      </div>
      <p className="chooser-keys muted">
        <kbd>↑</kbd> <kbd>↓</kbd> choose · <kbd>Enter</kbd> add · <kbd>Shift Enter</kbd> add and
        edit · <kbd>Ctrl D</kbd> favourite
      </p>
    </div>
  );
}

interface OptionProps {
  readonly id: string;
  readonly indicator: Indicator;
  readonly selected: boolean;
  readonly favourite: boolean;
  readonly onChoose: () => void;
  readonly onAdd: () => void;
}

function Option({ id, indicator, selected, favourite, onChoose, onAdd }: OptionProps) {
  return (
    <button
      type="button"
      id={id}
      role="option"
      aria-selected={selected}
      tabIndex={-1}
      className={selected ? 'option current' : 'option'}
      data-testid={`indicator-${indicator.id}`}
      // The keyboard stays in the search.
      onMouseDown={(event) => event.preventDefault()}
      onClick={onChoose}
      onDoubleClick={onAdd}
    >
      <span className="mono clip">{indicator.id}</span>
      <span className="clip">{indicator.title}</span>
      {favourite ? <Star size={11} className="star" aria-label="favourite" /> : null}
      <span className="muted">{indicator.pane === 'own' ? 'pane' : 'price'}</span>
    </button>
  );
}
