import type { Catalogue } from '../../../../engine/expressions/compile.ts';
import type { Environment, ScopeSeries } from '../../../../engine/expressions/environment.ts';
import { scopeKey, type ColumnName } from '../../../../engine/expressions/graph.ts';
import {
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
} from '../../../../engine/indicators/definition.ts';

/** A plain mean, written for these tests alone, so that the language is tested apart from the catalogue. */
export const MEAN: IndicatorDefinition = {
  id: 'mean',
  aliases: ['average'],
  title: 'Mean',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [integer('period', 'Period', 3, 'Bars', [1, 100])],
  outputs: [line('mean', 'Mean'), line('double', 'Twice the mean')],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation: 'Mean of the last bars.',
  formula: 'sum / period',
  source: 'arithmetic',
  lookback: (parameters) => numberOf(parameters, 'period') - 1,
  compute([input = new Float64Array(0)], parameters, [mean, double]) {
    const period = numberOf(parameters, 'period');
    for (let i = 0; i < input.length; i += 1) {
      let sum = i + 1 < period ? Number.NaN : 0;
      for (let k = 0; k < period; k += 1) sum += input[i - k] ?? Number.NaN;
      if (mean !== undefined) mean[i] = sum / period;
      if (double !== undefined) double[i] = (2 * sum) / period;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'period');
    const state = new Float64Array(period).fill(Number.NaN);
    return {
      state,
      step(inputs, outputs) {
        state.copyWithin(1, 0);
        state[0] = inputs[0] ?? Number.NaN;
        let sum = 0;
        for (const x of state) sum += x;
        outputs[0] = sum / period;
        outputs[1] = (2 * sum) / period;
      },
    };
  },
};

export const CATALOGUE: Catalogue = {
  find: (name) => ([MEAN.id, ...MEAN.aliases].includes(name) ? MEAN : undefined),
  names: () => [MEAN.id, ...MEAN.aliases],
};

type Columns = Partial<Record<ColumnName, readonly number[]>>;

export function scopeOf(columns: Columns, closedAt?: readonly number[]): ScopeSeries {
  const length = Object.values(columns)[0]?.length ?? 0;
  const missing = new Float64Array(length).fill(Number.NaN);
  return {
    length,
    closedAt: Float64Array.from(closedAt ?? Array.from({ length }, (_, i) => i + 1)),
    column: (name) => (columns[name] === undefined ? missing : Float64Array.from(columns[name])),
  };
}

/** An environment whose base scope has these columns and whose other scopes are named by `SYMBOL@tf`. */
export function environmentOf(
  columns: Columns,
  others: Readonly<Record<string, ScopeSeries>> = {},
): Environment {
  return {
    series(scope) {
      const key = scopeKey(scope);
      if (key === '@') return scopeOf(columns);
      const other = others[key];
      if (other === undefined) throw new Error(`no scope ${key}`);
      return other;
    },
  };
}
