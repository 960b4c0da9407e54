import type { BarColumns } from '../domain/bar.ts';
import { RenataError } from '../domain/errors.ts';
import { resolveParameters, type ParameterValues } from '../domain/parameters.ts';
import { MS_PER_DAY } from '../domain/time.ts';
import { BREADTH } from './breadth/index.ts';
import { CANDLESTICKS } from './candlesticks/index.ts';
import { CHART_TYPES } from './chart-types/index.ts';
import { CYCLE } from './cycle/index.ts';
import { demandsOf, type IndicatorDefinition, type InputName } from './definition.ts';
import { LEVELS } from './levels/index.ts';
import { MATH } from './math/index.ts';
import { MOMENTUM } from './momentum/index.ts';
import { OVERLAP } from './overlap/index.ts';
import { PRICE_TRANSFORM } from './price-transform/index.ts';
import { runIndicator } from './runner.ts';
import { STATISTIC } from './statistic/index.ts';
import { TREND } from './trend/index.ts';
import { VOLATILITY } from './volatility/index.ts';
import { VOLUME } from './volume/index.ts';

/** Every indicator there is, by group. */
export const DEFINITIONS: readonly IndicatorDefinition[] = [
  ...OVERLAP,
  ...MOMENTUM,
  ...VOLUME,
  ...VOLATILITY,
  ...CYCLE,
  ...PRICE_TRANSFORM,
  ...STATISTIC,
  ...MATH,
  ...CANDLESTICKS,
  ...TREND,
  ...LEVELS,
  ...BREADTH,
  ...CHART_TYPES,
];

const BY_NAME: ReadonlyMap<string, IndicatorDefinition> = new Map(
  DEFINITIONS.flatMap((definition) =>
    [definition.id, ...definition.aliases].map((name) => [name, definition] as const),
  ),
);

/** What a list of indicators shows of one: its definition without the arithmetic. */
export interface IndicatorSummary extends Omit<
  IndicatorDefinition,
  'lookback' | 'work' | 'compute' | 'stream'
> {
  /** Inputs that must be given: they have no usual series. */
  readonly demands: readonly InputName[];
  /** Bars before the first value, with the parameters' defaults. */
  readonly lookback: number;
}

export const INDICATORS: readonly IndicatorSummary[] = DEFINITIONS.map((definition) => {
  const { id, aliases, title, group, inputs, parameters, outputs } = definition;
  const { pane, levels, explanation, formula, source, unstable } = definition;
  return {
    id,
    aliases,
    title,
    group,
    inputs,
    demands: demandsOf(definition),
    parameters,
    outputs,
    pane,
    levels,
    explanation,
    formula,
    source,
    unstable,
    lookback: definition.lookback(resolveParameters(id, parameters, {})),
  };
});

/** The catalogue as the expression language reads it. */
export const CATALOGUE = {
  find: (name: string): IndicatorDefinition | undefined => BY_NAME.get(name),
  names: (): Iterable<string> => BY_NAME.keys(),
};

/**
 * Computes an indicator over bars with its usual inputs.
 * @returns one column for each output, as long as the bars, NaN in the lead-in
 * @throws RenataError NOT_FOUND for an unknown indicator, BAD_INPUT for a wrong parameter and for an
 *   indicator that demands series of its own.
 */
export function computeIndicator(
  id: string,
  parameters: ParameterValues,
  bars: BarColumns,
): { readonly name: string; readonly values: Float64Array }[] {
  const definition = barIndicator(id);
  const inputs = definition.inputs.map((input) => inputColumn(input, bars));
  const outputs = runIndicator(definition, inputs, parameters);
  return definition.outputs.map(({ name }, index) => ({
    name,
    values: outputs[index] as Float64Array,
  }));
}

/**
 * An indicator that bars alone can serve.
 * @throws RenataError as `computeIndicator` does
 */
export function barIndicator(id: string): IndicatorDefinition {
  const definition = BY_NAME.get(id);
  if (definition === undefined) {
    throw new RenataError(
      'NOT_FOUND',
      `indicator: "${id}" does not exist; list them with renata indicators.`,
      {
        details: { parameter: 'indicator' },
      },
    );
  }
  const demands = demandsOf(definition);
  if (demands.length > 0) {
    throw new RenataError(
      'BAD_INPUT',
      `indicator: ${id} needs its series (${demands.join(', ')}), which bars alone do not have; ` +
        `write it as an expression: ${id}(${definition.inputs.join(', ')}).`,
      { details: { parameter: 'indicator' } },
    );
  }
  return definition;
}

/**
 * The column that serves an input by default. Session days are those of UTC here; the expression
 * language, which knows the calendar, gives the market's own.
 */
function inputColumn(input: InputName, bars: BarColumns): Float64Array {
  switch (input) {
    case 'real':
    // What is demanded never comes here: it has no column.
    case 'real0':
    case 'real1':
    case 'periods':
      return bars.close;
    case 'session':
      return bars.time.map((time) => Math.floor(time / MS_PER_DAY));
    case 'open':
    case 'high':
    case 'low':
    case 'close':
    case 'volume':
    case 'time':
      return bars[input];
  }
}
