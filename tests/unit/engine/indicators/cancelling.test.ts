import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import { evaluateStudy, compileStudy } from '../../../../engine/expressions/study.ts';
import type { IndicatorDefinition, InputName } from '../../../../engine/indicators/definition.ts';
import { CATALOGUE, DEFINITIONS } from '../../../../engine/indicators/registry.ts';
import { runIndicator, SLICE_WORK } from '../../../../engine/indicators/runner.ts';

const LENGTH = 30_000;
const random = new Random(11);
const close = new Float64Array(LENGTH);
close.forEach((_, i) => {
  close[i] = (close[i - 1] ?? 100) * (1 + (random.uniform() - 0.5) / 100);
});
// A missing value inside starts everything anew, in slices as well.
close[12_345] = Number.NaN;
const COLUMNS: Readonly<Partial<Record<InputName, Float64Array>>> = {
  real: close,
  close,
  high: close.map((x) => x * 1.002),
  low: close.map((x) => x * 0.997),
  volume: close.map((_, i) => 1 + (i % 17)),
  session: close.map((_, i) => Math.floor(i / 390)),
  periods: close.map((_, i) => 2 + (i % 900)),
};
/** Long enough periods that 30,000 bars are several slices. */
const LONG: Readonly<Record<string, ParameterValues>> = {
  avgdev: { timeperiod: 1_500 },
  cci: { timeperiod: 1_500 },
  dynamic_momentum_index: { maxperiod: 1_500 },
  mavp: { maxperiod: 1_500, matype: 5 },
  median: { timeperiod: 1_500 },
  rci: { timeperiod: 900 },
  rwi: { timeperiod: 400 },
  ulcer_index: { timeperiod: 1_500 },
  volume_profile: { timeperiod: 1_000, rows: 100 },
};
const working = DEFINITIONS.filter(({ work }) => work !== undefined);

/** Long enough for another way of reckoning. */
const LONGER: readonly (readonly [string, ParameterValues])[] = [
  ['avgdev', { timeperiod: 5_000 }],
  ['cci', { timeperiod: 5_000 }],
];
const cases = [...working.map(({ id }) => [id, LONG[id] ?? {}] as const), ...LONGER].map(
  ([id, parameters]) => [id, parameters, CATALOGUE.find(id)] as const,
);

describe('indicators whose work grows with their period', () => {
  it('are those that say so', () => {
    expect(working.map(({ id }) => id).toSorted()).toEqual(Object.keys(LONG));
  });

  it.each(cases)(
    '%s of %j can be stopped between slices, and has the same digits in slices',
    (id, parameters, definition) => {
      if (definition === undefined) throw new Error(`no ${id}`);
      const inputs = definition.inputs.map((input) => COLUMNS[input] as Float64Array);
      const whole = runIndicator(definition, inputs, parameters);
      let asked = 0;
      const sliced = runIndicator(definition, inputs, parameters, undefined, () => {
        asked += 1;
        return false;
      });
      expect(sliced).toEqual(whole);
      const work = definition.work?.({ ...defaults(id), ...parameters }) ?? 0;
      expect(asked).toBeGreaterThanOrEqual(Math.floor((work * LENGTH) / SLICE_WORK));
      expect(asked).toBeGreaterThan(1);

      let left = 2;
      const stopping = (): boolean => (left -= 1) < 0;
      expect(() => runIndicator(definition, inputs, parameters, undefined, stopping)).toThrow(
        'was cancelled',
      );
    },
  );
});

describe('a moving average of recursive kind with variable periods', () => {
  const MAVP = CATALOGUE.find('mavp') as IndicatorDefinition;
  const inputs = [close, COLUMNS.periods as Float64Array];
  /** 29 periods are asked for, one column each. */
  const parameters = { minperiod: 2, maxperiod: 30, matype: 1 };

  it('can be stopped between its columns, and is the same where nobody stops it', () => {
    const whole = runIndicator(MAVP, inputs, parameters);
    let asked = 0;
    const watched = runIndicator(MAVP, inputs, parameters, undefined, () => {
      asked += 1;
      return false;
    });
    expect(watched).toEqual(whole);
    // The missing value cuts the series in two.
    expect(asked).toBe(2 * 29);
    for (const after of [0, 1, 30]) {
      let left = after;
      const stopping = (): boolean => (left -= 1) < 0;
      expect(() => runIndicator(MAVP, inputs, parameters, undefined, stopping)).toThrow(
        'was cancelled',
      );
      expect(left).toBe(-1);
    }
  });
});

function defaults(id: string): ParameterValues {
  const { parameters = [] } = CATALOGUE.find(id) ?? {};
  return Object.fromEntries(parameters.map(({ name, default: value }) => [name, value]));
}

it('a study asks within one long indicator', () => {
  const series = { length: LENGTH, closedAt: close.map((_, i) => i), column: () => close };
  const study = compileStudy('avgdev(1500)', CATALOGUE);
  let asked = 0;
  const environment = { series: () => series };
  evaluateStudy(study, environment, { isCancelled: () => (asked += 1) < 0 });
  const nodes = study.expression.nodes.length;
  expect(asked).toBeGreaterThan(nodes + 1);
  let left = nodes + 1;
  const stopped = (): void => {
    evaluateStudy(study, environment, { isCancelled: () => (left -= 1) < 0 });
  };
  expect(stopped).toThrow('was cancelled');
});
