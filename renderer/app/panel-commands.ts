import type { DockviewApi } from 'dockview-react';
import { focusPanel, type PanelId } from './layout.ts';

/** Commands that press a button of a panel, which is opened for them. */
export interface PanelCommand {
  readonly title: string;
  readonly keys?: string;
  readonly panel: PanelId;
  /** Test ids of the button; the first that is there is pressed. */
  readonly button: readonly string[];
}

/** Shows the form of the research panel, where the button that is wanted may be. */
const TOGGLE = 'research-setup-toggle';

export const PANEL_COMMANDS: readonly PanelCommand[] = [
  { title: 'New strategy', panel: 'strategy', button: ['strategy-new'] },
  { title: 'Save the strategy', keys: 'Ctrl+S', panel: 'strategy', button: ['strategy-save'] },
  { title: 'Duplicate the strategy', panel: 'strategy', button: ['strategy-duplicate'] },
  { title: 'Delete the strategy', panel: 'strategy', button: ['strategy-delete'] },
  { title: 'Backtest the strategy', panel: 'strategy', button: ['strategy-backtest'] },
  { title: 'Strategy as a form', panel: 'strategy', button: ['strategy-form'] },
  { title: 'Strategy as YAML', panel: 'strategy', button: ['strategy-yaml'] },
  { title: 'Strategy as JSON', panel: 'strategy', button: ['strategy-json'] },
  { title: 'Search strategies', panel: 'strategy', button: ['strategy-search'] },
  { title: 'Open the tear sheet', keys: 'Ctrl+J', panel: 'report', button: ['report-tear-sheet'] },
  { title: 'Compare the run of the report', panel: 'report', button: ['report-compare'] },
  { title: 'Choose runs to compare', panel: 'compare', button: ['compare-choose'] },
  { title: 'Copy the comparison as CSV', panel: 'compare', button: ['compare-copy'] },
  { title: 'Comparison: logarithmic scale', panel: 'compare', button: ['compare-log'] },
  { title: 'New sweep', panel: 'research', button: ['research-kind-sweep', TOGGLE] },
  {
    title: 'New walk-forward test',
    panel: 'research',
    button: ['research-kind-walk-forward', TOGGLE],
  },
  {
    title: 'New cross-validation',
    panel: 'research',
    button: ['research-kind-cross-validation', TOGGLE],
  },
  {
    title: 'Random entries like the run of the report',
    panel: 'research',
    button: ['research-kind-random-entry', TOGGLE],
  },
  {
    title: 'New Monte Carlo simulation',
    panel: 'research',
    button: ['research-kind-monte-carlo', TOGGLE],
  },
  {
    title: 'Audit the run of the report',
    panel: 'research',
    button: ['research-kind-audit', TOGGLE],
  },
  { title: 'All research', panel: 'research', button: ['research-all'] },
  { title: 'Show or hide the research form', panel: 'research', button: [TOGGLE] },
  {
    title: 'Pause or resume the research',
    panel: 'research',
    button: ['research-pause', 'research-resume'],
  },
  { title: 'Heat map of the sweep', panel: 'research', button: ['sweep-tab-map'] },
  { title: 'Slices of the sweep', panel: 'research', button: ['sweep-tab-slices'] },
  { title: 'Rows of the sweep', panel: 'research', button: ['sweep-tab-rows'] },
  { title: 'Findings of the sweep', panel: 'research', button: ['sweep-tab-findings'] },
  { title: 'Backtest the chosen combination', panel: 'research', button: ['open-chosen'] },
  { title: 'Save the results of the sweep as CSV', panel: 'research', button: ['sweep-export'] },
  { title: 'Buy: the ticket', keys: 'Ctrl+Shift+B', panel: 'ticket', button: ['ticket-buy'] },
  { title: 'Sell: the ticket', keys: 'Ctrl+Shift+S', panel: 'ticket', button: ['ticket-sell'] },
  { title: 'Ticket: symbol', panel: 'ticket', button: ['ticket-symbol'] },
  { title: 'Ticket: order', panel: 'ticket', button: ['ticket-mode-order'] },
  { title: 'Ticket: algorithm', panel: 'ticket', button: ['ticket-mode-algorithm'] },
  { title: 'Chart: the symbol of the ticket, live', panel: 'chart', button: ['chart-symbol'] },
  { title: 'Chart: the stored series', panel: 'chart', button: ['chart-stored'] },
  { title: 'Chart: follow the market or not', panel: 'chart', button: ['chart-live'] },
  { title: 'Add a symbol to the quotes', panel: 'quotes', button: ['quotes-add'] },
  { title: 'Open orders', panel: 'orders', button: ['orders-open'] },
  { title: 'All orders', panel: 'orders', button: ['orders-all'] },
  { title: 'Cancel all orders', panel: 'orders', button: ['orders-cancel-all'] },
  { title: 'Flatten the position', panel: 'positions', button: ['positions-flatten'] },
  { title: 'Reverse the position', panel: 'positions', button: ['positions-reverse'] },
  { title: 'Running algorithms', panel: 'algorithms', button: ['algorithms-running'] },
  { title: 'All algorithms', panel: 'algorithms', button: ['algorithms-all'] },
  { title: 'Execution quality by hour', panel: 'quality', button: ['quality-by-hour'] },
  { title: 'Execution quality by size', panel: 'quality', button: ['quality-by-size'] },
  { title: 'Save the fills as CSV', panel: 'fills', button: ['fills-csv'] },
  {
    title: 'Connect or disconnect paper trading',
    panel: 'connections',
    button: ['connection-toggle-simulated'],
  },
  { title: 'Resume trading', panel: 'risk', button: ['risk-set-active'] },
  { title: 'Watchdog: watch an account', panel: 'risk', button: ['watchdog-account'] },
  { title: 'Take exits only', panel: 'risk', button: ['risk-set-reduce-only'] },
  { title: 'Compare with the venues', panel: 'inbox', button: ['inbox-compare'] },
  { title: 'Check the chain of the audit log', panel: 'audit', button: ['audit-verify'] },
];

/** Opens a panel and presses a button of it; a field is given the keyboard. */
export function pressInPanel(api: DockviewApi, panel: PanelId, buttons: readonly string[]): void {
  focusPanel(api, panel);
  // The panel is drawn in the frame after it was opened, and takes the keyboard in that.
  requestAnimationFrame(() => {
    requestAnimationFrame(() => {
      const found = buttons
        .map((id) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`))
        .find((element) => element !== null);
      found?.focus();
      if (found instanceof HTMLButtonElement) found.click();
    });
  });
}
