import { DockviewReact, type DockviewApi, type DockviewReadyEvent } from 'dockview-react';
import { Command as CommandIcon, Moon, Sun } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useSaved } from '../client/saved.ts';
import { useWorkstation } from '../client/store.ts';
import { ErrorState, PanelBoundary } from '../components/states.tsx';
import { applyAppearance, THEMES, type Appearance } from '../components/theme.ts';
import { BacktestPanel } from '../panels/backtest/backtest-panel.tsx';
import { ChartPanel } from '../panels/chart/chart-panel.tsx';
import { ComparePanel } from '../panels/compare/compare-panel.tsx';
import { DataPanel } from '../panels/data/data-panel.tsx';
import { ReportPanel } from '../panels/report/report-panel.tsx';
import { ResearchPanel } from '../panels/research/research-panel.tsx';
import { StrategyPanel } from '../panels/strategy/strategy-panel.tsx';
import { AlgorithmsPanel } from '../panels/algorithms/algorithms-panel.tsx';
import { AccountsPanel } from '../panels/accounts/accounts-panel.tsx';
import { AuditPanel } from '../panels/audit/audit-panel.tsx';
import { ConnectionsPanel } from '../panels/connections/connections-panel.tsx';
import { DepthPanel } from '../panels/depth/depth-panel.tsx';
import { FillsPanel } from '../panels/fills/fills-panel.tsx';
import { InboxPanel } from '../panels/inbox/inbox-panel.tsx';
import { OrdersPanel } from '../panels/orders/orders-panel.tsx';
import { PositionsPanel } from '../panels/positions/positions-panel.tsx';
import { QualityPanel } from '../panels/quality/quality-panel.tsx';
import { QuotesPanel } from '../panels/quotes/quotes-panel.tsx';
import { RiskPanel } from '../panels/risk/risk-panel.tsx';
import { TicketPanel } from '../panels/ticket/ticket-panel.tsx';
import { CommandPalette, type Command } from './commands.tsx';
import {
  defaultLayout,
  focusPanel,
  isPanelId,
  keepLayout,
  PANELS,
  restoreLayout,
  tradingLayout,
} from './layout.ts';
import { PANEL_COMMANDS, pressInPanel } from './panel-commands.ts';
import { SessionNotice, StatusBar, StoreNotice } from './status-bar.tsx';
import { Toasts } from './toasts.tsx';
import { useTradingMode } from './trading-status.tsx';

const bounded = (Panel: () => ReactNode) => () => (
  <PanelBoundary>
    <Panel />
  </PanelBoundary>
);

const COMPONENTS = {
  chart: bounded(ChartPanel),
  backtest: bounded(BacktestPanel),
  report: bounded(ReportPanel),
  data: bounded(DataPanel),
  strategy: bounded(StrategyPanel),
  compare: bounded(ComparePanel),
  research: bounded(ResearchPanel),
  ticket: bounded(TicketPanel),
  orders: bounded(OrdersPanel),
  positions: bounded(PositionsPanel),
  fills: bounded(FillsPanel),
  accounts: bounded(AccountsPanel),
  quotes: bounded(QuotesPanel),
  depth: bounded(DepthPanel),
  connections: bounded(ConnectionsPanel),
  risk: bounded(RiskPanel),
  inbox: bounded(InboxPanel),
  audit: bounded(AuditPanel),
  algorithms: bounded(AlgorithmsPanel),
  quality: bounded(QualityPanel),
};

/** Panels that a digit opens. */
const NUMBERED = 9;

/** The dock takes its colours from the design tokens, through one class of ours. */
const DOCK_THEME = { name: 'renata', className: 'dockview-theme-renata', gap: 1 };

function parseAppearance(stored: unknown): Appearance | undefined {
  const given = stored as Partial<Appearance> | null;
  const theme = THEMES.find((name) => name === given?.theme);
  return theme === undefined ? undefined : { theme, colourBlind: given?.colourBlind === true };
}

export function App() {
  const failure = useWorkstation((state) => state.failure);
  const info = useWorkstation((state) => state.info);
  const api = useRef<DockviewApi>(undefined);
  const [palette, setPalette] = useState(false);
  const [killing, setKilling] = useState(false);
  const mode = useTradingMode();
  const [appearance, setAppearance] = useSaved<Appearance>(
    'appearance',
    { theme: 'dark', colourBlind: false },
    parseAppearance,
  );
  useEffect(() => applyAppearance(appearance), [appearance]);

  const wished = useWorkstation((state) => state.panel);
  useEffect(() => {
    if (wished === null || api.current === undefined || !isPanelId(wished.id)) return;
    focusPanel(api.current, wished.id);
  }, [wished]);

  const commands = useMemo<readonly Command[]>(
    () => [
      ...PANELS.map(({ id, title }, index) => ({
        title: `Go to ${title}`,
        ...(index < NUMBERED ? { keys: `Ctrl+${index + 1}` } : {}),
        run: () => api.current !== undefined && focusPanel(api.current, id),
      })),
      {
        title: 'Run the backtest, or the research of its panel',
        keys: 'Ctrl+Enter',
        run: () => {
          const inside = document.activeElement?.closest('[data-testid="research-panel"]');
          const form =
            inside?.querySelector<HTMLFormElement>('[data-testid="research-form"]') ??
            document.querySelector<HTMLFormElement>('[data-testid="backtest-panel"]');
          form?.requestSubmit();
        },
      },
      {
        title: 'Add an indicator or expression',
        keys: '/',
        run: () => document.querySelector<HTMLElement>('[data-testid="chart-indicators"]')?.click(),
      },
      {
        title: 'Import a file',
        keys: 'Ctrl+O',
        run: () => document.querySelector<HTMLInputElement>('[data-testid="data-file"]')?.click(),
      },
      ...PANEL_COMMANDS.map(({ title, keys, panel, button }) => ({
        title,
        ...(keys === undefined ? {} : { keys }),
        run: () => api.current !== undefined && pressInPanel(api.current, panel, button),
      })),
      ...THEMES.map((theme) => ({
        title: `Theme: ${theme}`,
        run: () => setAppearance({ ...appearance, theme }),
      })),
      {
        title: appearance.colourBlind
          ? 'Colours: green and red'
          : 'Colours: blue and orange (colour-blind)',
        run: () => setAppearance({ ...appearance, colourBlind: !appearance.colourBlind }),
      },
      {
        title: 'Maximise or restore the panel',
        keys: 'Ctrl+M',
        run: () => {
          const group = api.current?.activeGroup;
          if (group?.api.isMaximized() === true) group.api.exitMaximized();
          else group?.api.maximize();
        },
      },
      {
        title: 'Kill switch: cancel all orders and halt trading',
        keys: 'Ctrl+Shift+X',
        run: () => setKilling(true),
      },
      {
        title: 'Workspace: trading',
        run: () => api.current !== undefined && tradingLayout(api.current, window.innerWidth),
      },
      {
        title: 'Workspace: research',
        run: () => api.current !== undefined && defaultLayout(api.current, window.innerWidth),
      },
      {
        title: 'Reset the layout',
        run: () => api.current !== undefined && defaultLayout(api.current, window.innerWidth),
      },
    ],
    [appearance, setAppearance],
  );

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const modifier = event.ctrlKey || event.metaKey;
      if (!modifier) return;
      const key = event.key === 'Enter' ? 'Enter' : event.key.toUpperCase();
      const name = `Ctrl+${event.shiftKey ? 'Shift+' : ''}${key}`;
      const command =
        name === 'Ctrl+K'
          ? { run: () => setPalette(true) }
          : commands.find(({ keys }) => keys === name);
      if (command === undefined) return;
      event.preventDefault();
      command.run();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [commands]);

  const stop = useRef<() => void>(undefined);
  const onReady = useCallback((event: DockviewReadyEvent) => {
    api.current = event.api;
    void restoreLayout(event.api).then(() => {
      stop.current = keepLayout(event.api);
    });
  }, []);
  useEffect(() => () => stop.current?.(), []);

  const dark = appearance.theme !== 'light';
  return (
    <div className={`app mode-${mode}`}>
      <header className="top-bar">
        <span className="brand">Renata</span>
        <button
          type="button"
          className="palette-button"
          data-testid="open-palette"
          onClick={() => setPalette(true)}
        >
          <CommandIcon size={12} aria-hidden /> Commands <kbd>Ctrl K</kbd>
        </button>
        <span className="spacer" />
        <button
          type="button"
          className="icon-button"
          aria-label={dark ? 'Light theme' : 'Dark theme'}
          data-testid="toggle-theme"
          onClick={() => setAppearance({ ...appearance, theme: dark ? 'light' : 'dark' })}
        >
          {dark ? <Sun size={14} aria-hidden /> : <Moon size={14} aria-hidden />}
        </button>
      </header>
      <div className="session-strip" aria-hidden />
      <SessionNotice />
      <StoreNotice />
      <main className="dock">
        {failure !== null && info === null ? (
          <ErrorState error={failure} onRetry={() => window.location.reload()} />
        ) : (
          <DockviewReact components={COMPONENTS} theme={DOCK_THEME} onReady={onReady} />
        )}
      </main>
      <StatusBar killing={killing} onKilling={setKilling} />
      <Toasts />
      <CommandPalette open={palette} onOpenChange={setPalette} commands={commands} />
    </div>
  );
}
