import type { Page } from 'playwright';
import { describe, expect, it } from 'vitest';
import {
  blockSession,
  CHROMIUM,
  command,
  isTooWide,
  typeInto,
  untilReady,
  untilSaved,
  untilStill,
} from './harness.ts';

/** Research as an analyst does it, by keyboard where a keyboard is enough. */
describe.skipIf(CHROMIUM === undefined)('research', () => {
  const session = blockSession();

  const text = (id: string): Promise<string> => session.text(id);

  /** Resolves when the report shows a run whose label has this text. */
  async function untilReport(page: Page, wanted: string): Promise<void> {
    const label = page.locator('[data-testid="report-run"] option:checked');
    await expect.poll(() => label.textContent(), { timeout: 90_000 }).toContain(wanted);
  }

  const filled = (page: Page): Promise<number> =>
    page
      .getByTestId('heat-map')
      .getAttribute('data-filled')
      .then(Number, () => 0);

  it('opens by a command and offers a sweep that can be run', async () => {
    const { page } = session;
    await command(page, 'new sweep');
    await page.getByTestId('research-panel').waitFor();
    await expect
      .poll(() => page.getByTestId('research-kind-sweep').getAttribute('aria-selected'))
      .toBe('true');
    await page.getByText('No research yet').waitFor();
    await page.getByTestId('research-estimate').waitFor();
    await expect.poll(() => text('research-start')).toBe('Run 153 backtests');
    await session.screenshot('research-empty');
  });

  it('counts values and combinations while they are typed, and says what is wrong', async () => {
    const { page } = session;
    await typeInto(page, 'to-slow', '6000');
    await page.getByText('Whole numbers from 2 to 5000.').waitFor();
    await expect.poll(() => page.getByTestId('research-start').isDisabled()).toBe(true);
    await typeInto(page, 'to-slow', '200');
    await expect.poll(() => text('range-count-slow')).toBe('38 values');
    await typeInto(page, 'research-constraints', 'slow > 2 * fastt');
    await page.getByText('did you mean fast', { exact: false }).waitFor();
    await typeInto(page, 'research-constraints', 'slow > 2 * fast');
    // fast 5..20, slow 15..200 step 5: 16 × 38 less those with slow <= 2 fast.
    let combinations = 0;
    for (let fast = 5; fast <= 20; fast += 1) {
      for (let slow = 15; slow <= 200; slow += 5) if (slow > 2 * fast) combinations += 1;
    }
    await expect.poll(() => text('research-start')).toBe(`Run ${combinations} backtests`);
    await expect.poll(() => text('research-estimate')).toContain(`${combinations} of 608`);
  });

  it('runs by keyboard, and the map has every combination', async () => {
    const { page } = session;
    await page.getByTestId('to-slow').focus();
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('heat-map').waitFor();
    await page.getByTestId('sweep-deflated').waitFor({ timeout: 90_000 });
    let combinations = 0;
    for (let fast = 5; fast <= 20; fast += 1) {
      for (let slow = 15; slow <= 200; slow += 5) if (slow > 2 * fast) combinations += 1;
    }
    await expect.poll(() => filled(page)).toBe(combinations);
    await expect.poll(() => text('sweep-tab-rows')).toBe(`Rows ${combinations}`);
    // The run of the first start and those of the sweep.
    await expect.poll(() => text('sweep-trials')).toContain(String(combinations + 1));
    await session.screenshot('research-sweep');
  });

  it('has a cursor: arrows move, b finds the best, Enter opens its backtest', async () => {
    const { page } = session;
    const map = page.getByTestId('heat-map');
    await map.focus();
    await page.keyboard.press('Control+Home');
    await expect.poll(() => text('map-readout')).toMatch(/fast 5\s+slow 200/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => text('map-readout')).toMatch(/fast 6\s+slow 195/);
    await page.keyboard.press('b');
    const best = await text('sweep-best');
    const [, fast = '', slow = ''] = /fast (\d+), slow (\d+)/.exec(best) ?? [];
    await expect.poll(() => text('map-readout')).toContain(slow);
    await page.keyboard.press('Enter');
    await untilReport(page, `${fast}/${slow}`);
    // The report's own figures are those of the sweep, though another engine made them.
    const sharpe = /Sharpe Ratio\s+([\d.-]+)/.exec(await text('sweep-headline'))?.[1];
    const cagr = /CAGR \[%\]\s+([\d.-]+)/.exec(await text('sweep-headline'))?.[1];
    await expect.poll(() => text('report-headline')).toContain(sharpe);
    await expect.poll(() => text('report-headline')).toContain(cagr);
    await expect
      .poll(() => map.evaluate((element) => element === document.activeElement))
      .toBe(true);
  });

  it('opens the cell that is clicked, and slices go through it', async () => {
    const { page } = session;
    const box = await page.getByTestId('heat-map').boundingBox();
    if (box === null) throw new Error('the map is not there');
    const at = { x: box.x + box.width * 0.3, y: box.y + box.height * 0.3 };
    await page.mouse.move(at.x, at.y);
    await expect.poll(() => text('map-readout')).toMatch(/fast \d+\s+slow \d+/);
    await untilStill(page);
    const [, fast = '', slow = ''] =
      /fast (\d+)\s+slow (\d+)/.exec(await text('map-readout')) ?? [];
    await page.mouse.click(at.x, at.y);
    await untilReport(page, `${fast}/${slow}`);
    await page.getByTestId('sweep-tab-slices').click();
    await expect.poll(() => text('sweep-chosen')).toContain(`fast ${fast}, slow ${slow}`);
    const slice = page.getByTestId('slice-fast');
    await expect
      .poll(() => slice.getAttribute('aria-valuetext'))
      .toMatch(new RegExp(`^fast ${fast}: Sharpe Ratio -?\\d\\.\\d+$`));
    await slice.focus();
    await page.keyboard.press('ArrowRight');
    await expect
      .poll(() => slice.getAttribute('aria-valuetext'))
      .toContain(`fast ${Number(fast) + 1}:`);
    await page.keyboard.press('Enter');
    await expect
      .poll(() => text('sweep-chosen'))
      .toContain(`fast ${Number(fast) + 1}, slow ${slow}`);
    await session.screenshot('research-slices');
  });

  it('has all rows, sorted and filtered where they are stored', async () => {
    const { page } = session;
    await page.getByTestId('sweep-tab-rows').click();
    const grid = page.getByTestId('sweep-rows');
    const column = (name: string): Promise<number[]> =>
      grid
        .locator(`.ag-row [col-id="${name}"]`)
        .allInnerTexts()
        .then((texts) => texts.map((each) => Number(each.replaceAll(',', ''))));
    await expect.poll(async () => (await column('sharpe')).length).toBeGreaterThan(5);
    const byScore = await column('sharpe');
    expect(byScore).toEqual(byScore.toSorted((a, b) => b - a));
    await grid.locator('.ag-header-cell[col-id="return"] .ag-header-cell-label').click();
    await expect
      .poll(async () => {
        const returns = await column('return');
        return (
          returns.length > 5 && returns.every((each, k) => k === 0 || each <= (returns[k - 1] ?? 0))
        );
      })
      .toBe(true);
    const fastHeader = grid.locator('.ag-header-cell[col-id="fast"]');
    await fastHeader.hover();
    await fastHeader.locator('.ag-header-cell-filter-button').click();
    await page.locator('.ag-filter input[type="number"]').first().fill('7');
    await expect
      .poll(async () => {
        const values = await column('fast');
        return values.length > 5 && values.every((each) => each === 7);
      })
      .toBe(true);
    await session.screenshot('research-rows');
    await page.locator('.ag-filter input[type="number"]').first().fill('');
    await page.keyboard.press('Escape');
    await expect.poll(async () => new Set(await column('fast')).size).toBeGreaterThan(1);
    const download = page.waitForEvent('download');
    await page.getByTestId('sweep-export').click();
    const stream = await (await download).createReadStream();
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const lines = Buffer.concat(chunks).toString().trim().split('\n');
    expect(lines[0]).toMatch(/^combination,fast,slow,return,cagr,sharpe/);
    expect(`Rows ${lines.length - 1}`).toBe(await text('sweep-tab-rows'));
    const row = grid.locator('.ag-row[row-index="0"]');
    const [fast, slow] = [
      await row.locator('[col-id="fast"]').innerText(),
      await row.locator('[col-id="slow"]').innerText(),
    ];
    await row.locator('.cell-button').click();
    await untilReport(page, `${fast}/${slow}`);
    await page.getByTestId('sweep-tab-findings').click();
    await expect.poll(() => text('sweep-findings')).toContain('Plateau or peak');
  });

  it('fills its map live, pauses, survives a reload and goes on', async () => {
    const { page } = session;
    await page.getByTestId('sweep-tab-map').click();
    await page.getByTestId('research-strategy').selectOption('atr-stop');
    await typeInto(page, 'research-constraints', '');
    await typeInto(page, 'from-period', '10');
    // What would take very long is asked for twice.
    await typeInto(page, 'to-period', '1000');
    await typeInto(page, 'step-period', '1');
    await page.getByTestId('vary-multiple').selectOption('range');
    await typeInto(page, 'step-multiple', '0.01');
    await expect.poll(() => text('research-estimate'), { timeout: 90_000 }).toMatch(/Time\s+\d+ h/);
    await page.keyboard.press('Control+Enter');
    await page.getByText('Start this large research?').waitFor();
    await session.screenshot('research-huge');
    await page.keyboard.press('Escape');
    await page.getByTestId('vary-multiple').selectOption('fixed');
    await typeInto(page, 'to-period', '200');
    await typeInto(page, 'step-period', '4');
    await typeInto(page, 'from-atr', '5');
    await typeInto(page, 'to-atr', '60');
    await typeInto(page, 'step-atr', '1');
    await expect.poll(() => text('research-start')).toBe('Run 2,688 backtests');
    await page.getByTestId('research-start').press('Enter');
    await expect.poll(() => text('research-progress'), { timeout: 90_000 }).toMatch(/\/s/);
    await expect.poll(() => filled(page), { timeout: 90_000 }).toBeGreaterThan(0);
    const early = await filled(page);
    expect(early).toBeLessThan(2_688);
    await expect.poll(() => filled(page), { timeout: 90_000 }).toBeGreaterThan(early);
    await session.screenshot('research-live');
    await command(page, 'pause or resume');
    await expect.poll(() => text('research-state')).toBe('Paused');
    const paused = await text('research-progress');
    const results = await text('sweep-tab-rows');
    await untilSaved(page, session.folder);
    await page.reload();
    await untilReady(page);
    await page.getByTestId('research-progress').waitFor();
    await expect.poll(() => text('research-state')).toBe('Paused');
    await expect.poll(() => text('research-progress')).toBe(paused);
    await expect.poll(() => text('sweep-tab-rows')).toBe(results);
    await expect.poll(() => filled(page)).toBeGreaterThan(0);
    await session.screenshot('research-paused');
    await page.getByTestId('research-resume').press('Enter');
    await page.getByTestId('sweep-deflated').waitFor({ timeout: 180_000 });
    await expect.poll(() => text('sweep-tab-rows')).toBe('Rows 2,688');
    await expect.poll(() => filled(page)).toBe(2_688);
    await page.getByTestId('heat-map').focus();
    await page.keyboard.press('b');
    await page.keyboard.press('Enter');
    const [, period = '', atr = ''] =
      /period (\d+), atr (\d+)/.exec(await text('sweep-best')) ?? [];
    await untilReport(page, `ATR stop ${period}/${atr}/`);
  });

  it('cancels what is not wanted, with its results', async () => {
    const { page } = session;
    await typeInto(page, 'from-atr', '6');
    await expect.poll(() => text('research-start')).toBe('Run 2,640 backtests');
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('research-cancel').click();
    await page.getByTestId('confirm').click();
    await page.getByTestId('research-list').waitFor();
    await expect.poll(() => page.locator('.research-item').count()).toBe(2);
    await page.getByTestId('research-open-sweep').first().press('Enter');
    await page.getByTestId('sweep-headline').waitFor();
  });

  it('tests a choice of parameters on the time after it', async () => {
    const { page } = session;
    await command(page, 'new walk-forward');
    await page.getByTestId('research-strategy').selectOption('sma-cross');
    await typeInto(page, 'walk-train', 'long');
    await page.getByText('A length such as 2y').waitFor();
    await typeInto(page, 'walk-train', '3y');
    await expect.poll(() => text('research-start')).toMatch(/^Test \d+ × 18 windows$/);
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('walk-view').waitFor({ timeout: 90_000 });
    await expect.poll(() => page.locator('[data-testid="walk-windows"] tbody tr').count()).toBe(18);
    await expect.poll(() => text('walk-headline')).toMatch(/Efficiency\s+-?[\d.]+/);
    await page.getByTestId('walk-curve').locator('canvas').first().waitFor();
    await page.getByTestId('walk-pace').focus();
    await page.keyboard.press('Home');
    await expect
      .poll(() => page.getByTestId('walk-pace').getAttribute('aria-valuetext'))
      .toMatch(/^Window 1: In sample -?[\d.]+ %, Out of sample -?[\d.]+ %$/);
    await session.screenshot('research-walk-forward');
  });

  it('simulates other courses of a run', async () => {
    const { page } = session;
    await command(page, 'new monte carlo');
    // The form is there only once the list of runs is.
    await page.getByTestId('research-start').focus();
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('monte-view').waitFor({ timeout: 90_000 });
    await expect.poll(() => text('monte-headline')).toMatch(/Ruin, to 50 %\s+[\d.]+ %/);
    await page.getByTestId('monte-fan').focus();
    await page.keyboard.press('Home');
    // Every path begins with the capital.
    await expect
      .poll(() => page.getByTestId('monte-fan').getAttribute('aria-valuetext'))
      .toBe('Trade 0: Median 1.00 ×, The run 1.00 ×');
    await session.screenshot('research-monte-carlo');
  });

  it('audits a run and says why', async () => {
    const { page } = session;
    await command(page, 'audit the run');
    // The form is there only once the list of runs is.
    await page.getByTestId('research-start').focus();
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('audit-view').waitFor({ timeout: 120_000 });
    await expect.poll(() => text('audit-grade')).toMatch(/^[A-F]$/);
    // No costs were set, which the audit calls serious.
    await expect
      .poll(() => text('audit-view'))
      .toContain('Trading is free of commission and slippage');
    await session.screenshot('research-audit');
  });

  it('keeps all of it, opens it again and deletes it when asked twice', async () => {
    const { page } = session;
    await command(page, 'all research');
    await page.getByTestId('research-list').waitFor();
    const list = page.getByTestId('research-list').getByRole('listitem');
    await expect.poll(() => page.locator('.research-item').count()).toBe(5);
    await session.screenshot('research-list');
    await page.getByRole('button', { name: /^Delete Audit/ }).click();
    await page.keyboard.press('Escape');
    await page.getByTestId('confirm').waitFor({ state: 'detached' });
    await expect.poll(() => page.locator('.research-item').count()).toBe(5);
    await page.getByRole('button', { name: /^Delete Audit/ }).click();
    await page.getByTestId('confirm').click();
    await expect.poll(() => page.locator('.research-item').count()).toBe(4);
    await page.getByTestId('research-open-walk-forward').press('Enter');
    await page.getByTestId('walk-view').waitFor();
    await expect.poll(() => list.count()).toBe(0);
  });

  it('fits both sizes in both themes', async () => {
    const { page } = session;
    await command(page, 'all research');
    await page.getByTestId('research-open-sweep').last().click();
    await page.getByTestId('heat-map').waitFor();
    await page.getByTestId('research-kind-sweep').click();
    const views = [
      ['sweep', 'research-open-sweep'],
      ['walk', 'research-open-walk-forward'],
      ['monte', 'research-open-monte-carlo'],
    ] as const;
    for (const [width, height] of [
      [1_280, 800],
      [1_920, 1_080],
    ] as const) {
      await page.setViewportSize({ width, height });
      for (const theme of ['light', 'dark']) {
        await page.getByTestId('toggle-theme').click();
        await page.waitForFunction(
          (name) => document.documentElement.dataset['theme'] === name,
          theme,
        );
        for (const [name, opener] of views) {
          await page.getByTestId('research-all').click();
          await page.getByTestId(opener).last().click();
          await page.mouse.move(5, 5);
          await untilStill(page);
          await session.screenshot(`research-${name}-${width}-${theme}`);
        }
      }
      await expect.poll(() => isTooWide(page)).toBe(false);
    }
    await command(page, 'all research');
    await page.getByTestId('research-open-sweep').last().click();
    await page.getByTestId('heat-map').focus();
    await page.keyboard.press('Control+m');
    await untilStill(page);
    await session.screenshot('research-maximised');
    await page.keyboard.press('Control+m');
  });

  it('reports no error of its own', () => {
    expect(session.errors).toEqual([]);
  });
});
