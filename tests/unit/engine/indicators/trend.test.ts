import { describe, expect, it } from 'vitest';
import type { IndicatorDefinition } from '../../../../engine/indicators/definition.ts';
import { OVERLAP_BEYOND } from '../../../../engine/indicators/overlap/beyond.ts';
import { runIndicator } from '../../../../engine/indicators/runner.ts';
import { TREND } from '../../../../engine/indicators/trend/index.ts';
import { randomWalk, spx } from '../backtest/bars.ts';
import { AVERAGES_DEFINED } from './trend-averages-defined.ts';
import { TREND_DEFINED } from './trend-defined.ts';
import type { Bars, Series, Values } from './trend-naive.ts';

const DEFINED = { ...AVERAGES_DEFINED, ...TREND_DEFINED };
const ALL = [...OVERLAP_BEYOND, ...TREND].filter(({ id }) => id !== 'psar');

function plain(columns: Readonly<Record<keyof Bars, Float64Array>>, length: number): Bars {
  const cut = (column: Float64Array): number[] => [...column.subarray(0, length)];
  return {
    open: cut(columns.open),
    high: cut(columns.high),
    low: cut(columns.low),
    close: cut(columns.close),
    volume: cut(columns.volume),
  };
}

function run(definition: IndicatorDefinition, bars: Bars, parameters: Values): Series[] {
  const inputs = definition.inputs.map((name) =>
    Float64Array.from(name === 'real' ? bars.close : bars[name as keyof Bars]),
  );
  return runIndicator(definition, inputs, parameters).map((column) => [...column]);
}

function defaults(definition: IndicatorDefinition): Record<string, number> {
  return Object.fromEntries(definition.parameters.map((p) => [p.name, p.default as number]));
}

/** Other periods than the defaults: half as long and one more, odd where those are even. */
function others(definition: IndicatorDefinition): Record<string, number> {
  return Object.fromEntries(
    definition.parameters.map((p) => {
      const value = p.default as number;
      if (p.kind !== 'integer') return [p.name, value * 0.75];
      return [p.name, p.name === 'poles' ? 3 : Math.floor(value / 2) + 2];
    }),
  );
}

function expectSame(mine: Series, wanted: Series, where: string): void {
  const size = Math.max(...wanted.filter(Number.isFinite).map(Math.abs), 1e-9);
  expect(mine.length).toBe(wanted.length);
  mine.forEach((value, i) => {
    const other = wanted[i] ?? Number.NaN;
    if (Number.isNaN(value) && Number.isNaN(other)) return;
    const off = Math.abs(value - other);
    expect(
      off <= 1e-9 * Math.max(Math.abs(other), 1e-3 * size),
      `${where}[${i}]: ${value}, ${other}`,
    ).toBe(true);
  });
}

const walk = randomWalk(400, 11, 0.02);
const SETS: readonly (readonly [string, Bars])[] = [
  ['S&P 500, 2000 on', plain(spx(), 500)],
  [
    'a random walk',
    plain({ ...walk, volume: walk.close.map((x, i) => 1 + ((i * 37) % 91) * x) }, 400),
  ],
];

describe.each(ALL.map((definition) => [definition.id, definition] as const))(
  '%s',
  (id, definition) => {
    it.each(SETS)('is what its definition says, on %s', (_name, bars) => {
      for (const parameters of [defaults(definition), others(definition)]) {
        const mine = run(definition, bars, parameters);
        const wanted = DEFINED[id]?.(bars, parameters) ?? [];
        expect(wanted.length).toBe(definition.outputs.length);
        const finite = mine.some((column) => column.some(Number.isFinite));
        expect(finite, 'there is something to compare').toBe(true);
        mine.forEach((column, k) => {
          expectSame(column, wanted[k] ?? [], `${id}.${definition.outputs[k]?.name ?? ''}`);
        });
      }
    });

    it('begins at its look-back with its defaults', () => {
      const columns = run(definition, SETS[0]?.[1] as Bars, {});
      const firsts = columns.map((column) => column.findIndex(Number.isFinite));
      const first = Math.min(...firsts.filter((at) => at >= 0));
      const lookback = definition.lookback(defaults(definition));
      if (id === 'fractals') expect(first).toBeGreaterThanOrEqual(lookback);
      else expect(first).toBe(lookback);
    });

    it('does not know the unit of the price', () => {
      // Powers of two scale exactly, so values must be scaled exactly or not at all.
      const bars = SETS[1]?.[1] as Bars;
      const mine = run(definition, bars, {});
      for (const unit of [2 ** -30, 2 ** 26]) {
        const scaled = Object.fromEntries(
          Object.entries(bars).map(([name, xs]) => [
            name,
            name === 'volume' ? xs : (xs as Series).map((x) => x * unit),
          ]),
        ) as unknown as Bars;
        run(definition, scaled, {}).forEach((column, k) => {
          const own = mine[k] ?? [];
          const last = column.findLastIndex((x) => Number.isFinite(x) && x !== 0);
          const factor = last >= 0 && (column[last] as number) === own[last] ? 1 : unit;
          expect(column).toEqual(own.map((x) => x * factor));
        });
      }
    });
  },
);

describe('windows without memory', () => {
  const lasting = ALL.filter(({ unstable }) => !unstable);

  it.each(lasting.map((definition) => [definition.id, definition] as const))(
    '%s forgets huge prices that have left its window',
    (id, definition) => {
      const bars = SETS[1]?.[1] as Bars;
      const before = Array.from({ length: 1_000 }, (_, i) => 1e9 * (1 + 0.3 * Math.sin(i)));
      const after = Object.fromEntries(
        Object.entries(bars).map(([name, xs]) => [name, [...before, ...(xs as Series)]]),
      ) as unknown as Bars;
      const alone = run(definition, bars, {});
      const from = definition.lookback(defaults(definition));
      // Ichimoku's first lines are older than its last: the cloud starts at span + displacement.
      const begin = id === 'ichimoku' ? 52 + 26 : from + 1;
      run(definition, after, {}).forEach((column, k) => {
        expectSame(column.slice(1_000 + begin), (alone[k] ?? []).slice(begin), id);
      });
    },
  );
});
