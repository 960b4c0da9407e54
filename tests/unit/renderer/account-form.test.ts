import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../../engine/domain/backtest.ts';
import { backtestRequest } from '../../../engine/protocol/schemas.ts';
import { sweepRequest } from '../../../engine/protocol/research-schemas.ts';
import { SMA_CROSS } from '../../../engine/backtest/strategies/sma-cross.ts';
import {
  INITIAL_ACCOUNT,
  readAccount,
  type AccountValues,
} from '../../../renderer/components/account.ts';
import * as backtest from '../../../renderer/panels/backtest/form.ts';
import * as research from '../../../renderer/panels/research/form.ts';

function read(part: Partial<AccountValues>) {
  const errors: Record<string, string> = {};
  return { ...readAccount({ ...INITIAL_ACCOUNT, ...part }, errors), errors };
}

/** As the contract takes it: nothing unknown, everything within its bounds. */
function settings(part: Partial<AccountValues>): BacktestSettings {
  const { errors, ...account } = read(part);
  expect(errors).toEqual({});
  return backtestRequest.parse({
    strategy: 'sma-cross',
    parameters: {},
    datasetId: 'SPX.INDEX@1d',
    adjustment: 'raw',
    ...account,
  }).settings;
}

describe('the account of a form', () => {
  it('is that of a run without options at first', () => {
    expect(settings({})).toEqual(DEFAULT_SETTINGS);
    expect(read({})).not.toHaveProperty('events');
    expect(read({})).not.toHaveProperty('resolve');
  });

  it('takes a published fee table in the place of a commission', () => {
    const { fees, commission } = settings({ fees: 'ibkr-tiered', commission: 'half-typed' });
    expect(fees).toEqual({ table: 'ibkr-tiered' });
    expect(commission).toEqual(DEFAULT_SETTINGS.commission);
  });

  it('takes each model of slippage', () => {
    const of = (slippageKind: AccountValues['slippageKind'], slippage: string) => {
      const { slippageBps, slippage: model } = settings({ slippageKind, slippage });
      return { slippageBps, model };
    };
    expect(of('bps', '3')).toEqual({ slippageBps: 3, model: undefined });
    expect(of('spread', '4')).toEqual({ slippageBps: 0, model: { kind: 'spread', bps: 4 } });
    expect(of('fixed', '0.02').model).toEqual({ kind: 'fixed', amount: 0.02 });
    expect(of('volume-share', '0.1').model).toEqual({ kind: 'volume-share', coefficient: 0.1 });
    expect(of('square-root', '0.5').model).toEqual({
      kind: 'square-root',
      coefficient: 0.5,
      window: 20,
    });
  });

  it('takes a part of the volume in percent, and says what is wrong with it', () => {
    expect(settings({ volumeLimit: '10' }).volumeLimit).toBe(0.1);
    expect(settings({ volumeLimit: ' ' })).not.toHaveProperty('volumeLimit');
    expect(read({ volumeLimit: '0' }).errors).toEqual({
      volumeLimit: 'A number from 0.01 to 100.',
    });
  });

  it('asks for splits and dividends, and for finer bars', () => {
    expect(read({ events: true, resolve: 'finer' })).toMatchObject({
      events: true,
      resolve: 'finer',
    });
    const subject = {
      strategy: 'sma-cross',
      parameters: SMA_CROSS.parameters,
      datasetId: 'SPX.INDEX@1d',
      adjustment: 'total-return',
      stored: 'raw',
    } as const;
    const form = { ...research.INITIAL_FORM, events: true, resolve: 'finer' } as const;
    const sweep = research.readSweep(form, subject);
    if ('errors' in sweep) throw new Error(JSON.stringify(sweep.errors));
    // They are booked on the prices of their time, however the chart is adjusted.
    expect(sweepRequest.parse(sweep.request)).toMatchObject({
      events: true,
      resolve: 'finer',
      adjustment: 'raw',
    });
    const plain = research.readSweep(research.INITIAL_FORM, subject);
    expect(plain).toMatchObject({ request: { adjustment: 'total-return' } });
  });

  it('is kept with its forms; those saved before it had these fields are still read', () => {
    const {
      fees: _f,
      slippageKind: _k,
      volumeLimit: _v,
      events: _e,
      resolve: _r,
      ...before
    } = backtest.INITIAL_FORM;
    expect(backtest.parseForm(before)).toEqual(backtest.INITIAL_FORM);
    expect(research.parseForm({ cash: '5' })).toEqual({ ...research.INITIAL_FORM, cash: '5' });
    for (const wrong of [{ fees: 'free' }, { slippageKind: 'none' }, { resolve: 'best' }]) {
      expect(backtest.parseForm({ ...before, ...wrong })).toBeUndefined();
      expect(research.parseForm(wrong)).toBeUndefined();
    }
  });
});
