import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { BarColumns } from '../../../engine/domain/bar.ts';
import { useWorkstation, type Indicator } from '../../client/store.ts';
import { useAppearance } from '../../components/theme.ts';
import { IndicatorDialog } from './indicator-dialog.tsx';
import {
  Legends,
  ROW_HEIGHT,
  type ChartSubject,
  type LegendPane,
  type StudyActions,
} from './legend.tsx';
import { ChartNotice, type NoticeText } from './notice.tsx';
import type { PriceChart } from './price-chart.ts';
import { StudyLayer, type DrawnPane, type PaneBox } from './study-layer.ts';
import { drawnOutputs, marksOf, withoutValues } from './study-look.ts';
import {
  arrange,
  MAX_STUDIES,
  movePane,
  newStudy,
  PRICE_PANE,
  replaceStudy,
  resizePane,
  restoreStudy,
  studyOf,
  titleOf,
  withHeights,
  withoutStudy,
  withStudy,
  type Study,
} from './study-model.ts';
import { StudySettings } from './study-settings.tsx';
import { barsKey, useComputed, type BarsQuery } from './use-computed.ts';
import { useStudies } from './use-studies.ts';

interface StudiesOnChartProps {
  readonly chart: PriceChart;
  readonly subject: ChartSubject | undefined;
  readonly bars: BarColumns | null;
  readonly intraday: boolean;
  readonly query: BarsQuery | null;
  /** Whether the dialog that adds studies is open. */
  readonly choosing: boolean;
  readonly onChoosing: (open: boolean) => void;
}

/** Rows of the price's own legend. */
const HEADER_ROWS = 2;
/** Longest title that is written beside a mark. */
const LONGEST_NAME = 24;

/** Keys typed into a field, or while a dialog is open, are not commands. */
function isTyping({ target }: KeyboardEvent): boolean {
  const inField =
    target instanceof HTMLElement && target.closest('input, textarea, select') !== null;
  return inField || document.querySelector('[role="dialog"]') !== null;
}

/** Brings the keyboard back to the row of a study that was edited. */
function focusRow(id: string): void {
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(`[data-testid="study-${id}"] button`)?.focus(),
  );
}

/** The chart's studies: drawn, listed in legends, added, edited and kept. */
export function StudiesOnChart(props: StudiesOnChartProps) {
  const { chart, bars, query, choosing, onChoosing } = props;
  const indicators = useWorkstation((state) => state.indicators);
  const appearance = useAppearance();
  const { document: saved, save, dropped, ready } = useStudies(indicators);
  const [draft, setDraft] = useState<Study | null>(null);
  const [boxes, setBoxes] = useState<ReadonlyMap<string, PaneBox>>(new Map());
  const [notice, setNotice] = useState<NoticeText | null>(null);
  const [added, setAdded] = useState('');
  const layer = useRef<StudyLayer>(undefined);
  const latest = useRef(saved);
  useEffect(() => {
    latest.current = saved;
  }, [saved]);
  const closeNotice = useCallback(() => setNotice(null), []);

  // What is being edited is shown but not kept.
  const document_ = useMemo(
    () => (draft === null ? saved : replaceStudy(saved, draft)),
    [saved, draft],
  );
  const { studies } = document_;
  const computed = useComputed(studies, indicators, ready ? query : null);
  const definitionOf = useCallback(
    ({ source }: Study): Indicator | undefined =>
      source.kind === 'indicator'
        ? indicators?.find(({ id }) => id === source.indicator)
        : undefined,
    [indicators],
  );
  const panes = useMemo(
    () =>
      arrange(
        document_,
        (study) => computed.get(study.id)?.result?.pane ?? definitionOf(study)?.pane ?? 'overlay',
      ),
    [document_, computed, definitionOf],
  );

  const over = barsKey(query);
  const shown = useMemo(
    () =>
      panes.map((pane) => ({
        ...pane,
        rows: pane.studies.map((study) => {
          const known = computed.get(study.id);
          const result = known?.result ?? null;
          const onPrice = pane.id === PRICE_PANE;
          const outputs = result === null ? [] : drawnOutputs(study, result, onPrice);
          return {
            study,
            title: titleOf(study, definitionOf(study)),
            // The last result is shown meanwhile, but never over bars that it is not of.
            outputs: known?.over === over ? outputs : outputs.map(withoutValues),
            levels: onPrice ? [] : (result?.levels ?? []),
            pending: known?.pending ?? true,
            problem: known?.error?.message ?? null,
          };
        }),
      })),
    [panes, computed, definitionOf, over],
  );

  const onDragged = useRef<(pixels: ReadonlyMap<string, number>) => void>(() => undefined);
  useEffect(() => {
    onDragged.current = (pixels) => save(withHeights(saved, panes, pixels));
  }, [save, saved, panes]);
  useEffect(() => {
    const made = new StudyLayer(chart.chart, chart.container, setBoxes, (pixels) =>
      onDragged.current(pixels),
    );
    layer.current = made;
    return () => {
      layer.current = undefined;
      made.remove();
    };
  }, [chart]);

  useEffect(() => {
    const drawn = shown.map(({ id, height, rows }): DrawnPane => ({
      id,
      height,
      studies: rows.map(({ outputs }) => outputs),
      levels: [...new Set(rows.flatMap(({ levels }) => levels))],
    }));
    layer.current?.draw(
      drawn.filter(({ id, studies: inside }) => id === PRICE_PANE || inside.flat().length > 0),
    );
    const price = shown.find(({ id }) => id === PRICE_PANE);
    const marks = (price?.rows ?? []).flatMap(({ outputs, title }) =>
      outputs
        .filter(({ style, hidden }) => style === 'marks' && !hidden)
        .flatMap((output) => marksOf(output, title.length > LONGEST_NAME ? '' : title)),
    );
    chart.setStudyMarks(marks);
  }, [chart, shown]);
  useEffect(() => layer.current?.restyle(), [appearance]);

  // The legend's rows stand above the prices and not on them.
  const rowsOnPrice = HEADER_ROWS + (shown.find(({ id }) => id === PRICE_PANE)?.rows.length ?? 0);
  useEffect(() => chart.setLegendHeight(rowsOnPrice * ROW_HEIGHT), [chart, rowsOnPrice]);

  useEffect(() => {
    if (dropped !== null) setNotice({ text: dropped, lasting: true });
  }, [dropped]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (event.key !== '/' || !plain || isTyping(event)) return;
      event.preventDefault();
      onChoosing(true);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [onChoosing]);

  function add(study: Study, edit: boolean): void {
    // Before the saved studies are read there is nothing to add to.
    if (!ready) return;
    if (saved.studies.length >= MAX_STUDIES) {
      setAdded(`A chart takes ${MAX_STUDIES} studies; remove one first.`);
      return;
    }
    save(withStudy(saved, study));
    setAdded(
      `Added ${titleOf(study, definitionOf(study))} · ${saved.studies.length + 1} on the chart`,
    );
    if (!edit) return;
    onChoosing(false);
    setDraft(study);
  }

  function keep(): void {
    if (draft === null) return;
    save(replaceStudy(saved, draft));
    setDraft(null);
    focusRow(draft.id);
  }

  const cancel = useCallback(() => {
    if (draft === null) return;
    setDraft(null);
    focusRow(draft.id);
  }, [draft]);

  const actions: StudyActions = {
    edit(id) {
      // What was being edited before is kept.
      if (draft !== null && draft.id !== id) save(document_);
      setDraft(document_.studies.find((study) => study.id === id) ?? null);
    },
    toggle(id) {
      const study = saved.studies.find((each) => each.id === id);
      if (study === undefined) return;
      const { hidden } = study;
      save(replaceStudy(saved, { ...study, hidden: !hidden }));
      if (draft?.id === id) setDraft({ ...draft, hidden: !hidden });
    },
    remove(id) {
      const study = saved.studies.find((each) => each.id === id);
      if (study === undefined) return;
      if (draft?.id === id) setDraft(null);
      const index = saved.studies.indexOf(study);
      save(withoutStudy(saved, id));
      setNotice({
        text: `Removed ${titleOf(study, definitionOf(study))}.`,
        undo: () => save(restoreStudy(latest.current, study, index)),
      });
    },
    move: (pane, by) => save(movePane(saved, panes, pane, by)),
    resize: (pane, factor) => save(resizePane(saved, panes, pane, factor)),
  };

  const others = panes
    .filter(
      ({ id, studies: inside }) => id !== PRICE_PANE && inside.some((s) => s.id !== draft?.id),
    )
    .filter(({ id }) => id !== draft?.id)
    .map(({ id, studies: inside }) => {
      const first = inside.find((study) => study.id !== draft?.id);
      return { id, label: first === undefined ? id : titleOf(first, definitionOf(first)) };
    });
  const legendPanes: readonly LegendPane[] = shown;
  const inPrice = panes.some(
    ({ id, studies: inside }) => id === PRICE_PANE && inside.some((s) => s.id === draft?.id),
  );
  const edited = draft === null ? undefined : computed.get(draft.id);
  return (
    <>
      {bars === null ? null : (
        <Legends {...props} bars={bars} panes={legendPanes} boxes={boxes} actions={actions} />
      )}
      {draft === null ? null : (
        <StudySettings
          key={draft.id}
          study={draft}
          indicator={definitionOf(draft)}
          result={edited?.result ?? null}
          error={edited?.error ?? null}
          panes={others}
          onPrice={inPrice}
          onChange={setDraft}
          onDone={keep}
          onCancel={cancel}
        />
      )}
      <ChartNotice notice={notice} onClose={closeNotice} />
      <IndicatorDialog
        open={choosing}
        onOpenChange={(open) => {
          onChoosing(open);
          setAdded('');
        }}
        indicators={indicators}
        query={query}
        // One that demands its series shows nothing before they are chosen.
        onAdd={(indicator, edit) =>
          add(studyOf(indicator, saved), edit || indicator.demands.length > 0)
        }
        onAddExpression={(expression) =>
          add(newStudy({ kind: 'expression', expression, parameters: {} }, saved), false)
        }
        added={added}
      />
    </>
  );
}
