import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
interface View {
  readonly id: string;
  readonly state: string;
  readonly position: string | null;
  readonly instruments?: readonly { readonly instrument: string; readonly position: string }[];
  readonly fills: number;
  readonly reason: string;
}
interface Report {
  readonly orders: readonly { readonly live: object | null; readonly tag: string }[];
  readonly drift: Readonly<Record<string, number>>;
  readonly live: { readonly equity: number };
  readonly model: { readonly equity: number };
}
interface Order {
  readonly state: string;
  readonly filledQuantity: string;
  readonly terms: { readonly side: string; readonly type: string };
}

/** Buys on its first close and holds. */
const HOLD = `name: Hold
description: Buys and holds.
version: 1
entry:
  long: close > 0
stops:
  stopLoss: { percent: 20 }
  takeProfit: { percent: 20 }
`;

/** The same in TypeScript: with a stop of its own, once it is filled. */
const HOLDER = `import type { StrategyModule } from 'renata/strategy';
const parameters = { far: { default: 20, min: 1, max: 50 } };
export const strategy: StrategyModule<typeof parameters> = {
  title: 'Holder', description: '', parameters,
  create({ far }) {
    let asked: boolean = false;
    return {
      onBar(bar) {
        if (bar.warmingUp || asked) return;
        asked = bar.buy('in') >= 0;
      },
      onOrder(event, bar) {
        if (event.state !== 'Filled' || event.side !== 'buy') return;
        const stopPrice = event.price * (1 - far / 100);
        bar.order({ side: 'sell', type: 'stop', stopPrice, reduceOnly: true, tag: 'stop' });
      },
    };
  },
};
`;

/** Two instruments, each with a part of the money, bought once. */
const HALVES = `import type { PortfolioModule } from 'renata/strategy';
const parameters = { part: { default: 0.4, min: 0.1, max: 0.5 } };
export const strategy: PortfolioModule<typeof parameters> = {
  title: 'Halves', description: '', portfolio: true, parameters,
  create({ part }, setup) {
    return {
      onBar(portfolio) {
        const held = setup.symbols.every((symbol) => portfolio.instrument(symbol).position !== 0);
        // Asked again: on a bar that was over before it was heard nothing is traded.
        if (held || portfolio.warmingUp || portfolio.index % 5 !== 0) return;
        const weights = Object.fromEntries(setup.symbols.map((symbol) => [symbol, part]));
        portfolio.setTargets(weights, { tag: 'halves', minTradeWeight: 0.2 });
      },
    };
  },
};
`;

let folder = '';
let strategy = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'renata-live-'));
  strategy = join(folder, 'hold.yaml');
  writeFileSync(strategy, HOLD);
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

function begin(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, ['bin/renata.mjs', ...args, '--data-dir', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    if (child.exitCode === null) child.kill('SIGKILL');
  });
  return child;
}

/** A command that runs until it is told to end. */
function running(...args: string[]) {
  const child = begin(args);
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const over = new Promise<number>((resolve) => {
    child.on('close', (code) => resolve(code ?? -1));
  });
  return {
    said: (what: RegExp) => expect.poll(() => err, { timeout: 120_000 }).toMatch(what),
    async end(signal: 'SIGINT' | 'SIGKILL'): Promise<Ran> {
      child.kill(signal);
      const code = await over;
      return { code, out, err };
    },
  };
}

function renata(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['bin/renata.mjs', ...args, '--data-dir', folder],
      { timeout: 300_000 },
      (error, out, err) => {
        const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1;
        resolve({ code, out, err });
      },
    );
  });
}

async function json<Answer>(...args: string[]): Promise<Answer> {
  const { out, err, code } = await renata(...args, '--json');
  expect([code, err.split('\n').filter((line) => line.startsWith('renata: '))]).toEqual([0, []]);
  return JSON.parse(out) as Answer;
}

const RUN = ['--instrument', 'ALFA', '--timeframe', '1s', '--size', '10', '--fees', 'ibkr-fixed'];

describe('strategies on the command line', () => {
  it('takes up after kill -9 where it was, with no order doubled', async () => {
    const paper = running('paper', strategy, ...RUN);
    // The bar after it: by then the venue has both exits.
    await paper.said(/position 10 .*2 open orders\n[^\n]*close[^\n]*2 open orders/);
    await paper.end('SIGKILL');
    const [lost] = await json<View[]>('paper', 'list');
    expect(lost).toMatchObject({ state: 'interrupted', position: '10' });
    const id = lost?.id ?? '';
    const resumed = running('paper', 'resume', id, '--on-exit', 'cancel', '--json');
    // Bars that closed meanwhile are taken, and new ones come.
    await resumed.said(/\n\S+ \S+ {2}close .*position 10 .*\n\S+ \S+ {2}close .*position 10 /);
    const { out } = await resumed.end('SIGINT');
    expect((JSON.parse(out) as { readonly run: View }).run).toMatchObject({
      state: 'stopped',
      position: '10',
      reason: 'Stopped by the user. Its position of 10 is still there.',
    });
    const given = await json<Order[]>('orders', '--all');
    const summary = given.map(
      ({ terms, state, filledQuantity }) =>
        `${terms.side} ${terms.type} ${state} ${filledQuantity}`,
    );
    expect(summary.toSorted()).toEqual([
      'buy market Filled 10',
      'sell limit Canceled 0',
      'sell stop Canceled 0',
    ]);
  });

  it('runs a strategy on paper, shows it, and ends it as told on Ctrl+C', async () => {
    const paper = running('paper', strategy, ...RUN, '--on-exit', 'flatten', '--json');
    await paper.said(/run L\w+: Hold on ALFA\.SIM 1s, account PAPER \(paper\)/);
    await paper.said(/position 10 .*1 fill /);
    const { code, out, err } = await paper.end('SIGINT');
    expect([code, err]).toEqual([0, expect.stringContaining('ending the run (flatten)')]);
    const { run, report } = JSON.parse(out) as { readonly run: View; readonly report: Report };
    expect(run).toMatchObject({ state: 'stopped', position: '0', fills: 2 });
    expect(report.orders.map(({ tag }) => tag)).toEqual(['entry long', 'run ended']);
    const { total, data = 0 } = report.drift;
    expect(report.live.equity - report.model.equity + data).toBeCloseTo(total ?? Number.NaN, 6);
    // Stop and target were taken away with it.
    expect(await json<Order[]>('orders')).toEqual([]);
    const shown = await renata('paper', 'report', run.id);
    expect(shown.out).toMatch(
      /equity live .* paper twin .*\n[\s\S]*timing[\s\S]*missed[\s\S]*run ended/,
    );
  });

  it('runs TypeScript on paper, and after kill -9 the text that it was begun with', async () => {
    const file = join(folder, 'holder.ts');
    writeFileSync(file, HOLDER);
    const paper = running('paper', file, ...RUN);
    // Bought and protected, and told so at a close.
    await paper.said(/close .*position 10 .*1 open order/);
    const { err } = await paper.end('SIGKILL');
    writeFileSync(file, 'no strategy any more');
    const [, id = ''] = /run (L\w+): Holder/.exec(err) ?? [];
    const resumed = running('paper', 'resume', id, '--on-exit', 'flatten', '--json');
    await resumed.said(/\n\S+ \S+ {2}close .*position 10 /);
    const { out } = await resumed.end('SIGINT');
    const { run, report } = JSON.parse(out) as { readonly run: View; readonly report: Report };
    expect(run).toMatchObject({ state: 'stopped', position: '0', fills: 2 });
    expect(report.orders.map(({ tag }) => tag)).toEqual(['in', 'run ended']);
  });

  it('runs a strategy of several instruments, and after kill -9 takes up where it was', async () => {
    const file = join(folder, 'halves.ts');
    writeFileSync(file, HALVES);
    const named = ['--symbols', 'ALFA,BETA', '--timeframe', '1s', '--cash', '20000'];
    const paper = running('paper', file, ...named);
    await paper.said(/run L\w+: Halves on ALFA\.SIM, BETA\.SIM 1s, account PAPER \(paper\)/);
    // Both are bought, and a moment after that was told of.
    await paper.said(/positions \d+ ALFA, \d+ BETA .*2 fills\n[^\n]*2 fills/);
    await paper.end('SIGKILL');
    const [lost] = await json<View[]>('paper', 'list');
    expect(lost).toMatchObject({ state: 'interrupted', position: null, fills: 2 });
    const held = lost?.instruments ?? [];
    expect(held.map(({ instrument }) => instrument)).toEqual(['ALFA.SIM', 'BETA.SIM']);
    const id = lost?.id ?? '';
    const resumed = running('paper', 'resume', id, '--on-exit', 'flatten');
    await resumed.said(/\n\S+ \S+ {2}positions \d+ ALFA, \d+ BETA .*2 fills/);
    const { out } = await resumed.end('SIGINT');
    expect(out).toMatch(/ ALFA\.SIM, BETA\.SIM +1s +PAPER \(paper\) +stopped .* 0 +\S+ +4 +\d+\n/);
    expect(out).toMatch(/Instrument +Bars +Live +Model +Difference\nALFA\.SIM .*\nBETA\.SIM /);
  });

  it('refuses in one sentence what cannot be', async () => {
    const refused = async (what: string, ...args: string[]): Promise<void> => {
      const { code, err } = await renata(...args);
      expect([code === 0, err]).toEqual([false, expect.stringContaining(what)]);
    };
    await refused('instrument: say what it trades', 'paper', 'sma-cross');
    await refused(
      'timeframe: say how long its bars are',
      'live',
      'sma-cross',
      '--instrument',
      'ALFA',
    );
    await refused('warm-up', 'paper', 'sma-cross', ...RUN, '--warm-up', '-1');
    await refused(
      'account: PAPER is a paper account; use renata paper, or name a live one.',
      'live',
      strategy,
      ...RUN,
    );
    await refused(
      'instrument: sector-rotation trades several; name them with --symbols ALFA,BETA.',
      'paper',
      'sector-rotation',
      '--instrument',
      'ALFA',
      '--timeframe',
      '1m',
    );
    await refused('run: there is no run none', 'paper', 'report', 'none');
  });
});
