import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../engine/domain/backtest.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { backtestSettings } from '../../../engine/protocol/schemas.ts';
import {
  parseFees,
  parseMargin,
  parsePaidRate,
  parseSlippageModel,
  parseVolumeLimit,
} from '../../../electron/cli/cost-values.ts';
import { readRun, withRunOptions, type RunOptions } from '../../../electron/cli/run-options.ts';

/** The error of a reader: always one of wrong input, naming the option. */
function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (!(error instanceof RenataError)) throw error;
    expect(error.code).toBe('BAD_INPUT');
    return `${String(error.details?.['parameter'])}| ${error.message}`;
  }
  throw new Error('it was taken');
}

describe('--slippage', () => {
  it.each<[string, ReturnType<typeof parseSlippageModel>]>([
    ['0', { slippageBps: 0 }],
    ['5bps', { slippageBps: 5 }],
    ['0.05%', { slippageBps: 5 }],
    ['0.01/share', { slippageBps: 0, slippage: { kind: 'fixed', amount: 0.01 } }],
    [' .5 / share', { slippageBps: 0, slippage: { kind: 'fixed', amount: 0.5 } }],
    ['spread:2bps', { slippageBps: 0, slippage: { kind: 'spread', bps: 2 } }],
    ['spread:0.02%', { slippageBps: 0, slippage: { kind: 'spread', bps: 2 } }],
    ['volume-share:0.1', { slippageBps: 0, slippage: { kind: 'volume-share', coefficient: 0.1 } }],
    [
      'sqrt-impact:0.5',
      { slippageBps: 0, slippage: { kind: 'square-root', coefficient: 0.5, window: 20 } },
    ],
    [
      'sqrt-impact:1, window=50',
      { slippageBps: 0, slippage: { kind: 'square-root', coefficient: 1, window: 50 } },
    ],
  ])('reads %s', (text, model) => {
    expect(parseSlippageModel(text)).toEqual(model);
    expect(backtestSettings.safeParse({ ...DEFAULT_SETTINGS, ...model }).success).toBe(true);
  });

  it.each([
    ['5', 'write 5bps'],
    ['-1bps', 'write 5bps'],
    ['-0.01/share', 'write it as 0.01/share'],
    ['x/share', 'write it as 0.01/share'],
    ['2e9/share', 'write it as 0.01/share'],
    ['spread:2', 'write 5bps'],
    ['spread:', 'write 5bps'],
    ['volume-share:', 'volume-share:0.1'],
    ['volume-share:2000', 'volume-share:0.1'],
    ['sqrt-impact:-1', 'sqrt-impact:0.5'],
    ['sqrt-impact:1,window=1', '2 to 10000 bars'],
    ['sqrt-impact:1,window=2.5', '2 to 10000 bars'],
    ['sqrt-impact:1,20', '2 to 10000 bars'],
    ['sqrt-impact:1,window=20,window=30', '2 to 10000 bars'],
    ['linear:1', 'volume-share:0.1'],
  ])('refuses %s', (text, how) => {
    const message = refusal(() => parseSlippageModel(text));
    expect(message).toContain('slippage| slippage: ');
    expect(message).toContain(how);
  });
});

describe('--fees', () => {
  it.each<[string, ReturnType<typeof parseFees>]>([
    ['ibkr-fixed', { table: 'ibkr-fixed' }],
    ['IBKR-Tiered', { table: 'ibkr-tiered' }],
    ['alpaca', { table: 'alpaca' }],
    ['binance', { table: 'binance-spot' }],
    ['binance-spot:0', { table: 'binance-spot', tier: 0 }],
    ['binance:9', { table: 'binance-spot', tier: 9 }],
    ['binance,bnb', { table: 'binance-spot', payWithBnb: true }],
    ['binance:3, bnb', { table: 'binance-spot', tier: 3, payWithBnb: true }],
  ])('reads %s', (text, fees) => {
    expect(parseFees(text)).toEqual(fees);
    expect(backtestSettings.safeParse({ ...DEFAULT_SETTINGS, fees }).success).toBe(true);
  });

  it.each([
    ['ibkr', 'write ibkr-fixed'],
    ['', 'write ibkr-fixed'],
    ['alpaca:1', 'alpaca has none'],
    ['ibkr-tiered,bnb', 'ibkr-tiered has none'],
    ['binance:10', 'binance:0 to binance:9'],
    ['binance:1.5', 'binance:0 to binance:9'],
    ['binance:', 'binance:0 to binance:9'],
  ])('refuses %s', (text, how) => {
    expect(refusal(() => parseFees(text))).toContain(how);
  });
});

describe('parts and rates', () => {
  it('are read', () => {
    expect(parseVolumeLimit('10%')).toBe(0.1);
    expect(parseVolumeLimit('100%')).toBe(1);
    expect(parseMargin('50%,25%')).toEqual({ initial: 0.5, maintenance: 0.25 });
    expect(parseMargin('0.5, 0.25')).toEqual({ initial: 0.5, maintenance: 0.25 });
    expect(parseMargin('100%,0%')).toEqual({ initial: 1, maintenance: 0 });
    // 7 / 100 as it is written, and not 0.07000000000000001.
    expect(parsePaidRate('7%', 'borrow')).toBe(0.07);
    expect(parsePaidRate('0', 'borrow')).toBe(0);
    expect(parsePaidRate('500%', 'borrow')).toBe(5);
    expect(parsePaidRate('100%', 'debit')).toBe(1);
  });

  it.each<[string, () => unknown, string]>([
    ['a limit without a unit', () => parseVolumeLimit('10'), 'write it as 10%'],
    ['a limit of nothing', () => parseVolumeLimit('0%'), 'above 0%'],
    ['a limit above all', () => parseVolumeLimit('101%'), 'up to 100%'],
    ['one margin', () => parseMargin('50%'), '50%,25%'],
    ['three margins', () => parseMargin('50%,25%,10%'), '50%,25%'],
    ['a margin above the value', () => parseMargin('50,25'), '50%,25%'],
    ['a maintenance above the initial margin', () => parseMargin('25%,50%'), 'liquidate'],
    ['a rate below 0', () => parsePaidRate('-1%', 'borrow'), 'borrow| borrow: '],
    [
      'a rate far below 0',
      () => parsePaidRate('-900%', 'borrow'),
      'borrow| borrow: "-900%" is below 0, and it is a cost; write a rate from 0% to 500%, such as 3%.',
    ],
    [
      'a fee that nobody pays',
      () => parsePaidRate('501%', 'borrow'),
      'borrow: "501%" is more than anybody pays for a year; write a rate from 0% to 500%, such as 3%.',
    ],
    [
      'interest that nobody pays',
      () => parsePaidRate('101%', 'debit'),
      'debit: "101%" is more than anybody pays for a year; write a rate from 0% to 100%, such as 3%.',
    ],
    ['a rate without end', () => parsePaidRate('1e999%', 'debit'), 'is not a yearly rate'],
    ['a rate without a unit', () => parsePaidRate('3', 'debit'), 'debit| debit: '],
  ])('refuse %s', (_name, read, how) => {
    expect(refusal(read)).toContain(how);
  });
});

describe('options of a run', () => {
  const read = (...args: string[]): ReturnType<typeof readRun> => {
    const command = withRunOptions(new Command()).exitOverride();
    command.parse(args, { from: 'user' });
    return readRun(command.opts<RunOptions>());
  };

  it('leave the settings as they are by default', () => {
    expect(read().settings).toEqual(DEFAULT_SETTINGS);
  });

  it('become settings that the contract takes', () => {
    const costs = ['--fees', 'binance:2', '--volume-limit', '5%', '--slippage', 'spread:4bps'];
    const lent = ['--margin', '50%,30%', '--debit', '6%', '--borrow', '3%'];
    const { settings } = read(...costs, ...lent, '--warm-up', '200', '--code-work', '500');
    expect(settings).toEqual({
      ...DEFAULT_SETTINGS,
      slippage: { kind: 'spread', bps: 4 },
      fees: { table: 'binance-spot', tier: 2 },
      volumeLimit: 0.05,
      margin: { initial: 0.5, maintenance: 0.3 },
      borrowRate: 0.03,
      debitRate: 0.06,
      warmUp: 200,
      codeWork: 500,
    });
    expect(backtestSettings.parse(settings)).toEqual(settings);
  });

  it('refuse two kinds of fees and a warm-up that is no number', () => {
    expect(refusal(() => read('--fees', 'alpaca', '--commission', '0.1%'))).toContain('fees| ');
    expect(refusal(() => read('--warm-up', '2.5'))).toContain('warm-up| ');
    expect(refusal(() => read('--code-work', 'lots'))).toContain('code-work| ');
  });
});
