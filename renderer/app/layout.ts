import type { DockviewApi, SerializedDockview } from 'dockview-react';
import { workstation } from '../client/store.ts';

export const PANELS = [
  { id: 'data', title: 'Data' },
  { id: 'chart', title: 'Chart' },
  { id: 'backtest', title: 'Backtest' },
  { id: 'report', title: 'Report' },
  { id: 'strategy', title: 'Strategy' },
  { id: 'compare', title: 'Compare' },
  { id: 'research', title: 'Research' },
  { id: 'ticket', title: 'Ticket' },
  { id: 'orders', title: 'Orders' },
  { id: 'positions', title: 'Positions' },
  { id: 'fills', title: 'Fills' },
  { id: 'accounts', title: 'Accounts' },
  { id: 'quotes', title: 'Quotes' },
  { id: 'depth', title: 'Depth' },
  { id: 'connections', title: 'Connections' },
  { id: 'risk', title: 'Risk' },
  { id: 'inbox', title: 'Inbox' },
  { id: 'audit', title: 'Audit log' },
  { id: 'algorithms', title: 'Algorithms' },
  { id: 'quality', title: 'Execution quality' },
] as const;
export type PanelId = (typeof PANELS)[number]['id'];

const DOCUMENT = 'layout';
const SAVE_DELAY_MS = 500;
/** Below this width the side panels fold into tabs beside the chart. */
const NARROW = 1_200;
/** From this width on the watchlist has room for bid and ask beside the last price. */
const WIDE = 1_400;

/** Sizes that panels keep when the window or the panels beside them change theirs. */
const LEAST: Partial<Record<PanelId, { minimumWidth?: number; minimumHeight?: number }>> = {
  data: { minimumWidth: 250 },
  backtest: { minimumWidth: 270 },
  report: { minimumHeight: 250 },
  ticket: { minimumWidth: 290 },
};

/** Panels beside which one opens that has no place yet; the first of them that is open takes it. */
const NEAR: Partial<Record<PanelId, readonly PanelId[]>> = {
  ticket: ['depth', 'backtest'],
  orders: ['positions', 'fills', 'accounts', 'report'],
  positions: ['orders', 'fills', 'accounts', 'report'],
  fills: ['orders', 'positions', 'accounts', 'report'],
  accounts: ['orders', 'positions', 'fills', 'report'],
  quotes: ['data'],
  depth: ['ticket', 'quotes', 'backtest'],
  connections: ['risk', 'inbox', 'audit', 'chart'],
  risk: ['connections', 'inbox', 'audit', 'chart'],
  inbox: ['orders', 'connections', 'risk', 'report'],
  audit: ['connections', 'risk', 'inbox', 'chart'],
  algorithms: ['orders', 'positions', 'fills', 'report'],
  quality: ['orders', 'positions', 'fills', 'report'],
};

/** Panels that stand as tabs beside the chart, in the largest part of the window. */
const BESIDE_CHART: readonly PanelId[] = ['strategy', 'compare', 'research'];

/** Chart in the middle, data left, backtest right, report below; two groups in a narrow window. */
export function defaultLayout(api: DockviewApi, width: number): void {
  api.clear();
  api.addPanel({ id: 'chart', component: 'chart', title: 'Chart' });
  const narrow = width < NARROW;
  const side = (id: PanelId, title: string, direction: 'left' | 'right', size: number): void => {
    api.addPanel({
      id,
      component: id,
      title,
      initialWidth: size,
      ...LEAST[id],
      position: { referencePanel: 'chart', direction },
    });
  };
  if (narrow) {
    side('backtest', 'Backtest', 'right', 300);
    api.addPanel({
      id: 'data',
      component: 'data',
      title: 'Data',
      inactive: true,
      position: { referencePanel: 'backtest', direction: 'within' },
    });
  } else {
    side('data', 'Data', 'left', 250);
    side('backtest', 'Backtest', 'right', 300);
  }
  api.addPanel({
    id: 'report',
    component: 'report',
    title: 'Report',
    initialHeight: Math.max(312, Math.round(window.innerHeight * 0.34)),
    ...LEAST.report,
    position: { referencePanel: 'chart', direction: 'below' },
  });
  for (const id of BESIDE_CHART) {
    const position = { referencePanel: 'chart', direction: 'within' } as const;
    api.addPanel({ id, component: id, title: titleOf(id), inactive: true, position });
  }
  api.getPanel('chart')?.api.setActive();
}

/** Quotes left, chart in the middle, ticket and depth right, what was traded below. */
export function tradingLayout(api: DockviewApi, width: number): void {
  api.clear();
  const narrow = width < NARROW;
  const add = (
    id: PanelId,
    place: {
      readonly at: PanelId;
      readonly direction: 'left' | 'right' | 'below' | 'within';
      readonly size?: { readonly initialWidth?: number; readonly initialHeight?: number };
    },
  ): void => {
    const { at, direction, size } = place;
    api.addPanel({
      id,
      component: id,
      title: titleOf(id),
      ...LEAST[id],
      ...size,
      ...(direction === 'within' ? { inactive: true } : {}),
      position: { referencePanel: at, direction },
    });
  };
  const ticket = narrow ? 310 : 320;
  const quotes = width < WIDE ? 280 : 380;
  api.addPanel({ id: 'chart', component: 'chart', title: titleOf('chart') });
  add('ticket', { at: 'chart', direction: 'right', size: { initialWidth: ticket } });
  if (narrow) add('quotes', { at: 'ticket', direction: 'within' });
  else add('quotes', { at: 'chart', direction: 'left', size: { initialWidth: quotes } });
  add('orders', {
    at: 'chart',
    direction: 'below',
    size: { initialHeight: Math.max(240, Math.round(window.innerHeight * 0.32)) },
  });
  for (const id of ['positions', 'fills', 'accounts', 'inbox'] as const)
    add(id, { at: 'orders', direction: 'within' });
  if (narrow) add('depth', { at: 'ticket', direction: 'within' });
  else
    add('depth', {
      at: 'quotes',
      direction: 'below',
      size: { initialHeight: Math.round(window.innerHeight * 0.42) },
    });
  for (const id of ['data', 'connections', 'risk', 'audit'] as const)
    add(id, { at: 'chart', direction: 'within' });
  // What is added later takes its room from all that stand beside it.
  api.getPanel('ticket')?.api.setSize({ width: ticket });
  if (!narrow) api.getPanel('quotes')?.api.setSize({ width: quotes });
  api.getPanel('ticket')?.api.setActive();
}

function titleOf(id: PanelId): string {
  return PANELS.find((each) => each.id === id)?.title ?? id;
}

export function isPanelId(id: string): id is PanelId {
  return PANELS.some((each) => each.id === id);
}

/** Restores the saved layout, or makes the default one where there is none that can be read. */
export async function restoreLayout(api: DockviewApi): Promise<void> {
  const { json } = await workstation()
    .call('workspace.load', { name: DOCUMENT })
    .catch(() => ({ json: null }));
  const saved = parseLayout(json);
  try {
    if (saved !== undefined) {
      api.fromJSON(withLeast(saved));
      if (api.panels.length > 0) return;
    }
  } catch {
    // A layout of another version: the default one takes its place.
  }
  defaultLayout(api, window.innerWidth);
}

/** A layout of an earlier version does not have the least sizes. */
function withLeast(layout: SerializedDockview): SerializedDockview {
  const panels = Object.entries(layout.panels).map(([id, panel]) => [
    id,
    { ...panel, ...(isPanelId(id) ? LEAST[id] : {}) },
  ]);
  return { ...layout, panels: Object.fromEntries(panels) as SerializedDockview['panels'] };
}

/** @returns the layout when it names known panels only */
export function parseLayout(json: string | null): SerializedDockview | undefined {
  if (json === null) return undefined;
  try {
    const layout = JSON.parse(json) as SerializedDockview;
    const known = new Set<string>(PANELS.map(({ id }) => id));
    const ids = Object.keys(layout.panels ?? {});
    return ids.length > 0 && ids.every((id) => known.has(id)) ? layout : undefined;
  } catch {
    return undefined;
  }
}

/** Saves the layout a moment after its last change. Returns the function that ends it. */
export function keepLayout(api: DockviewApi): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const subscription = api.onDidLayoutChange(() => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (api.panels.length === 0) return;
      workstation()
        .call('workspace.save', { name: DOCUMENT, json: JSON.stringify(api.toJSON()) })
        .catch(() => undefined);
    }, SAVE_DELAY_MS);
  });
  return () => {
    clearTimeout(timer);
    subscription.dispose();
  };
}

/** Brings a panel to the front, opening it where it was closed, and moves the keyboard into it. */
export function focusPanel(api: DockviewApi, id: PanelId): void {
  const panel = api.getPanel(id);
  if (panel !== undefined) panel.api.setActive();
  else {
    const wanted = BESIDE_CHART.includes(id) ? (['chart'] as const) : (NEAR[id] ?? []);
    const beside = wanted.find((each) => api.getPanel(each) !== undefined);
    api.addPanel({
      id,
      component: id,
      title: titleOf(id),
      ...LEAST[id],
      ...(beside === undefined
        ? {}
        : { position: { referencePanel: beside, direction: 'within' } }),
    });
  }
  requestAnimationFrame(() => {
    const panel = document.querySelector(`[data-testid="${id}-panel"]`);
    const inside =
      // A panel may say where its work begins.
      panel?.querySelector<HTMLElement>('[data-first]') ??
      panel?.querySelector<HTMLElement>(
        ':is(button, select, input, textarea, [tabindex="0"]):not(:disabled, [tabindex="-1"])',
      );
    inside?.focus();
  });
}
