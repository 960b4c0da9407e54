import { describe, expect, it } from 'vitest';
import { LAYOUT } from '../../electron/layout.ts';
import { openWorkstation } from '../../electron/workstation.ts';
import { CHROMIUM, openBrowser, removeFolder, temporaryFolder, untilReady } from './harness.ts';

describe.skipIf(CHROMIUM === undefined)('the panels for strategies and comparisons', () => {
  it('open beside the chart in a workspace that was left before there were any', async () => {
    const own = temporaryFolder();
    const workstation = await openWorkstation({
      dataDirectory: own,
      version: LAYOUT.version,
      workerUrl: LAYOUT.workerUrl,
      storeThreadUrl: LAYOUT.storeThreadUrl,
      resourcesDirectory: LAYOUT.resourcesDirectory,
      carrier: 'cli',
      seedDefault: true,
    });
    await workstation.seeded;
    const client = workstation.localClient({ carrier: 'cli' });
    const leaf = (id: string, size: number): unknown => ({
      type: 'leaf',
      data: { views: [id], activeView: id, id: `g-${id}` },
      size,
    });
    const panels = Object.fromEntries(
      ['data', 'chart', 'backtest', 'report'].map((id) => [
        id,
        { id, contentComponent: id, title: id },
      ]),
    );
    const column = { type: 'branch', data: [leaf('chart', 500), leaf('report', 290)], size: 890 };
    const layout = {
      grid: {
        root: {
          type: 'branch',
          data: [leaf('data', 250), column, leaf('backtest', 300)],
          size: 790,
        },
        width: 1_440,
        height: 790,
        orientation: 'HORIZONTAL',
      },
      panels,
      activeGroup: 'g-chart',
    };
    await client.call('workspace.save', { name: 'layout', json: JSON.stringify(layout) });
    await client.call('workspace.save', { name: 'strategy.editor', json: '{"view":"graph"}' });
    await client.call('workspace.save', { name: 'compare', json: '[1]' });
    await workstation.close();
    const other = await openBrowser(own);
    try {
      const { page } = other;
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      await untilReady(page);
      await expect.poll(() => page.locator('.dv-tab').count()).toBe(4);
      await page.keyboard.press('Control+5');
      await page.getByText('Rules make a strategy').waitFor();
      await page.keyboard.press('Control+6');
      await page.getByText('Two runs make a comparison').waitFor();
      await expect.poll(() => page.locator('.dv-tab').count()).toBe(6);
      await expect
        .poll(() => page.locator('.dv-tabs-container', { hasText: 'chart' }).first().innerText())
        .toMatch(/chart[^]*Strategy[^]*Compare/);
      expect(errors).toEqual([]);
    } finally {
      await other.close();
      removeFolder(own);
    }
  });
});
