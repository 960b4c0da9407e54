import type { BarColumns } from '../domain/bar.ts';
import { RenataError } from '../domain/errors.ts';
import type { Parameter, ParameterValues } from '../domain/parameters.ts';
import { EMA, SMA } from './averages.ts';
import type { IndicatorDefinition } from './definition.ts';
import { MACD, RSI } from './oscillators.ts';
import { runIndicator } from './runner.ts';
import { ATR, BBANDS } from './volatility.ts';

/** Every indicator there is, by group. */
export const DEFINITIONS: readonly IndicatorDefinition[] = [SMA, EMA, BBANDS, RSI, MACD, ATR];

const BY_NAME: ReadonlyMap<string, IndicatorDefinition> = new Map(
  DEFINITIONS.flatMap((definition) =>
    [definition.id, ...definition.aliases].map((name) => [name, definition] as const),
  ),
);

/** What a list of indicators shows of one. */
export interface IndicatorSummary {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly pane: 'overlay' | 'own';
  readonly outputs: readonly string[];
  readonly parameters: readonly Parameter[];
}

export const INDICATORS: readonly IndicatorSummary[] = DEFINITIONS.map((definition) => ({
  id: definition.id,
  title: definition.title,
  description: definition.explanation,
  pane: definition.pane,
  outputs: definition.outputs.map(({ name }) => name),
  parameters: definition.parameters,
}));

/** The catalogue as the expression language reads it. */
export const CATALOGUE = {
  find: (name: string): IndicatorDefinition | undefined => BY_NAME.get(name),
  names: (): Iterable<string> => BY_NAME.keys(),
};

/**
 * Computes an indicator over bars with its usual inputs.
 * @returns one column for each output, as long as the bars, NaN in the lead-in
 * @throws RenataError NOT_FOUND for an unknown indicator, BAD_INPUT for a wrong parameter.
 */
export function computeIndicator(
  id: string,
  parameters: ParameterValues,
  bars: BarColumns,
): { readonly name: string; readonly values: Float64Array }[] {
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
  const inputs = definition.inputs.map((input) => {
    if (input === 'real' || input === 'real0') return bars.close;
    return input === 'real1' ? bars.open : input === 'periods' ? bars.close : bars[input];
  });
  const outputs = runIndicator(definition, inputs, parameters);
  return definition.outputs.map(({ name }, index) => ({
    name,
    values: outputs[index] as Float64Array,
  }));
}
