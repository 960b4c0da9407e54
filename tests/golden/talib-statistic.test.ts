import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import type { IndicatorDefinition } from '../../engine/indicators/definition.ts';
import { runIndicator } from '../../engine/indicators/runner.ts';
import { STDDEV, VAR } from '../../engine/indicators/statistic/dispersion.ts';
import {
  LINEARREG,
  LINEARREG_ANGLE,
  LINEARREG_INTERCEPT,
  LINEARREG_SLOPE,
  TSF,
} from '../../engine/indicators/statistic/linear-regression.ts';
import { BETA, CORREL } from '../../engine/indicators/statistic/pairs.ts';
import { readOracle } from './oracle.ts';
import { describeTalib } from './talib.ts';

describeTalib('statistic', [
  BETA,
  LINEARREG,
  LINEARREG_ANGLE,
  LINEARREG_INTERCEPT,
  LINEARREG_SLOPE,
  TSF,
]);

/*
 * TA-Lib takes the variance as the mean square less the squared mean, from sums that run on. Where the
 * price is large against its moves, most digits cancel: on the minute bars its variance of nine equal
 * closes is negative, and its other answers are off by up to 2e-5 of themselves. So these three are
 * held to whole-number arithmetic, which is exact, and to TA-Lib as far as its rounding lets them be:
 * to 1e-9 on the daily bars.
 */

const SETS = ['daily', 'minute'] as const;
type SetName = (typeof SETS)[number];
const FOLDER = fromRoot('tests/golden/talib');
const PATH = `${FOLDER}/statistic-squares.json`;
const SQUARES = [VAR, STDDEV, CORREL];

interface GoldenSquares {
  readonly id: string;
  readonly set: SetName;
  readonly parameters: Readonly<Record<string, number>>;
  readonly lookback: number;
  readonly values: readonly (readonly [bar: number, value: number])[];
}

if (process.env['RENATA_WRITE_GOLDEN'] === '1') writeSquares();

function writeSquares(): void {
  const rows = SETS.flatMap((set) =>
    SQUARES.map(({ id }): GoldenSquares => {
      const found = readOracle(set)?.functions.find(({ name }) => name === id.toUpperCase());
      if (found === undefined) throw new Error(`no reference for ${id}`);
      const column = Object.values(found.outputs)[0] ?? [];
      return {
        id,
        set,
        parameters: Object.fromEntries(
          Object.entries(found.params).map(([name, value]) => [
            name.replace('optIn', '').toLowerCase(),
            value,
          ]),
        ),
        lookback: found.lookback,
        values: column.flatMap((value, i) =>
          value !== null && (i < 3 || i % 20 === 0 || i >= column.length - 2 || value <= 0)
            ? [[found.begin + i, value] as const]
            : [],
        ),
      };
    }),
  );
  writeFileSync(PATH, `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);
}

/** Prices have few decimals, so that a million times each is a whole number. */
const SCALE = 1_000_000;

function readColumn(set: SetName, name: 'open' | 'close'): Float64Array {
  const text = readFileSync(`${FOLDER}/bars-${set}.json`, 'utf8');
  const columns = JSON.parse(text) as Readonly<Record<string, readonly number[]>>;
  return Float64Array.from(columns[name] ?? []);
}

function wholeNumbers(column: Float64Array): bigint[] {
  return Array.from(column, (x) => {
    const whole = Math.round(x * SCALE);
    expect(whole / SCALE).toBe(x);
    return BigInt(whole);
  });
}

/** n × Σ ab − Σ a × Σ b of the window that ends with a bar, exactly. */
function spread(a: readonly bigint[], b: readonly bigint[], bar: number, period: number): bigint {
  let [sumA, sumB, products] = [0n, 0n, 0n];
  for (let k = bar - period + 1; k <= bar; k += 1) {
    const [x = 0n, y = 0n] = [a[k], b[k]];
    sumA += x;
    sumB += y;
    products += x * y;
  }
  return BigInt(period) * products - sumA * sumB;
}

function run(definition: IndicatorDefinition, golden: GoldenSquares): Float64Array {
  const close = readColumn(golden.set, 'close');
  const inputs = definition.inputs.map((input) =>
    input === 'real1' ? readColumn(golden.set, 'open') : close,
  );
  return runIndicator(definition, inputs, golden.parameters)[0] ?? new Float64Array(0);
}

describe('variance, deviation and correlation', () => {
  const golden = existsSync(PATH)
    ? (JSON.parse(readFileSync(PATH, 'utf8')) as readonly GoldenSquares[])
    : [];
  const definitionOf = (id: string): IndicatorDefinition => {
    const found = SQUARES.find((each) => each.id === id);
    if (found === undefined) throw new Error(`${id} is not one of the three`);
    return found;
  };

  it('have references of both sets', () => {
    expect(golden.map(({ id, set }) => `${id} ${set}`).toSorted()).toEqual(
      SETS.flatMap((set) => SQUARES.map(({ id }) => `${id} ${set}`)).toSorted(),
    );
    expect(golden.every(({ values }) => values.length > 40)).toBe(true);
  });

  it.each(golden)('$id on $set bars is exact', (each) => {
    const computed = run(definitionOf(each.id), each);
    const close = wholeNumbers(readColumn(each.set, 'close'));
    const open = wholeNumbers(readColumn(each.set, 'open'));
    const { timeperiod = 0, nbdev = 1 } = each.parameters;
    for (let bar = each.lookback; bar < computed.length; bar += 1) {
      const xx = Number(spread(close, close, bar, timeperiod));
      const yy = Number(spread(open, open, bar, timeperiod));
      const variance = xx / (timeperiod * SCALE) ** 2;
      const exact =
        each.id === 'var'
          ? variance
          : each.id === 'stddev'
            ? nbdev * Math.sqrt(variance)
            : Number(spread(close, open, bar, timeperiod)) / Math.sqrt(xx) / Math.sqrt(yy);
      const mine = computed[bar] ?? Number.NaN;
      expect(Math.abs(mine - exact), `bar ${bar}: ${mine} is not ${exact}`).toBeLessThanOrEqual(
        1e-11 * Math.abs(exact),
      );
    }
  });

  it.each(golden)('$id on $set bars is what TA-Lib rounds', (each) => {
    const definition = definitionOf(each.id);
    const computed = run(definition, each);
    const close = readColumn(each.set, 'close');
    const { timeperiod = 0, nbdev = 1 } = each.parameters;
    expect(definition.lookback(each.parameters)).toBe(each.lookback);
    expect(computed.subarray(0, each.lookback).every(Number.isNaN)).toBe(true);
    const variances = runIndicator(VAR, [close], { timeperiod })[0] ?? new Float64Array(0);
    for (const [bar, value] of each.values) {
      const mine = computed[bar] ?? Number.NaN;
      const price = close[bar] ?? 0;
      // Rounding of a sum of squares, as a share of the variance that is left of it.
      const rounding = each.set === 'daily' ? 0 : 64 * Number.EPSILON * price * price;
      const share = rounding / (variances[bar] ?? 0);
      const [left, right, tolerance] =
        each.id === 'var'
          ? [mine, value, rounding]
          : each.id === 'stddev'
            ? [(mine / nbdev) ** 2, (value / nbdev) ** 2, rounding]
            : [mine, value, each.set === 'daily' ? 0 : share];
      expect(Math.abs(left - right), `bar ${bar}: ${mine} is not ${value}`).toBeLessThanOrEqual(
        1e-9 * Math.abs(right) + tolerance,
      );
    }
  });

  it('are 0 where nothing moved, which TA-Lib makes a negative variance', () => {
    const minute = golden.find(({ id, set }) => id === 'var' && set === 'minute');
    const negative = minute?.values.filter(([, value]) => value < 0) ?? [];
    expect(negative.length).toBeGreaterThan(0);
    const computed = minute === undefined ? new Float64Array(0) : run(VAR, minute);
    for (const [bar] of negative) expect(computed[bar]).toBe(0);
  });
});
