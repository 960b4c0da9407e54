import type { StreamKernel } from '../indicators/definition.ts';

/**
 * A built-in operation over series. Truth is 1, 0 or NaN: NaN is missing, and a rule acts on 1 alone.
 * Columns and stream do the same arithmetic in the same order, so that both give the same digits.
 */
export interface Operation {
  readonly id: string;
  /** Bars before the first value, beyond those of the arguments. */
  lookback(parameters: readonly number[]): number;
  columns(args: readonly Float64Array[], parameters: readonly number[], output: Float64Array): void;
  stream(parameters: readonly number[]): StreamKernel;
}

const noLookback = (): number => 0;
const EMPTY = new Float64Array(0);

/** An operation without memory, of one argument. */
export function unary(id: string, apply: (a: number) => number): Operation {
  return {
    id,
    lookback: noLookback,
    columns([a = EMPTY], _parameters, output) {
      for (let i = 0; i < output.length; i += 1) output[i] = apply(a[i] as number);
    },
    stream: () => ({
      state: EMPTY,
      step(inputs, outputs) {
        outputs[0] = apply(inputs[0] as number);
      },
    }),
  };
}

/** An operation without memory, of two arguments; `loop` may give a specialised loop over columns. */
export function binary(
  id: string,
  apply: (a: number, b: number) => number,
  loop?: (a: Float64Array, b: Float64Array, output: Float64Array) => void,
): Operation {
  return {
    id,
    lookback: noLookback,
    columns([a = EMPTY, b = EMPTY], _parameters, output) {
      if (loop !== undefined) {
        loop(a, b, output);
        return;
      }
      for (let i = 0; i < output.length; i += 1) output[i] = apply(a[i] as number, b[i] as number);
    },
    stream: () => ({
      state: EMPTY,
      step(inputs, outputs) {
        outputs[0] = apply(inputs[0] as number, inputs[1] as number);
      },
    }),
  };
}

/** An operation of three arguments without memory. */
export function ternary(id: string, apply: (a: number, b: number, c: number) => number): Operation {
  return {
    id,
    lookback: noLookback,
    columns([a = EMPTY, b = EMPTY, c = EMPTY], _parameters, output) {
      for (let i = 0; i < output.length; i += 1) {
        output[i] = apply(a[i] as number, b[i] as number, c[i] as number);
      }
    },
    stream: () => ({
      state: EMPTY,
      step(inputs, outputs) {
        outputs[0] = apply(inputs[0] as number, inputs[1] as number, inputs[2] as number);
      },
    }),
  };
}

/**
 * An operation with memory, given once as a stream; over columns the same stream runs along the bars.
 * @param kernel makes the state machine
 */
export function recursive(
  id: string,
  kernel: (parameters: readonly number[]) => StreamKernel,
  lookback: (parameters: readonly number[]) => number = noLookback,
): Operation {
  return {
    id,
    lookback,
    columns(args, parameters, output) {
      const machine = kernel(parameters);
      const inputs = new Float64Array(args.length);
      const outputs = new Float64Array(1);
      for (let i = 0; i < output.length; i += 1) {
        for (let k = 0; k < args.length; k += 1) {
          inputs[k] = (args[k] as Float64Array)[i] as number;
        }
        machine.step(inputs, outputs);
        output[i] = outputs[0] as number;
      }
    },
    stream: kernel,
  };
}
