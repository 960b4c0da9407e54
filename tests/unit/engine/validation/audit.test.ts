import { describe, expect, it } from 'vitest';
import { runStrategy } from '../../../../engine/backtest/run.ts';
import { STRATEGIES } from '../../../../engine/backtest/strategies.ts';
import { auditRun, gradeOf, type AuditTask } from '../../../../engine/validation/audit.ts';
import { between, randomWalk, spx } from '../backtest/bars.ts';
import { audit, COSTS, finding, follow, strategy, type Plant } from './audit-plants.ts';

const WALK = randomWalk(1_500, 5);

describe('planted leaks are found', () => {
  const value = (column: Float64Array, i: number): number => column[i] ?? Number.NaN;
  const plants: readonly (readonly [string, Plant])[] = [
    [
      'the next close through a shifted indicator',
      ({ close }) => strategy((c) => follow(c, value(close, c.index + 1) > c.close.at())),
    ],
    [
      'the next close, with the last one where there is none',
      ({ close }) =>
        strategy((c) =>
          follow(c, value(close, Math.min(c.index + 1, close.length - 1)) >= c.close.at()),
        ),
    ],
    [
      'the mean of the whole series',
      ({ close }) => {
        const mean = close.reduce((a, b) => a + b, 0) / close.length;
        return strategy((c) => follow(c, c.close.at() < mean));
      },
    ],
    [
      'a rank among all bars, those to come included',
      ({ close }) => {
        const order = close.toSorted();
        return strategy((c) => follow(c, order.indexOf(c.close.at()) < order.length / 2));
      },
    ],
    [
      'the close of a week that is not over',
      ({ close }) =>
        strategy((c) => {
          const weekEnd = c.index - (c.index % 5) + 4;
          follow(c, value(close, Math.min(weekEnd, close.length - 1)) > c.close.at());
        }),
    ],
    [
      'the low of the next twenty bars',
      ({ low }) =>
        strategy((c) => {
          const ahead = low.slice(c.index + 1, c.index + 21);
          follow(c, Math.min(...ahead) > c.close.at() * 0.98);
        }),
    ],
    [
      'a centred average',
      ({ close }) =>
        strategy((c) => {
          let sum = 0;
          let count = 0;
          for (let i = Math.max(0, c.index - 5); i <= c.index + 5 && i < close.length; i += 1) {
            sum += close[i] ?? 0;
            count += 1;
          }
          follow(c, c.close.at() < sum / count);
        }),
    ],
    [
      'how many bars there are',
      (bars) => strategy((c) => follow(c, c.index % 10 < 5 && c.index < bars.close.length - 3)),
    ],
    [
      'bars that must be there, and fails without them',
      ({ close }) =>
        strategy((c) => {
          if (c.index === close.length - 1 && close.length < 1_500) throw new Error('no next bar');
          follow(c, c.index % 7 < 3);
        }),
    ],
  ];

  it.each(plants)('%s', (_name, plant) => {
    const result = audit(WALK, plant);
    expect(result.grade).toBe('F');
    expect(finding(result, 'look-ahead')?.severity).toBe('fatal');
    expect(finding(result, 'look-ahead')?.message).toMatch(/reads the future: on bar \d+/);
    expect(result.passed).not.toContain('look-ahead');
  });

  it('a strategy that fails when the history begins later', () => {
    const result = audit(WALK, ({ time }) =>
      strategy((c) => {
        if (c.index === 0 && (time[0] ?? 0) > 0) throw new Error('where is the first bar');
        follow(c, c.close.at() > c.close.at(1));
      }),
    );
    expect(finding(result, 'warm-up')?.message).toContain('where is the first bar');
    expect(result.passed).toContain('look-ahead');
  });

  it('a peek that only a plot shows', () => {
    const plant: Plant = ({ close }) => ({
      ...strategy(() => undefined),
      create: () => ({ onBar: (c) => follow(c, c.index % 9 < 4) }),
      id: `${close.length}`,
    });
    const result = audit(WALK, plant, {
      run: (part) => ({
        ...runStrategy(plant(part), { bars: part, parameters: {}, settings: COSTS }),
        plots: [{ name: 'next close', values: Float64Array.from([...part.close.slice(1), 0]) }],
      }),
    });
    expect(finding(result, 'look-ahead')?.message).toContain('the plot next close');
  });

  it('a run that is never the same twice', () => {
    let calls = 0;
    const plant: Plant = () => {
      calls += 1;
      const shift = calls;
      return strategy((c) => follow(c, (c.index + shift) % 8 < 4));
    };
    const result = audit(WALK, plant);
    expect(result.grade).toBe('F');
    expect(finding(result, 'repeatability')?.message).toContain('two different runs');
    expect(finding(result, 'look-ahead')).toBeUndefined();
  });
});

describe('a warm-up that never ends is found', () => {
  it('in a plot that adds up from the first bar', () => {
    const result = audit(WALK, () => strategy(() => undefined), {
      run: (part) => {
        let sum = 0;
        const values = part.close.map((close) => (sum += close));
        return {
          ...runStrategy(
            strategy((c) => follow(c, c.index % 9 < 4)),
            { bars: part, parameters: {}, settings: COSTS },
          ),
          plots: [{ name: 'sum', values }],
        };
      },
    });
    expect(finding(result, 'warm-up')?.severity).toBe('serious');
    expect(finding(result, 'warm-up')?.message).toContain('The plot sum never forgets');
    // What began later is no leak.
    expect(result.passed).toContain('look-ahead');
  });

  it('in orders that depend on the number of the bar or on all bars so far', () => {
    const byNumber = audit(WALK, () => strategy((c) => follow(c, c.index % 11 < 4)));
    expect(finding(byNumber, 'warm-up')?.message).toContain('orders in the last third');
    const sinceStart = audit(WALK, ({ close }) => {
      const first = close[0] ?? 0;
      return strategy((c) => follow(c, c.close.at() < first));
    });
    expect(finding(sinceStart, 'warm-up')).toBeDefined();
  });

  it('and one that ends is only noted, with its length', () => {
    // An average with a weight of 1/20 forgets all but a thousandth in about 7 / -ln(0.95) = 135 bars.
    const ema = (close: Float64Array): Float64Array => {
      let last = close[0] ?? 0;
      return close.map((value) => (last += (value - last) / 20));
    };
    const result = audit(
      WALK,
      ({ close }) => {
        const average = ema(close);
        return strategy((c) => follow(c, c.close.at() > (average[c.index] ?? 0)));
      },
      {
        run: (part) => {
          const average = ema(part.close);
          return {
            ...runStrategy(
              strategy((c) => follow(c, c.close.at() > (average[c.index] ?? 0))),
              { bars: part, parameters: {}, settings: COSTS },
            ),
            plots: [{ name: 'average', values: average }],
          };
        },
      },
    );
    expect(finding(result, 'warm-up')).toBeUndefined();
    const note = result.findings.find(({ check }) => check === 'warm-up');
    expect(note?.severity).toBe('note');
    expect(note?.evidence['bars']).toBeGreaterThan(20);
    expect(note?.evidence['bars']).toBeLessThan(200);
  });
});

describe('honest strategies pass', () => {
  const bars = between(spx(), '2005-01-01', '2019-12-31');
  const settings = { ...COSTS, short: true };

  it.each(STRATEGIES.map((definition) => [definition.id, definition] as const))(
    '%s',
    (_id, definition) => {
      const result = auditRun({
        bars,
        settings,
        universe: 'single',
        seed: 7,
        run: (part) => runStrategy(definition, { bars: part, parameters: {}, settings }),
      });
      const faults = result.findings.filter(({ severity }) => severity !== 'note');
      // Bands on both sides of a bar can be ambiguous, and the RSI closes 23 trades only; neither is a leak.
      expect(faults.filter(({ check }) => check !== 'same-bar' && check !== 'sample')).toEqual([]);
      expect(['A', 'B']).toContain(result.grade);
      expect(result.passed).toContain('look-ahead');
      expect(result.passed).toContain('warm-up');
    },
  );

  it('also with limits, stops and both sides on random bars', () => {
    for (const definition of STRATEGIES) {
      const result = auditRun({
        bars: randomWalk(900, 31, 0.02),
        settings,
        universe: 'point-in-time',
        seed: 3,
        run: (part) => runStrategy(definition, { bars: part, parameters: {}, settings }),
      });
      expect(finding(result, 'look-ahead'), definition.id).toBeUndefined();
      expect(finding(result, 'repeatability'), definition.id).toBeUndefined();
    }
  });
});

describe('what surrounds a run', () => {
  const plain: Plant = () => strategy((c) => follow(c, c.close.at() > c.close.at(1)));

  it('costs of zero', () => {
    const free = { commission: { percent: 0, perShare: 0, minimum: 0 }, slippageBps: 0 };
    expect(finding(audit(WALK, plain, { settings: free }), 'costs')?.message).toBe(
      'Trading is free of commission and slippage, which it is nowhere.',
    );
    const half = { ...free, slippageBps: 1 };
    expect(finding(audit(WALK, plain, { settings: half }), 'costs')?.severity).toBe('warning');
    expect(finding(audit(WALK, plain), 'costs')).toBeUndefined();
  });

  it('costs that models give instead of plain numbers', () => {
    const free = { commission: { percent: 0, perShare: 0, minimum: 0 }, slippageBps: 0 };
    const of = (more: Partial<AuditTask['settings']>): string | undefined =>
      finding(audit(WALK, plain, { settings: { ...free, ...more } }), 'costs')?.message;
    const fees = { table: 'ibkr-fixed' } as const;
    expect(of({ fees })).toBe('Trading is free of slippage, which it is nowhere.');
    expect(of({ slippage: { kind: 'spread', bps: 2 } })).toBe(
      'Trading is free of commission, which it is nowhere.',
    );
    for (const slippage of [
      { kind: 'fixed', amount: 0.01 },
      { kind: 'bps', bps: 1 },
      { kind: 'volume-share', coefficient: 0.1 },
      { kind: 'square-root', coefficient: 0.5, window: 20 },
    ] as const) {
      expect(of({ fees, slippage })).toBeUndefined();
    }
    // A model that moves nothing is none, whatever the number beside it says.
    expect(of({ fees, slippageBps: 5, slippage: { kind: 'bps', bps: 0 } })).toBe(
      'Trading is free of slippage, which it is nowhere.',
    );
  });

  it('too few trades', () => {
    const rare: Plant = () =>
      strategy((c) =>
        follow(c, c.close.at(1) > c.close.at(2) && c.close.at() > 1.06 * c.close.at(30)),
      );
    const short = audit(randomWalk(60, 1), plain);
    expect(finding(short, 'sample')?.evidence['trades']).toBeLessThan(30);
    expect(finding(audit(WALK, plain), 'sample')).toBeUndefined();
    const none = audit(WALK, () => strategy(() => undefined));
    expect(finding(none, 'sample')?.severity).toBe('serious');
    expect(audit(WALK, rare).passed).toContain('look-ahead');
  });

  it('the choice of instruments and the trials before', () => {
    const with_ = (given: Partial<AuditTask>) => audit(WALK, plain, given);
    expect(finding(with_({ universe: 'current-members' }), 'survivorship')?.severity).toBe(
      'serious',
    );
    expect(finding(with_({ universe: 'unknown' }), 'survivorship')?.severity).toBe('warning');
    expect(finding(with_({ universe: 'single' }), 'survivorship')).toBeUndefined();
    expect(with_({}).passed).toContain('survivorship');
    expect(finding(with_({ ledger: { trials: 900, probability: 0.3 } }), 'trials')?.message).toBe(
      'After 900 trials on this data the chance that the Sharpe ratio is more than luck is 30 %.',
    );
    expect(finding(with_({ ledger: { trials: 3, probability: 0.8 } }), 'trials')?.severity).toBe(
      'warning',
    );
    expect(finding(with_({ ledger: { trials: 3, probability: 0.97 } }), 'trials')).toBeUndefined();
  });

  it('makes the grade', () => {
    const grade = (serious: number, warnings: number, fatal = 0) =>
      gradeOf([
        ...Array.from({ length: serious }, () => ({ severity: 'serious' as const })),
        ...Array.from({ length: warnings }, () => ({ severity: 'warning' as const })),
        ...Array.from({ length: fatal }, () => ({ severity: 'fatal' as const })),
        { severity: 'note' as const },
      ]);
    expect([grade(0, 0), grade(0, 1), grade(0, 2), grade(1, 1)]).toEqual(['A', 'B', 'C', 'C']);
    expect([grade(1, 2), grade(2, 0), grade(3, 0), grade(0, 0, 1)]).toEqual(['D', 'D', 'F', 'F']);
  });

  it('can be watched and stopped', () => {
    const seen: number[] = [];
    auditRun(
      {
        bars: WALK,
        settings: COSTS,
        universe: 'single',
        seed: 1,
        run: (part) => runStrategy(plain(part), { bars: part, parameters: {}, settings: COSTS }),
      },
      { onProgress: (done) => seen.push(done) },
    );
    expect(seen.length).toBeGreaterThan(10);
    expect(() =>
      audit(WALK, plain, {
        cuts: 2,
        run: () => {
          throw new Error('broken engine');
        },
      }),
    ).toThrow('broken engine');
  });
});
