import { Columns3, Download, FileText, Trash2 } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { useEffect, useState } from 'react';
import type { Run } from '../../../engine/protocol/schemas.ts';
import { changeCompared, loadCompared, useCompared, withRun } from '../../client/compared.ts';
import { openPanel, workstation } from '../../client/store.ts';
import { download, toCsv } from '../../components/csv.ts';
import { useBundleMenu } from './bundle-menu.tsx';
import { TearSheetDialog } from './tear-sheet.tsx';
import { fieldsOf, rowsOf, tradesCsv } from './trade-rows.ts';

/** What can be done with the run that is shown. */
export function RunActions({ run }: { run: Run }) {
  const [sheet, setSheet] = useState(false);
  const { runIds } = useCompared();
  useEffect(() => void loadCompared(), []);
  const { id } = run.summary;
  const compared = runIds.includes(id);

  function compare(): void {
    void changeCompared((before) => ({ runIds: withRun(before.runIds, id) }));
    if (!compared) openPanel('compare');
  }

  return (
    <>
      <button
        type="button"
        className="button"
        aria-label="Tear sheet"
        title="Tear sheet: the whole report on one page"
        data-testid="report-tear-sheet"
        onClick={() => setSheet(true)}
      >
        <FileText size={13} aria-hidden /> <span className="button-text">Tear sheet</span>
      </button>
      <button
        type="button"
        className="button"
        aria-label="Compare"
        aria-pressed={compared}
        title={compared ? 'Take out of the comparison' : 'Add to the comparison'}
        data-testid="report-compare"
        onClick={compare}
      >
        <Columns3 size={13} aria-hidden /> <span className="button-text">Compare</span>
      </button>
      <SaveMenu run={run} />
      <button
        type="button"
        className="icon-button"
        aria-label="Delete this run"
        title="Delete this run"
        onClick={() =>
          void workstation()
            .call('runs.delete', { runId: id })
            .catch(() => undefined)
        }
      >
        <Trash2 size={14} aria-hidden />
      </button>
      {sheet ? <TearSheetDialog summary={run.summary} onClose={() => setSheet(false)} /> : null}
    </>
  );
}

function SaveMenu({ run }: { run: Run }) {
  const name = `${run.summary.request.strategy}-${run.summary.symbol}`;
  const bundles = useBundleMenu(run.summary.id);
  const saveTrades = (): void => {
    const rows = rowsOf(run);
    download(`${name}-trades.csv`, tradesCsv(rows, fieldsOf(run, rows)));
  };
  const saveEquity = (): void => {
    const lines = Array.from(run.time, (time, i) => [
      new Date(time).toISOString(),
      run.equity[i] as number,
      run.benchmark[i] as number,
      run.position[i] as number,
    ]);
    // Several positions are counted by their value.
    const held = run.instruments === undefined ? 'position' : 'invested';
    download(`${name}-equity.csv`, toCsv(['time', 'equity', 'benchmark', held], lines));
  };
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger
        className="button"
        aria-label="Save"
        title="Save trades, equity or a run bundle, or open a bundle"
        data-testid="report-save"
      >
        <Download size={13} aria-hidden /> <span className="button-text">Save</span>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
          <DropdownMenu.Item className="menu-item" onSelect={saveTrades}>
            Trades as CSV
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" onSelect={saveEquity}>
            Equity as CSV
          </DropdownMenu.Item>
          {bundles.items}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
      {bundles.outside}
    </DropdownMenu.Root>
  );
}
