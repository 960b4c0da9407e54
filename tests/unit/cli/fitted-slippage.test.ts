import { describe, expect, it } from 'vitest';
import type { SlippageModel } from '../../../engine/domain/backtest.ts';
import { parseSlippageModel } from '../../../electron/cli/cost-values.ts';
import { fittedSettings, optionOf, withoutFitted } from '../../../electron/cli/fitted-slippage.ts';

const MODELS: readonly SlippageModel[] = [
  { kind: 'square-root', coefficient: 0.013_612_345_678_901_2, window: 20 },
  { kind: 'square-root', coefficient: 2, window: 50 },
  { kind: 'fixed', amount: 0.01 },
  { kind: 'spread', bps: 2.5 },
  { kind: 'volume-share', coefficient: 0.1 },
];

function sessionOf(json: string | null) {
  const notes: string[] = [];
  return {
    notes,
    note: (line: string) => notes.push(line),
    call: (async () => ({ json })) as never,
  };
}

describe('fitted slippage', () => {
  it.each(MODELS)('is told as an option that gives the same model: $kind', (model) => {
    expect(parseSlippageModel(optionOf(model))).toEqual({ slippageBps: 0, slippage: model });
  });

  it('of basis points is told as those', () => {
    expect(parseSlippageModel(optionOf({ kind: 'bps', bps: 3.217 }))).toEqual({
      slippageBps: 3.217,
    });
  });

  it('is used only when it is asked for', async () => {
    const kept = JSON.stringify({ model: MODELS[0], samples: 24, standardError: 0.01 });
    const session = sessionOf(kept);
    expect(await fittedSettings(session, { slippage: '0' })).toBeUndefined();
    expect(await fittedSettings(session, { slippage: '5bps' })).toBeUndefined();
    expect(session.notes).toEqual([]);
    expect(await fittedSettings(session, { slippage: 'fitted' })).toEqual({
      slippageBps: 0,
      slippage: MODELS[0],
    });
    expect(session.notes).toEqual([
      'renata: slippage fitted to 24 orders: --slippage sqrt-impact:0.0136123456789012,window=20',
    ]);
    expect(withoutFitted({ slippage: 'fitted', cash: '1' })).toEqual({ slippage: '0', cash: '1' });
    expect(withoutFitted({ slippage: '5bps' })).toEqual({ slippage: '5bps' });
  });

  it.each([
    ['nothing was kept', null],
    ['it was cleared', 'null'],
    ['the document is another one', '{"model":{"kind":"bps","bps":-1}}'],
  ])('is refused where %s', async (_name, json) => {
    await expect(fittedSettings(sessionOf(json), { slippage: 'fitted' })).rejects.toThrow(
      'slippage: no fitted slippage is kept; make one with renata quality fit --default',
    );
  });

  it('is refused where it would not be read', () => {
    expect(() => parseSlippageModel('fitted')).toThrow('is for renata backtest alone');
  });
});
