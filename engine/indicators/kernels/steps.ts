import type { ParameterValues } from '../../domain/parameters.ts';
import type { IndicatorDefinition, StreamKernel } from '../definition.ts';
import { BARS_A_CALL } from './blocks.ts';

/**
 * Gives a definition whose columns are its own steps, bar after bar. For indicators that are a machine
 * of events (turns, bricks, sessions) or whose arithmetic outweighs the call: there is one formula, so
 * that stream and columns cannot differ. One call and a few copies a bar; nothing is allocated a bar.
 */
export function bySteps(
  start: (parameters: ParameterValues) => StreamKernel,
): Pick<IndicatorDefinition, 'compute' | 'stream'> {
  return {
    stream: start,
    compute(inputs, parameters, outputs) {
      runSteps(start(parameters), inputs, outputs);
    },
  };
}

function runSteps(
  kernel: StreamKernel,
  inputs: readonly Float64Array[],
  outputs: readonly Float64Array[],
): void {
  const length = inputs[0]?.length ?? 0;
  const row = new Float64Array(inputs.length);
  const values = new Float64Array(outputs.length);
  if (outputs.length === 0) return;
  for (let from = 0; from < length; from += BARS_A_CALL) {
    const to = Math.min(from + BARS_A_CALL, length);
    runSome(kernel, inputs, outputs, row, values, from, to);
  }
}

function runSome(
  kernel: StreamKernel,
  inputs: readonly Float64Array[],
  outputs: readonly Float64Array[],
  row: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
): void {
  const width = inputs.length;
  const a = inputs[0] as Float64Array;
  const b = inputs[1] ?? a;
  const first = outputs[0] as Float64Array;
  const several = outputs.length > 1;
  for (let i = from; i < to; i += 1) {
    row[0] = a[i] as number;
    if (width > 1) row[1] = b[i] as number;
    for (let k = 2; k < width; k += 1) row[k] = (inputs[k] as Float64Array)[i] as number;
    kernel.step(row, values);
    first[i] = values[0] as number;
    if (!several) continue;
    for (let k = 1; k < values.length; k += 1) {
      (outputs[k] as Float64Array)[i] = values[k] as number;
    }
  }
}
