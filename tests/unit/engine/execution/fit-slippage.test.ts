import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { fitSlippage, type SlippageSample } from '../../../../engine/execution/fit-slippage.ts';

function samples(count: number, cost: (sample: SlippageSample) => number): SlippageSample[] {
  const random = new Random(5);
  return Array.from({ length: count }, () => {
    const sample = {
      cost: 0,
      volatility: 0.005 + 0.02 * random.uniform(),
      share: 0.2 * random.uniform(),
    };
    return { ...sample, cost: cost(sample) + 0.0002 * random.normal() };
  });
}

describe('fitted slippage', () => {
  it('is least squares worked by hand', () => {
    // volatility * sqrt(share): 0.01, 0.02, 0.03; costs 0.001, 0.001, 0.004.
    const fit = fitSlippage(
      [
        { cost: 0.001, volatility: 0.02, share: 0.25 },
        { cost: 0.001, volatility: 0.04, share: 0.25 },
        { cost: 0.004, volatility: 0.03, share: 1 },
        { cost: Number.NaN, volatility: 0.03, share: 1 },
      ],
      20,
    );
    expect(fit.samples).toBe(3);
    expect(fit.bps.value).toBeCloseTo(20, 9);
    // Left: -10, -10, 20, so sqrt(600 / 2 / 3).
    expect(fit.bps.standardError).toBeCloseTo(10, 9);
    expect(fit.bps.residual).toBeCloseTo(Math.sqrt(200), 9);
    // (1 * 10 + 2 * 10 + 3 * 40) / (1 + 4 + 9) basis points by percent: 150 / 14 / 100.
    expect(fit.coefficient.value).toBeCloseTo(150 / 1400, 12);
    expect(fit.model).toBeNull();
  });

  it('finds the model that made the samples', () => {
    const root = fitSlippage(
      samples(500, (s) => 0.8 * s.volatility * Math.sqrt(s.share)),
      20,
    );
    expect(root.model).toMatchObject({ kind: 'square-root', window: 20 });
    expect(Math.abs(root.coefficient.value - 0.8)).toBeLessThan(4 * root.coefficient.standardError);
    const flat = fitSlippage(
      samples(500, () => 0.0007),
      20,
    );
    expect(flat.model?.kind).toBe('bps');
    expect(Math.abs(flat.bps.value - 7)).toBeLessThan(4 * flat.bps.standardError);
  });

  it('offers nothing where orders have gained, or where there are few', () => {
    expect(
      fitSlippage(
        samples(100, () => -0.001),
        20,
      ).model,
    ).toBeNull();
    expect(
      fitSlippage(
        samples(19, () => 0.001),
        20,
      ).model,
    ).toBeNull();
    expect(fitSlippage([], 20).model).toBeNull();
  });
});
