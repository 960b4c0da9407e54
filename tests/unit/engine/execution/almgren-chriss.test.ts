import { describe, expect, it } from 'vitest';
import { almgrenChriss, type ImpactModel } from '../../../../engine/execution/almgren-chriss.ts';

/**
 * Table 1 of Almgren and Chriss, "Optimal execution of portfolio transactions" (2000): a million shares at
 * 50 over five days, 0.95 a share and root day, a spread of 1/8, and impact from a volume of 5 million.
 */
const PAPER: ImpactModel = {
  quantity: 1e6,
  time: 5,
  periods: 5,
  volatility: 0.95,
  permanentImpact: 2.5e-7,
  temporaryImpact: 2.5e-6,
  fixedCost: 0.0625,
  riskAversion: 1e-6,
};

describe('the schedule of Almgren and Chriss', () => {
  // Printed by the DROP library of L. Krishnamurthy, whose AlmgrenChriss coverage run uses the same table:
  // risk aversion in 1e-6, mean cost in millions, variance in 1e12, half-life in days.
  it.each([
    [0.001, 0.6625, 1.0812, 51.3],
    [0.002, 0.6625, 1.0794, 36.27],
    [0.003, 0.6625, 1.0776, 29.62],
    [0.004, 0.6625, 1.0758, 25.65],
    [0.005, 0.6625, 1.074, 22.94],
    [0.006, 0.6625, 1.0722, 20.94],
    [0.007, 0.6625, 1.0704, 19.39],
    [0.008, 0.6626, 1.0687, 18.14],
    [0.009, 0.6626, 1.0669, 17.1],
  ])('agrees with published figures at a risk aversion of %d', (lambda, cost, variance, life) => {
    const plan = almgrenChriss({ ...PAPER, riskAversion: lambda * 1e-6 });
    expect(plan.expectedCost / 1e6).toBeCloseTo(cost, 4);
    expect(plan.variance / 1e12).toBeCloseTo(variance, 4);
    expect(1 / plan.kappa).toBeCloseTo(life, 2);
  });

  it('has the kappa of the paper and its trajectory by sinh', () => {
    const { kappa, holdings, trades } = almgrenChriss(PAPER);
    // The paper gives about 0.61 a day for a risk aversion of 1e-6.
    expect(kappa).toBeCloseTo(0.61, 2);
    for (const [day, left] of holdings.entries()) {
      expect(left).toBeCloseTo((1e6 * Math.sinh(kappa * (5 - day))) / Math.sinh(kappa * 5), 5);
    }
    expect(trades.reduce((sum, units) => sum + units, 0)).toBeCloseTo(1e6, 6);
    expect(holdings.at(-1)).toBe(0);
  });

  it('is a straight line without aversion to risk, with the costs of the even schedule', () => {
    const { holdings, expectedCost, variance } = almgrenChriss({ ...PAPER, riskAversion: 0 });
    expect(holdings).toEqual([1e6, 8e5, 6e5, 4e5, 2e5, 0]);
    // By hand: 125,000 lasting, 62,500 spread, (2.5e-6 - 1.25e-7) * 1e12 / 5 = 475,000 passing.
    expect(expectedCost).toBeCloseTo(662_500, 6);
    // 0.95² * 1e12 * (0.64 + 0.36 + 0.16 + 0.04) = 0.9025e12 * 1.2
    expect(variance / 1e12).toBeCloseTo(1.083, 9);
  });

  it('costs less than its neighbours by what it is chosen for', () => {
    const best = almgrenChriss(PAPER);
    const utility = (trades: readonly number[]): number => {
      let left = 1e6;
      let cost = 0;
      for (const units of trades) {
        left -= units;
        cost += 2.375e-6 * units * units + 1e-6 * 0.9025 * left * left;
      }
      return cost;
    };
    const least = utility(best.trades);
    for (let day = 0; day < 4; day += 1) {
      for (const moved of [-1000, 1000]) {
        const other = [...best.trades];
        other[day] = (other[day] as number) + moved;
        other[day + 1] = (other[day + 1] as number) - moved;
        expect(utility(other)).toBeGreaterThan(least);
      }
    }
  });

  it('stays finite where sinh would not', () => {
    const { holdings } = almgrenChriss({ ...PAPER, periods: 1000, riskAversion: 1e6 });
    expect(holdings.every((left) => Number.isFinite(left) && left >= 0)).toBe(true);
    expect(holdings[1]).toBeLessThan(1);
  });

  it('refuses periods that are too long for the model', () => {
    expect(() => almgrenChriss({ ...PAPER, permanentImpact: 1e-5 })).toThrow('temporaryImpact');
  });
});
