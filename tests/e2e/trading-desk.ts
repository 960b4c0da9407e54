import type { Locator } from 'playwright';
import { expect } from 'vitest';
import { command, type Session } from './harness.ts';

/** A row of a grid: the texts of its cells by the ids of their columns. */
export type GridRow = Readonly<Record<string, string>>;

/** What a trader does and sees in the window. Orders are given by keyboard alone. */
export class Desk {
  readonly session: Session;
  /** What the window complained about. */
  readonly errors: string[] = [];

  constructor(session: Session, errors: string[] = []) {
    this.session = session;
    this.errors = errors;
    session.page.on('pageerror', (error) => errors.push(error.message));
    session.page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
  }

  at(testId: string): Locator {
    return this.session.page.getByTestId(testId);
  }

  command(title: string): Promise<void> {
    return command(this.session.page, title);
  }

  press(keys: string): Promise<void> {
    return this.session.page.keyboard.press(keys);
  }

  type(text: string): Promise<void> {
    return this.session.page.keyboard.type(text);
  }

  async textOf(testId: string): Promise<string> {
    return (await this.at(testId).innerText()).replaceAll(/\s+/g, ' ').trim();
  }

  /** Resolves when an element says something. */
  untilText(testId: string, text: string | RegExp): Promise<void> {
    const said = expect.poll(() => this.textOf(testId));
    return typeof text === 'string' ? said.toBe(text) : said.toMatch(text);
  }

  untilEnabled(testId: string): Promise<void> {
    return expect.poll(() => this.at(testId).isEnabled()).toBe(true);
  }

  isFocused(target: Locator): Promise<boolean> {
    return target.evaluate((element) => element === document.activeElement);
  }

  untilFocused(testId: string): Promise<void> {
    return expect.poll(() => this.isFocused(this.at(testId))).toBe(true);
  }

  /** Goes on with Tab until an element has the keyboard. */
  async tabTo(testId: string, key = 'Tab'): Promise<void> {
    const target = this.at(testId);
    for (let presses = 0; presses < 120; presses += 1) {
      if (await this.isFocused(target)) return;
      await this.press(key);
    }
    throw new Error(`${key} does not lead to ${testId}.`);
  }

  tabBackTo(testId: string): Promise<void> {
    return this.tabTo(testId, 'Shift+Tab');
  }

  /** Writes into a field that Tab leads to, instead of what is in it. */
  async write(testId: string, text: string): Promise<void> {
    await this.tabTo(testId);
    await this.press('Control+a');
    await this.type(text);
  }

  /** Chooses from a list that Tab leads to, going down from its first entry. */
  async choose(testId: string, name: string): Promise<void> {
    await this.tabTo(testId);
    await this.press('Home');
    const chosen = (): Promise<string | undefined> =>
      this.at(testId).evaluate((list: HTMLSelectElement) => list.selectedOptions[0]?.text);
    for (let presses = 0; presses < 30; presses += 1) {
      if ((await chosen()) === name) return;
      await this.press('ArrowDown');
    }
    throw new Error(`${testId} has no ${name}.`);
  }

  /** Begins a ticket. */
  async ticket(side: 'buy' | 'sell'): Promise<void> {
    await this.press(side === 'buy' ? 'Control+Shift+B' : 'Control+Shift+S');
    await this.untilFocused(`ticket-${side}`);
  }

  untilSend(text: string | RegExp): Promise<void> {
    return this.untilText('ticket-send', text);
  }

  /** Sends the ticket once it may be sent, from the button itself. */
  async send(): Promise<void> {
    await this.untilEnabled('ticket-send');
    await this.tabTo('ticket-send');
    await this.press('Enter');
  }

  /** What the ticket's side shows of the market. */
  async price(side: 'buy' | 'sell'): Promise<number> {
    const text = await this.at(`ticket-${side}`).locator('.side-price').innerText();
    return Number(text.replaceAll(',', ''));
  }

  /** All rows of a grid as they are shown at one moment; none where the grid is not there. */
  async rows(grid: string): Promise<readonly GridRow[]> {
    return this.session.page.evaluate((testId) => {
      const found = [...document.querySelectorAll(`[data-testid="${testId}"] .ag-row`)];
      const byIndex = new Map<number, Record<string, string>>();
      // A row of pinned columns is in two parts.
      for (const part of found) {
        const index = Number(part.getAttribute('row-index'));
        const row = byIndex.get(index) ?? {};
        for (const cell of part.querySelectorAll<HTMLElement>('.ag-cell')) {
          row[cell.getAttribute('col-id') ?? ''] = cell.innerText.replaceAll(/\s+/g, ' ').trim();
        }
        byIndex.set(index, row);
      }
      return [...byIndex].toSorted(([a], [b]) => a - b).map(([, row]) => row);
    }, grid);
  }

  async cells(grid: string, column: string): Promise<string[]> {
    return (await this.rows(grid)).map((row) => row[column] ?? '');
  }

  /** Resolves when a grid shows rows. */
  untilRow(grid: string): Promise<void> {
    return expect.poll(async () => (await this.rows(grid)).length).toBeGreaterThan(0);
  }

  /** Moves the keyboard into a row of a grid, and there into a column. */
  async intoGrid(grid: string, row = 0, column?: string): Promise<void> {
    const { page } = this.session;
    await this.at(grid).locator(`.ag-row[row-index="${row}"]`).first().waitFor();
    // Tab goes from the tools of the panel into the grid's head, and from there to its first row.
    const inGrid = (): Promise<{ row: string | null; column: string | null } | null> =>
      page.evaluate((testId) => {
        const cell = document.activeElement?.closest<HTMLElement>('.ag-cell') ?? null;
        if (cell?.closest(`[data-testid="${testId}"]`) === null || cell === null) return null;
        return {
          row: cell.closest('.ag-row')?.getAttribute('row-index') ?? null,
          column: cell.getAttribute('col-id'),
        };
      }, grid);
    for (let presses = 0; presses < 80 && (await inGrid()) === null; presses += 1) {
      await this.press('Tab');
    }
    for (let presses = 0; presses < 80; presses += 1) {
      const here = await inGrid();
      if (here === null) throw new Error(`Tab does not lead into ${grid}.`);
      const at = Number(here.row);
      if (at !== row) await this.press(at < row ? 'ArrowDown' : 'ArrowUp');
      else if (column === undefined || here.column === column) return;
      else await this.press('ArrowRight');
    }
    throw new Error(`The keyboard does not come to row ${row} of ${grid}.`);
  }

  /** Changes a value where it stands in a grid. */
  async amend(row: number, column: string, value: string): Promise<void> {
    await this.intoGrid('orders-grid', row, column);
    await this.press('Enter');
    await this.press('Control+a');
    await this.type(value);
    await this.press('Enter');
  }

  /** Resolves when the newest order has these texts. */
  untilOrder(wanted: GridRow, row = 0): Promise<void> {
    return expect.poll(async () => (await this.rows('orders-grid'))[row]).toMatchObject(wanted);
  }

  /** Resolves when nothing is held: the panel is empty, or each row that is left says so. */
  untilFlat(): Promise<void> {
    return expect
      .poll(async () => {
        const held = await this.cells('positions-grid', 'position');
        const empty = await this.at('positions-panel').getByText('Flat', { exact: true }).count();
        return held.length === 0 ? empty === 1 : held.every((text) => text === 'flat');
      })
      .toBe(true);
  }

  /** Changes settings of a connection, which is not connected then. */
  async configure(id: string, settings: Readonly<Record<string, string>>): Promise<void> {
    await this.command('go to connections');
    if (!(await this.at(`connection-form-${id}`).isVisible())) {
      await this.tabTo(`connection-settings-${id}`);
      await this.press('Enter');
      await this.at(`connection-form-${id}`).waitFor();
    }
    for (const [name, value] of Object.entries(settings)) {
      const field = this.at(`setting-${name}`);
      const kind = await field.evaluate((each) =>
        each instanceof HTMLSelectElement ? 'choice' : each.getAttribute('type'),
      );
      if (kind === 'choice') await this.choose(`setting-${name}`, value);
      else if (kind !== 'checkbox') await this.write(`setting-${name}`, value);
      else if ((await field.isChecked()) !== (value === 'on')) {
        await this.tabTo(`setting-${name}`);
        await this.press('Space');
      }
    }
    await this.tabTo('connection-save');
    await this.press('Enter');
    await this.at(`connection-form-${id}`).waitFor({ state: 'detached' });
  }

  /** Presses the button of a connection, and waits for what it leads to. */
  async toggle(id: string, phase: string): Promise<void> {
    await this.command('go to connections');
    await this.untilEnabled(`connection-toggle-${id}`);
    await this.tabTo(`connection-toggle-${id}`);
    await this.press('Enter');
    await this.untilPhase(id, phase);
  }

  untilPhase(id: string, phase: string | RegExp): Promise<void> {
    const told = expect.poll(() => this.at(`connection-phase-${id}`).getAttribute('data-phase'));
    return typeof phase === 'string' ? told.toBe(phase) : told.toMatch(phase);
  }

  /** Chooses an instrument in the ticket. */
  async chooseSymbol(symbol: string): Promise<void> {
    await this.command('ticket: symbol');
    await this.untilFocused('ticket-symbol');
    await this.type(symbol.toLowerCase());
    await this.press('Enter');
    await expect.poll(() => this.at('ticket-symbol').inputValue()).toBe(symbol);
    await expect.poll(() => this.price('buy')).toBeGreaterThan(0);
  }
}
