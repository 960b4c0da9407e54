import { RenataError } from '../../domain/errors.ts';
import type { ParameterValues } from '../../domain/parameters.ts';
import type { BarColumns } from '../../domain/bar.ts';
import { evaluateColumns } from '../../expressions/columns.ts';
import { compile } from '../../expressions/compile.ts';
import type { Environment } from '../../expressions/environment.ts';
import { CATALOGUE, computeIndicator } from '../../indicators/registry.ts';

/** Columns that a strategy in TypeScript asks for before its first bar; each is computed once. */
export class CodeColumns {
  private readonly bars: BarColumns;
  private readonly environment: Environment;
  private readonly known = new Map<string, Float64Array>();

  constructor(bars: BarColumns, environment: Environment) {
    this.bars = bars;
    this.environment = environment;
  }

  /** @throws RenataError for an unknown indicator, parameter or output, and for too few bars */
  indicator(id: string, parameters: ParameterValues, output?: string): Float64Array {
    const key = `indicator ${id} ${JSON.stringify(parameters)} `;
    const known = this.known.get(key + (output ?? ''));
    if (known !== undefined) return known;
    const outputs = computeIndicator(id, parameters, this.bars);
    const found = output === undefined ? outputs[0] : outputs.find(({ name }) => name === output);
    if (found === undefined) {
      const names = outputs.map(({ name }) => name).join(', ');
      throw new RenataError(
        'BAD_INPUT',
        `The indicator ${id} has no output "${output}"; it has ${names}.`,
      );
    }
    for (const { name, values } of outputs) this.known.set(key + name, values);
    return this.keep(key + (output ?? ''), `The indicator ${id}`, found.values);
  }

  /** An expression over the bars, other timeframes and other instruments. */
  series(expression: string): Float64Array {
    const key = `series ${expression}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const compiled = compile(expression, CATALOGUE);
    return this.keep(key, `"${expression}"`, evaluateColumns(compiled, this.environment));
  }

  private keep(key: string, what: string, values: Float64Array): Float64Array {
    if (values.length > 0 && values.every((value) => Number.isNaN(value))) {
      throw new RenataError(
        'BAD_INPUT',
        `${what} has no value on any of the ${values.length} bars; use more data or shorter periods.`,
      );
    }
    this.known.set(key, values);
    return values;
  }
}
