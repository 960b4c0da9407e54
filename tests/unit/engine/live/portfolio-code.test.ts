import { describe, expect, it, onTestFinished } from 'vitest';
import { resolveParameters } from '../../../../engine/domain/parameters.ts';
import { recordedPortfolio, scriptedPortfolio } from '../../../../engine/live/portfolio-script.ts';
import type { RunningPortfolio } from '../../../../engine/live/portfolio-types.ts';
import { barOfRow } from '../../../../engine/series/live-bars.ts';
import { legsOf } from '../../../../engine/strategies/code/portfolio.ts';
import { openLivePortfolio } from '../../../../workers/sandbox/live-portfolio.ts';
import { openSandboxedPortfolio } from '../../../../workers/sandbox/portfolio.ts';
import { instrument } from '../strategies/support.ts';
import { exampleCode } from './code.ts';
import { PortfolioStage, type Played } from './portfolio-stage.ts';
import { DAYS, markets, type Bars } from './portfolio-strategies.ts';

/** Everything that a strategy may use at once, of its own instruments, longer bars and the other ones. */
const BUSY = `export const strategy = {
  title: 'Busy', description: '', portfolio: true, parameters: { hold: { default: 2, min: 1, max: 3 } },
  create({ hold }, setup) {
    const group = setup.symbols.map((symbol, i) => ({
      symbol,
      fast: setup.instrument(symbol).indicator('ema', { timeperiod: 5 }),
      range: setup.instrument(symbol).indicator('atr', { timeperiod: 10 }),
      week: setup.instrument(symbol).series('tf("1w", ema(close, 3))'),
      other: setup.instrument(symbol).series('close / on("' + setup.symbols[(i + 1) % 3] + '", close)'),
    }));
    const stops = {};
    return {
      onBar(portfolio) {
        for (const { symbol, range } of group) {
          const { position, close } = portfolio.instrument(symbol);
          if (position > 0 && stops[symbol] >= 0) {
            portfolio.amend(stops[symbol], { stopPrice: close.at() - 2 * range.at() });
          }
        }
        if (portfolio.index % 4 !== 0) return;
        const ranked = group
          .filter(({ fast, week }) => fast.at() > week.at() * (1 - portfolio.random() * 0.02))
          .sort((a, b) => b.other.at() / b.other.at(10) - a.other.at() / a.other.at(10));
        portfolio.setTargets(
          Object.fromEntries(ranked.slice(0, hold).map(({ symbol }) => [symbol, 0.3])),
          { minTradeWeight: 0.02, tag: 'hold' },
        );
      },
      onOrder({ symbol, state, side }, portfolio) {
        if (state !== 'Filled' || side !== 'buy') return;
        if (stops[symbol] >= 0) portfolio.cancel(stops[symbol]);
        const stopPrice = portfolio.instrument(symbol).close.at() * 0.95;
        stops[symbol] = portfolio.order(symbol, { side: 'sell', type: 'stop', reduceOnly: true, stopPrice, tag: 'stop' });
      },
    };
  },
};`;

/** The code on the stage, with its twin as a backtest has it. */
async function stageOf(
  name: string,
  code: string,
  bars: Bars,
  warmUp: number,
  wrap: (strategy: RunningPortfolio) => Played = (strategy) => strategy,
) {
  const sources = Object.entries(bars).map(([symbol, each]) => ({ symbol, ...instrument(each) }));
  const live = await openLivePortfolio(name, `${name}.ts`, code, sources);
  const batch = await openSandboxedPortfolio(name, `${name}.ts`, code, legsOf(sources));
  onTestFinished(() => {
    live.dispose();
    batch.dispose();
  });
  const values = resolveParameters(name, live.parameters, {});
  return new PortfolioStage({
    create: () => wrap(live.start(values)),
    twin: () => batch.definition.create(values),
    bars,
    warmUp,
    settings: {
      cash: 300_000,
      short: true,
      lotSize: 1,
      slippageBps: 2,
      // So that what is asked for is never more than there is at the next opens.
      margin: { initial: 0.5, maintenance: 0 },
    },
  });
}

describe('strategies of several instruments in TypeScript, moment by moment', () => {
  it.each([
    ['busy', BUSY, 10],
    ['sector-rotation', exampleCode('sector-rotation'), 1],
    ['dual-momentum', exampleCode('dual-momentum'), 2],
    ['pairs-zscore', exampleCode('pairs-zscore'), 2],
  ])('%s: gives the orders and fills of the backtest in the sandbox', async (name, code, least) => {
    const bars = markets(name === 'busy');
    const used = name === 'pairs-zscore' ? { AAA: bars.AAA, BBB: bars.BBB } : bars;
    const played = await stageOf(name, code, used as Bars, 60);
    const report = played.play();
    expect(report.bars).toBe(DAYS - 60);
    expect(report.orders.length).toBeGreaterThan(least);
    for (const { live, model, why, ...row } of report.orders) {
      expect([row, live?.bar, live?.quantity, why]).toEqual([row, model?.bar, model?.quantity, '']);
    }
    expect(report.drift.total).toBeCloseTo(0, 5);
  });

  it('what it has done can be done again in another place, to the last order', async () => {
    const bars = markets(true);
    const recorders: ReturnType<typeof recordedPortfolio>[] = [];
    const first = await stageOf('busy', BUSY, bars, 60, (strategy) => {
      const recorder = recordedPortfolio(strategy);
      recorders.push(recorder);
      return recorder;
    });
    first.play();
    const calls = recorders.flatMap((recorder) => recorder.taken());
    expect(calls.filter(({ commands }) => commands.length > 0).length).toBeGreaterThan(50);
    const script = scriptedPortfolio();
    // As it comes from another thread.
    script.add(structuredClone(calls));
    const again = await stageOf('busy', BUSY, bars, 60, () => script);
    again.play();
    expect(first.sent.length).toBeGreaterThan(50);
    expect(again.sent).toEqual(first.sent);
    expect(again.run.orders()).toEqual(first.run.orders());
    // One more moment, of which the script does not know.
    expect(() => again.run.moment(1e15, barsOf(bars), 'live')).toThrow(
      'The run and its strategy have come apart: moment here is nothing there.',
    );
  });

  it('says that nobody knows how many bars there will be', async () => {
    const code = `export const strategy = {
      title: 'Count', description: '', portfolio: true, parameters: {},
      create: (_, setup) => { setup.instrument('AAA').barCount; return { onBar() {} }; },
    };`;
    await expect(async () => await stageOf('count', code, markets(false), 60)).rejects.toThrow(
      'barCount is of backtests alone',
    );
  });

  it('refuses a strategy of one instrument, and series of an instrument that it does not trade', async () => {
    const one = `export const strategy = {
      title: 'One', description: '', parameters: {}, create: () => ({ onBar() {} }),
    };`;
    await expect(stageOf('one', one, markets(false), 60)).rejects.toThrow('one.ts');
    const other = `export const strategy = {
      title: 'Other', description: '', portfolio: true, parameters: {},
      create: (_, setup) => {
        const far = setup.instrument('AAA').series('on("ZZZ", close)');
        return { onBar() { far.at(); } };
      },
    };`;
    await expect(async () => {
      const stage = await stageOf('other', other, markets(false), 60);
      stage.play();
    }).rejects.toThrow('ZZZ');
  });
});

function barsOf(bars: Bars) {
  return Object.values(bars).map((each) => ({ ...barOfRow(each, 0), time: 1e15 }));
}
