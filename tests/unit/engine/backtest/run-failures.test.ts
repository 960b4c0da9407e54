import { describe, expect, it } from 'vitest';
import { runStrategy } from '../../../../engine/backtest/run.ts';
import type {
  Strategy,
  StrategyDefinition,
  StrategySetup,
} from '../../../../engine/backtest/strategy.ts';
import { DEFAULT_SETTINGS } from '../../../../engine/domain/backtest.ts';
import { RenataError } from '../../../../engine/domain/errors.ts';
import { flatBars } from './bars.ts';

function run(create: (setup: StrategySetup) => Strategy, bars = flatBars([1, 2, 3, 4])): unknown {
  const definition: StrategyDefinition = {
    id: 'broken',
    title: 'Broken',
    description: 'Fails on purpose.',
    parameters: [],
    validate: () => undefined,
    create: (_parameters, setup) => create(setup),
  };
  return runStrategy(definition, { parameters: {}, settings: DEFAULT_SETTINGS, bars });
}

function failureOf(work: () => unknown): RenataError {
  try {
    work();
  } catch (error) {
    if (error instanceof RenataError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a strategy that fails', () => {
  it('at its start is named with its reason', () => {
    const error = failureOf(() =>
      run(() => {
        throw new TypeError('no such column');
      }),
    );
    expect(error.code).toBe('STRATEGY_FAILED');
    expect(error.message).toBe('Strategy broken failed at its start: no such column');
  });

  it('on a bar is named with the bar, whatever it throws', () => {
    const error = failureOf(() =>
      run(() => ({
        onBar(context) {
          // oxlint-disable-next-line typescript/only-throw-error -- users' code throws what it likes
          if (context.index === 2) throw 'enough';
        },
      })),
    );
    expect(error.message).toBe('Strategy broken failed on bar 2: enough');
  });

  it('keeps what an order or an indicator says of a wrong argument', () => {
    const wrong = failureOf(() =>
      run((setup) => ({ onBar: () => setup.indicator('sma', { timeperiod: 0 }) })),
    );
    expect(wrong.code).toBe('BAD_INPUT');
    const output = failureOf(() =>
      run((setup) => {
        setup.indicator('macd', {}, 'signa');
        return { onBar: () => undefined };
      }),
    );
    expect(output.message).toContain('has no output "signa"');
  });

  it('draws only series that an indicator made', () => {
    const result = run((setup) => {
      setup.plot('own', { at: () => 1 });
      setup.plot('sma', setup.indicator('sma', { timeperiod: 2 }));
      return { onBar: () => undefined };
    });
    expect((result as { readonly plots: readonly unknown[] }).plots).toHaveLength(1);
  });
});
