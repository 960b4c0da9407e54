import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright';
import { describe, expect, it } from 'vitest';
import {
  blockSession,
  CHROMIUM,
  command as paletteCommand,
  isTooWide,
  untilSaved,
  untilStill,
} from './harness.ts';

/** A strategy from an empty page to its tear sheet, by keyboard alone where a user would do so. */
describe.skipIf(CHROMIUM === undefined)('strategies in the window', () => {
  const session = blockSession((folder) => {
    mkdirSync(join(folder, 'strategies'));
    writeFileSync(
      join(folder, 'strategies', 'broken.ts'),
      'export const strategy = {\n  title: "x",\n};\nexport default function( {\n',
    );
  });

  const field = (name: string): Locator =>
    session.page.locator(`[data-testid="strategy-panel"] [data-field="${name}"]`);
  const status = (): Locator => session.page.getByTestId('strategy-status');
  const untilState = (state: string): Promise<void> =>
    expect.poll(() => status().getAttribute('data-state')).toBe(state);
  const isFocused = (target: Locator): Promise<boolean> =>
    target.evaluate((element) => element === document.activeElement);

  /** Presses Tab until a field or button has the keyboard. */
  async function tabTo(target: Locator): Promise<void> {
    for (let presses = 0; presses < 80; presses += 1) {
      if (await isFocused(target)) return;
      await session.page.keyboard.press('Tab');
    }
    throw new Error('Tab does not lead there');
  }

  async function command(name: string): Promise<void> {
    const { page } = session;
    await paletteCommand(page, name);
  }

  it('are written from an empty page, with names completed and errors told at their place', async () => {
    const { page } = session;
    await command('new strategy');
    await expect.poll(() => isFocused(field('name'))).toBe(true);
    await expect.poll(() => status().innerText()).toContain('Write an entry rule to begin');
    await page.keyboard.type('Keyboard cross');
    await tabTo(field('entry.long'));
    await page.keyboard.type('crosso');
    const list = page.getByTestId('completion');
    await list.waitFor();
    await expect
      .poll(() => list.locator('[aria-selected="true"]').innerText())
      .toContain('crossover');
    await page.keyboard.press('Enter');
    await list.waitFor({ state: 'detached' });
    await page.keyboard.type('sm');
    await list.waitFor();
    await session.screenshot('strategies-completion');
    await page.keyboard.press('Tab');
    await expect.poll(() => field('entry.long').inputValue()).toBe('crossover(sma(30))');
    // The default of the argument is chosen and typed over.
    await page.keyboard.type('close, fast');
    await expect.poll(() => page.getByTestId('signature').innerText()).toContain('timeperiod = 30');
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.type(', sma(close, 30)');
    await expect
      .poll(() => field('entry.long').inputValue())
      .toBe('crossover(sma(close, fast), sma(close, 30))');
    await untilState('wrong');
    const problem = page.getByTestId('expression-problem');
    await expect
      .poll(() => problem.locator('pre').innerText())
      .toBe('crossover(sma(close, fast), sma(close, 30))\n                     ^^^^');
    await expect.poll(() => problem.innerText()).toContain('unknown name fast');
    await session.screenshot('strategies-error');

    // It becomes a parameter.
    await tabTo(page.getByTestId('strategy-add-parameter'));
    await page.keyboard.press('Enter');
    await expect.poll(() => isFocused(field('parameters[0].name'))).toBe(true);
    for (const text of ['fast', '10', '2', '50']) {
      await page.keyboard.type(text);
      await page.keyboard.press('Tab');
    }
    await untilState('right');
    await expect
      .poll(() => status().innerText())
      .toContain('1 parameter, first rule known after 31 bars');

    // A mistyped function is mended by its suggestion.
    await field('exit.long').focus();
    await page.keyboard.type('crossundr(sma(close, fast), sma(close, 30))');
    await page.keyboard.press('Escape');
    await problem.waitFor();
    const mend = page.getByRole('button', { name: 'Use crossunder' });
    await tabTo(mend);
    await page.keyboard.press('Enter');
    await untilState('right');
    await expect
      .poll(() => field('exit.long').inputValue())
      .toBe('crossunder(sma(close, fast), sma(close, 30))');
    await expect.poll(() => isFocused(field('exit.long'))).toBe(true);
  });

  it('can be undone and are completed from the names of the document', async () => {
    const { page } = session;
    await field('filters.when').focus();
    await page.keyboard.press('Control+Space');
    await page.getByTestId('completion').waitFor();
    await expect
      .poll(() => page.getByTestId('completion').locator('[role="option"]').first().innerText())
      .toContain('fast');
    await page.keyboard.press('Escape');
    await page.getByTestId('completion').waitFor({ state: 'detached' });
    await page.keyboard.type('rsi');
    await page.getByTestId('completion').waitFor();
    await page.keyboard.press('Enter');
    await expect.poll(() => field('filters.when').inputValue()).toBe('rsi(14)');
    await page.keyboard.press('Control+z');
    await expect.poll(() => field('filters.when').inputValue()).not.toBe('rsi(14)');
    await field('filters.when').fill('');
    await untilState('right');
  });

  it('are saved as files and run', async () => {
    const { page } = session;
    await field('stops.timeStop').focus();
    await page.keyboard.press('Control+s');
    await page.getByTestId('strategy-row-keyboard-cross').waitFor();
    await expect.poll(() => page.getByTestId('strategy-save').isDisabled()).toBe(true);
    const text = readFileSync(join(session.folder, 'strategies', 'keyboard-cross.yaml'), 'utf8');
    expect(text).toContain('long: crossover(sma(close, fast), sma(close, 30))');
    await page.keyboard.press('Control+Enter');
    await expect
      .poll(() => page.getByTestId('backtest-strategy').inputValue())
      .toBe('keyboard-cross');
    await expect.poll(() => page.getByTestId('parameter-fast').inputValue()).toBe('10');
    await page.waitForFunction(
      () => document.activeElement?.closest('[data-testid="backtest-panel"]') !== null,
    );
    await page.keyboard.press('Control+Enter');
    await page.waitForFunction(
      () =>
        document
          .querySelector('[data-testid="report-run"] option:checked')
          ?.textContent?.startsWith('Keyboard cross 10') === true,
    );
    // The same rules as the built-in average cross, whose run came with the first start.
    await expect.poll(() => page.getByTestId('report-headline').innerText()).toContain('64.03');
  });

  it('are compared with other runs', async () => {
    const { page } = session;
    await page.getByTestId('parameter-fast').fill('20');
    await page.keyboard.press('Control+Enter');
    await page.waitForFunction(
      () =>
        document
          .querySelector('[data-testid="report-run"] option:checked')
          ?.textContent?.startsWith('Keyboard cross 20') === true,
    );
    await command('compare the run of the report');
    await page.getByText('Choose one more run').waitFor();
    await command('choose runs to compare');
    await page.getByTestId('compare-search').waitFor();
    await page.keyboard.type('sma-cross');
    await page.keyboard.press('Enter');
    await page.getByTestId('compare-statistics').waitFor();
    await page.keyboard.press('Escape');
    const legend = page.getByTestId('compare-legend');
    await expect.poll(() => legend.locator('li').count()).toBe(2);
    const row = (name: string): Locator =>
      page
        .getByTestId('compare-statistics')
        .locator('tr')
        .filter({ has: page.getByRole('rowheader', { name, exact: true }) });
    const returns = row('Return [%]').locator('td');
    await expect.poll(async () => (await returns.allInnerTexts())[1]).toContain('64.03');
    const cells = await returns.allInnerTexts();
    await expect
      .poll(() => page.getByTestId('report-headline').innerText())
      .toContain(/-?\d+\.\d\d/.exec(cells[0] ?? '')?.[0]);
    const ranks = cells.map((text) => /best|worst/.exec(text)?.[0]);
    expect(new Set(ranks)).toEqual(new Set(['best', 'worst']));
    await expect
      .poll(() => page.getByTestId('compare-differences').innerText())
      .toMatch(/fast\s+20\s+10/);
    await command('logarithmic');
    await expect
      .poll(() => page.getByTestId('compare-log').getAttribute('aria-pressed'))
      .toBe('true');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await command('copy the comparison');
    await page.getByText('Copied.').waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain('fast,20,10');
    const off = legend.locator('[aria-pressed="false"]');
    await legend.locator('[aria-pressed="true"]').first().press('Space');
    await expect.poll(() => off.count()).toBe(1);
    await off.press('Space');
    await expect.poll(() => off.count()).toBe(0);
    await session.screenshot('strategies-compare');
  });

  it('have tear sheets that open in a frame which runs nothing, and are saved', async () => {
    const { page } = session;
    await page.keyboard.press('Control+j');
    const frame = page.getByTestId('tear-sheet-frame');
    await frame.waitFor();
    await expect.poll(() => frame.getAttribute('sandbox')).toBe('');
    const sheet = page.frameLocator('[data-testid="tear-sheet-frame"]');
    await sheet.locator('h1').waitFor();
    await expect.poll(() => sheet.locator('h1').innerText()).toContain('Keyboard cross 20');
    const inside = await sheet.locator('body').evaluate((body) => ({
      origin: window.origin,
      background: getComputedStyle(body).backgroundColor,
    }));
    expect(inside).toEqual({ origin: 'null', background: 'rgb(15, 18, 22)' });
    const saving = page.waitForEvent('download');
    await page.getByTestId('tear-sheet-save').click();
    const download = await saving;
    expect(download.suggestedFilename()).toMatch(/^keyboard-cross-SPX-1d-.*\.html$/);
    expect(readFileSync(await download.path(), 'utf8')).toMatch(/^<!doctype html>/);
    await page.keyboard.press('Escape');
    await frame.waitFor({ state: 'detached' });
  });

  it('are text in step with the form', async () => {
    const { page } = session;
    await command('strategy as yaml');
    const text = page.getByTestId('strategy-text');
    await text.waitFor();
    const before = await text.inputValue();
    await text.fill(`# Why: see my notes\n${before.replace('max: 50', 'max: 60')}`);
    await page.getByTestId('strategy-form').click();
    await expect.poll(() => field('parameters[0].max').inputValue()).toBe('60');
    await field('parameters[0].max').fill('70');
    await page.getByTestId('strategy-yaml').click();
    await expect.poll(() => text.inputValue()).toMatch(/^# Why: see my notes\n[^]*max: 70/);
    await page.getByTestId('strategy-json').click();
    await expect.poll(() => text.inputValue()).toMatch(/^\{/);
    expect(JSON.parse(await text.inputValue())).toMatchObject({
      parameters: { fast: { max: 70 } },
    });
    await page.getByTestId('strategy-yaml').click();
    await expect.poll(() => text.inputValue()).toMatch(/^entry:/m);
    const good = await text.inputValue();
    await text.fill(good.replace('entry:', 'entri:'));
    await page.getByTestId('strategy-text-problems').waitFor();
    await expect
      .poll(() => page.getByTestId('strategy-text-problems').innerText())
      .toMatch(/^Line 10 entri: is no field/);
    await expect.poll(() => page.getByTestId('strategy-save').isDisabled()).toBe(true);
    await session.screenshot('strategies-text');
    await page.getByTestId('strategy-form').click();
    await page.getByText('The form shows it as it was before.').waitFor();
    await expect.poll(() => field('name').isDisabled()).toBe(true);
    await page.getByTestId('strategy-yaml').click();
    await text.fill(good);
    await untilState('right');
  });

  it('are never left with changes that are not saved without a question', async () => {
    const { page } = session;
    await page.getByTestId('strategy-row-rsi2-reversion').click();
    const question = page.getByTestId('strategy-question');
    await question.waitFor();
    await expect.poll(() => question.innerText()).toContain('Save the changes to Keyboard cross?');
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    await expect.poll(() => page.getByTestId('strategy-text').inputValue()).toContain('max: 70');
    await page.getByTestId('strategy-row-rsi2-reversion').click();
    await page.getByTestId('strategy-save-first').click();
    await expect
      .poll(() => readFileSync(join(session.folder, 'strategies', 'keyboard-cross.yaml'), 'utf8'))
      .toMatch(/^# Why: see my notes\n[^]*max: 70/);
    await page.getByText('Read-only: duplicate it to change').waitFor();
  });

  it('of others are read, copied and deleted', async () => {
    const { page } = session;
    await page.getByTestId('strategy-form').click();
    await expect.poll(() => field('entry.long').isDisabled()).toBe(true);
    await command('duplicate the strategy');
    await expect.poll(() => isFocused(field('name'))).toBe(true);
    await expect.poll(() => field('name').inputValue()).toBe('RSI(2) reversion copy');
    await untilState('right');
    await page.keyboard.press('Control+s');
    await page.getByTestId('strategy-row-rsi-2-reversion-copy').waitFor();
    await command('delete the strategy');
    await page.getByTestId('strategy-delete-yes').waitFor();
    await session.screenshot('strategies-delete');
    await page.getByTestId('strategy-delete-yes').press('Enter');
    await page.getByTestId('strategy-row-rsi-2-reversion-copy').waitFor({ state: 'detached' });
    await page.getByTestId('strategy-row-broken').click();
    const read = page.getByTestId('strategy-read');
    await read.waitFor();
    await expect.poll(() => read.innerText()).toMatch(/broken\.ts, line \d+: /);
    await expect.poll(() => read.innerText()).toContain(join(session.folder, 'strategies'));
    await expect
      .poll(() => page.getByTestId('strategy-source').innerText())
      .toContain('export default');
    await expect.poll(() => page.getByTestId('strategy-backtest').isDisabled()).toBe(true);
    const offered = await page
      .getByTestId('backtest-strategy')
      .locator('option')
      .evaluateAll((options) => options.map((option) => option.getAttribute('value')));
    expect(offered).toContain('keyboard-cross');
    expect(offered).not.toContain('broken');
    await session.screenshot('strategies-code');
  });

  it('come back after a restart, changes that are not saved too', async () => {
    await session.page.getByTestId('strategy-row-keyboard-cross').click();
    await field('entry.short').waitFor();
    await expect.poll(() => field('name').inputValue()).toBe('Keyboard cross');
    await field('entry.short').fill('close < lowest(low, 20)[1]');
    await untilState('right');
    await untilSaved(session.page, session.folder);
    await session.close();
    await session.open();
    const { page } = session;
    await page.keyboard.press('Control+5');
    await expect.poll(() => field('entry.short').inputValue()).toBe('close < lowest(low, 20)[1]');
    await expect.poll(() => page.getByTestId('strategy-save').isDisabled()).toBe(false);
    await page.keyboard.press('Control+6');
    await page.getByTestId('compare-statistics').waitFor();
    await expect.poll(() => page.getByTestId('compare-legend').locator('li').count()).toBe(2);
    await expect
      .poll(() => page.getByTestId('compare-log').getAttribute('aria-pressed'))
      .toBe('true');
  });

  it('fit windows of both sizes in both themes', async () => {
    const { page } = session;
    await page.keyboard.press('Escape');
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
        for (const [key, name] of [
          ['5', 'builder'],
          ['6', 'compare'],
        ] as const) {
          await page.keyboard.press(`Control+${key}`);
          await untilStill(page);
          await session.screenshot(`strategies-${name}-${width}-${theme}`);
          await expect.poll(() => isTooWide(page)).toBe(false);
        }
        await page.keyboard.press('Control+j');
        const sheet = page.frameLocator('[data-testid="tear-sheet-frame"]').locator('body');
        await sheet.locator('h1').waitFor();
        const background = await sheet.evaluate((body) => getComputedStyle(body).backgroundColor);
        expect(background).toBe(theme === 'dark' ? 'rgb(15, 18, 22)' : 'rgb(245, 247, 249)');
        await session.screenshot(`strategies-sheet-${width}-${theme}`);
        await page.keyboard.press('Escape');
        await page.getByTestId('tear-sheet').waitFor({ state: 'detached' });
      }
    }
  });

  it('report no error of their own', () => {
    expect(session.errors).toEqual([]);
  });
});
