import { describe, expect, it } from 'vitest';
import { blockSession, CHROMIUM, command, isTooWide, typeInto } from './harness.ts';

/** How far results can be trusted, as an analyst finds out. */
describe.skipIf(CHROMIUM === undefined)('validation', () => {
  const session = blockSession();

  const text = (id: string): Promise<string> => session.text(id);

  /** Both themes, as pictures to be looked at; ends in the dark one. */
  async function picture(name: string): Promise<void> {
    const { page } = session;
    for (const theme of ['light', 'dark']) {
      await page.getByTestId('toggle-theme').click();
      await page.waitForFunction(
        (wanted) => document.documentElement.dataset['theme'] === wanted,
        theme,
      );
      await page.waitForTimeout(300);
      await session.screenshot(`validation-${name}-${theme}`);
    }
  }

  it('says what a cross-validation will do, and where its bars cannot be cut so', async () => {
    const { page } = session;
    await command(page, 'new cross-validation');
    await page.getByTestId('research-panel').waitFor();
    await expect.poll(() => text('research-start')).toBe('Validate 153 × 28 splits');
    await expect.poll(() => text('research-estimate')).toMatch(/Splits\s+28\s+Paths\s+7/);
    await typeInto(page, 'cross-purge', '4000');
    await page.getByText('without a bar to choose on', { exact: false }).waitFor();
    await expect.poll(() => page.getByTestId('research-start').isDisabled()).toBe(true);
    await typeInto(page, 'cross-purge', '60');
    await typeInto(page, 'cross-test-folds', '8');
    await page.getByText('Fewer than there are folds.').waitFor();
    await typeInto(page, 'cross-test-folds', '2');
    await expect.poll(() => text('research-start')).toBe('Validate 153 × 28 splits');
  });

  it('runs it by keyboard and draws splits and paths', { timeout: 60_000 }, async () => {
    const { page } = session;
    await page.getByTestId('cross-folds').focus();
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('cross-view').waitFor({ timeout: 40_000 });
    const rows = page.locator('[data-testid="cross-splits"] tbody tr');
    await expect.poll(() => rows.count()).toBe(28);
    // Folds 1 and 2 are tested together, so they are trained on one stretch behind the purge.
    await expect.poll(() => rows.first().locator('.train').count()).toBe(1);
    await expect.poll(() => rows.first().locator('.test').count()).toBe(2);
    await expect.poll(() => text('cross-headline')).toMatch(/Splits, paths\s+28, 7/);
    await expect.poll(() => text('cross-verdict')).toMatch(/^The choice .* of 28 splits/);
    await expect.poll(() => page.locator('[data-testid="cross-strip"] b').count()).toBe(7);
    await page.getByTestId('cross-paths').locator('canvas').first().waitFor();
    const download = page.waitForEvent('download');
    await page.getByTestId('cross-export').click();
    const stream = await (await download).createReadStream();
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const lines = Buffer.concat(chunks).toString().trim().split('\n');
    expect(lines[0]).toBe(
      'tested_folds,fast,slow,in_sample_score,out_of_sample_score,out_of_sample_return,rank',
    );
    expect(lines).toHaveLength(29);
    await picture('cross');
  });

  it('shows what surrounds the best of a sweep', { timeout: 60_000 }, async () => {
    const { page } = session;
    await command(page, 'new sweep');
    await page.getByTestId('to-slow').focus();
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('sweep-deflated').waitFor({ timeout: 30_000 });
    await page.getByTestId('sweep-tab-findings').click();
    await page.getByTestId('plateau-verdict').waitFor();
    await expect.poll(() => text('plateau-verdict')).toMatch(/stability \d\.\d\d/);
    const best = await text('sweep-best');
    await expect
      .poll(() => page.locator('.plateau-table tbody tr').first().innerText())
      .toContain(best);
    // The figure of the headline, made when the sweep ended, is that of the table, made now.
    const stability = /Stability\s+(\d\.\d\d)/.exec(await text('sweep-headline'))?.[1];
    await expect
      .poll(() => page.locator('.plateau-table tbody tr').first().innerText())
      .toContain(stability);
    const bars = page.getByTestId('plateau-histogram');
    await bars.focus();
    await page.keyboard.press('Home');
    await expect.poll(() => bars.getAttribute('aria-valuetext')).toMatch(/of 153 combinations$/);
    await page.getByTestId('plateau-radius').selectOption('2');
    await expect
      .poll(() => page.locator('.plateau-table tbody tr').first().innerText())
      .toMatch(/\t(1[0-9]|2[0-4])\t/);
  });

  it('checks it against chance and against random entries', { timeout: 90_000 }, async () => {
    const { page } = session;
    await page.getByTestId('reality-hold').press('Enter');
    await page.getByTestId('reality-verdict').waitFor({ timeout: 40_000 });
    await expect.poll(() => text('reality-verdict')).toMatch(/153 combinations/);
    await page.getByTestId('reality-histogram').waitFor();
    await page.getByTestId('random-best').press('Enter');
    await page.getByTestId('random-verdict').waitFor({ timeout: 40_000 });
    await expect
      .poll(() => text('random-verdict'))
      .toMatch(/^The run’s \d+ trades returned more than/);
    const bars = page.getByTestId('random-growth');
    await bars.focus();
    await page.keyboard.press('End');
    await expect
      .poll(() => bars.getAttribute('aria-valuetext'))
      .toMatch(/The run [+-][\d.]+ %; .* of 1,000 random strategies$/);
    await page.getByTestId('sweep-findings').evaluate((element) => element.scrollTo(0, 0));
    await picture('findings');
    await bars.scrollIntoViewIfNeeded();
    await picture('chance');
  });

  it('compares the run of the report from the form', { timeout: 60_000 }, async () => {
    const { page } = session;
    await command(page, 'random entries like the run');
    await typeInto(page, 'random-samples', '50');
    await expect.poll(() => page.getByTestId('research-start').isDisabled()).toBe(true);
    await typeInto(page, 'random-samples', '400');
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('random-view').waitFor({ timeout: 30_000 });
    await expect
      .poll(() => page.getByTestId('random-sharpe').getAttribute('aria-valuetext'))
      .toMatch(/Random mean .*; The run/);
    await picture('random');
  });

  it('lists all of it, opens it and deletes it', async () => {
    const { page } = session;
    await command(page, 'all research');
    await page.getByTestId('research-list').waitFor();
    await page.getByTestId('research-open-reality-check').press('Enter');
    await page.getByTestId('reality-view').waitFor();
    await picture('reality');
    await page.getByTestId('research-all').click();
    await page.getByRole('button', { name: /^Delete Reality check/ }).waitFor();
    const before = await page.locator('.research-item').count();
    await page.getByRole('button', { name: /^Delete Reality check/ }).click();
    await page.getByTestId('confirm').click();
    await expect.poll(() => page.locator('.research-item').count()).toBe(before - 1);
  });

  it('fits a narrow window', async () => {
    const { page } = session;
    await page.getByTestId('research-open-cross-validation').press('Enter');
    await page.getByTestId('cross-view').waitFor();
    await page.setViewportSize({ width: 1_000, height: 700 });
    await page.waitForTimeout(400);
    await session.screenshot('validation-cross-1000');
    await expect.poll(() => isTooWide(page)).toBe(false);
    await page.setViewportSize({ width: 1_920, height: 1_080 });
    await page.waitForTimeout(400);
    await session.screenshot('validation-cross-1920');
  });

  it('reports no error of its own', () => {
    expect(session.errors).toEqual([]);
  });
});
