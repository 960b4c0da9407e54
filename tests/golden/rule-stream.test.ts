import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import { readStrategyDocument } from '../../electron/services/strategies/read-document.ts';
import { runStrategy } from '../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS, type BacktestResult } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import type { InstrumentBars } from '../../engine/expressions/bars-environment.ts';
import { ruleDefinition, ruleSettings } from '../../engine/strategies/rules/definition.ts';
import type { RuleProgram } from '../../engine/strategies/rules/program.ts';
import { randomWalk, spx } from '../unit/engine/backtest/bars.ts';
import { calendar, readRows, sharedData } from '../unit/engine/series/market.ts';
import { environmentOf, instrument } from '../unit/engine/strategies/support.ts';
import { streamedDefinition, type Others } from '../unit/engine/strategies/streamed.ts';
import { exampleFiles } from './examples.ts';

/** Runs rules over columns, and bar by bar with a restart after every so many bars. */
function both(
  program: RuleProgram,
  base: InstrumentBars,
  others: Others,
  every: number,
): readonly [batch: BacktestResult, stream: BacktestResult] {
  const settings = ruleSettings(program, {}, { ...DEFAULT_SETTINGS, short: true });
  const task = { parameters: {}, settings, bars: base.bars };
  const environment = environmentOf(base, others);
  const restarts = (index: number): boolean => index % every === every - 1;
  return [
    runStrategy(ruleDefinition('test', program, environment), task),
    runStrategy(streamedDefinition(program, base, { others, restarts }), task),
  ];
}

function expectSame([batch, stream]: readonly [BacktestResult, BacktestResult]): void {
  expect(batch.trades.count).toBeGreaterThan(0);
  expect(stream.orderHash).toBe(batch.orderHash);
  expect(stream.trades).toEqual(batch.trades);
  expect(stream.equity).toEqual(batch.equity);
}

function programOf(file: string): RuleProgram {
  return readStrategyDocument(readFileSync(fromRoot(`resources/strategies/${file}`), 'utf8'), file);
}

describe('example rules bar by bar', () => {
  const files = exampleFiles().filter((file) => file.endsWith('.yaml'));

  it.each(files.filter((file) => !file.startsWith('opening')))('%s on the S&P 500', (file) => {
    const bars = spx();
    const other = (seed: number): InstrumentBars =>
      instrument({ ...randomWalk(bars.time.length, seed), time: bars.time }, '1d', 'us-equity');
    const others = { QQQ: other(1), SPY: other(2), IWM: other(3), EEM: other(4) };
    expectSame(both(programOf(file), instrument(bars, '1d', 'us-equity'), others, 97));
  });

  /** Bars of New York's wall clock. */
  const intraday = (file: string): BarColumns =>
    readRows(file, (text) => calendar('us-equity').zone.toInstant(Date.parse(`${text}Z`)));

  const minutes = sharedData('minute/SPY.csv');
  it.skipIf(minutes === undefined)('the opening range on real minutes', () => {
    const bars = intraday(minutes ?? '');
    const base = { ...instrument(bars, '1m', 'us-equity'), hours: 'extended' as const };
    expectSame(both(programOf('opening-range-breakout.yaml'), base, {}, 101));
  });

  const hours = ['hour/AAPL.csv', 'hour/SPY.csv'].map(sharedData);
  it.skipIf(hours.includes(undefined))('days and weeks of two instruments on real hours', () => {
    const [apple, spy] = hours.map((file) => instrument(intraday(file ?? ''), '1h', 'us-equity'));
    const text = `name: Hours
description: ''
version: 1
define:
  calm: tf("1d", atr(14) / close) < on("SPY", tf("1w", atr(14) / close)) * 1.2
entry:
  long: calm and tf("1d", close > sma(close, 50)) and on("SPY", tf("4h", rsi(3))) < 40
  short: tf("1w", close < sma(close, 20)) and session_bar == 3
exit:
  long: on("SPY", close < tf("1d", sma(close, 5)))
  short: hour >= 15
stops:
  stopLoss: { price: 'tf("1d", if(close > open, low, high))' }
  trailing: { atr: 3 }
`;
    const program = readStrategyDocument(text, 'hours.yaml');
    const [batch, stream] = both(
      program,
      apple as InstrumentBars,
      { SPY: spy as InstrumentBars },
      997,
    );
    expectSame([batch, stream]);
    expect(batch.trades.count).toBeGreaterThan(500);
  });
});
