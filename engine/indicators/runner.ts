import { resolveParameters, type ParameterValues } from '../domain/parameters.ts';
import { RenataError } from '../domain/errors.ts';
import type { IndicatorDefinition, StreamKernel } from './definition.ts';

/**
 * Runs an indicator over whole columns. A row with a value that is not finite gives NaN and starts the
 * indicator anew after it, as if the series began there: lead-ins of chained indicators are passed over,
 * and a bad value inside never spoils the rest.
 * @param inputs one column for each of the definition's inputs, equal lengths
 * @param outputs where to write; allocated when absent. One column for each of the definition's outputs
 * @param isCancelled asked between slices of an indicator whose work grows with its period, every
 *   `SLICE_WORK` values or so, and between the columns of one that is made of many. Others take
 *   milliseconds a million bars and are not stopped.
 * @throws RenataError BAD_INPUT for a wrong parameter or columns of unequal length, CANCELLED.
 */
export function runIndicator(
  definition: IndicatorDefinition,
  inputs: readonly Float64Array[],
  given: ParameterValues = {},
  outputs: readonly Float64Array[] = allocate(definition, inputs),
  isCancelled?: () => boolean,
): readonly Float64Array[] {
  const parameters = resolveParameters(definition.id, definition.parameters, given);
  const length = checkInputs(definition, inputs);
  const work = isCancelled === undefined ? 0 : (definition.work?.(parameters) ?? 0);
  if (isCancelled !== undefined && work * length > SLICE_WORK) {
    runSlices(new IndicatorStream(definition, parameters), inputs, outputs, work, isCancelled);
    return outputs;
  }
  const ask = isCancelled === undefined ? undefined : (): void => stopIf(isCancelled);
  let from = 0;
  while (from < length) {
    while (from < length && !finiteRow(inputs, from)) {
      for (const output of outputs) output[from] = Number.NaN;
      from += 1;
    }
    const to = endOfFinite(inputs, from, length);
    if (from === 0 && to === length) {
      definition.compute(inputs, parameters, outputs, ask);
    } else if (to > from) {
      definition.compute(
        inputs.map((column) => column.subarray(from, to)),
        parameters,
        outputs.map((column) => column.subarray(from, to)),
        ask,
      );
    }
    from = to;
  }
  return outputs;
}

/** Values that are looked at between two questions whether to stop: well under 200 ms. */
export const SLICE_WORK = 2_500_000;

function runSlices(
  stream: IndicatorStream,
  inputs: readonly Float64Array[],
  outputs: readonly Float64Array[],
  work: number,
  isCancelled: () => boolean,
): void {
  const slice = Math.max(1, Math.floor(SLICE_WORK / work));
  const row = new Float64Array(inputs.length);
  const values = new Float64Array(outputs.length);
  const length = inputs[0]?.length ?? 0;
  for (let i = 0; i < length; i += 1) {
    if (i % slice === 0) stopIf(isCancelled);
    for (let k = 0; k < inputs.length; k += 1) row[k] = (inputs[k] as Float64Array)[i] as number;
    stream.update(row, values);
    for (let k = 0; k < outputs.length; k += 1)
      (outputs[k] as Float64Array)[i] = values[k] as number;
  }
}

function stopIf(isCancelled: () => boolean): void {
  if (isCancelled()) throw new RenataError('CANCELLED', 'The indicator was cancelled.');
}

function allocate(
  definition: IndicatorDefinition,
  inputs: readonly Float64Array[],
): Float64Array[] {
  return definition.outputs.map(() => new Float64Array(inputs[0]?.length ?? 0));
}

function checkInputs(definition: IndicatorDefinition, inputs: readonly Float64Array[]): number {
  const length = inputs[0]?.length ?? 0;
  const fits =
    inputs.length === definition.inputs.length &&
    inputs.every((column) => column.length === length);
  if (!fits) {
    throw new RenataError(
      'BAD_INPUT',
      `${definition.id} needs ${definition.inputs.length} series of equal length (${definition.inputs.join(', ')}).`,
    );
  }
  return length;
}

function finiteRow(inputs: readonly Float64Array[], index: number): boolean {
  for (const column of inputs) {
    // x - x is 0 for finite x and NaN for all else; cheaper than a call.
    const x = column[index] as number;
    if (x - x !== 0) return false;
  }
  return true;
}

/** Values that are looked at together. */
const CHUNK = 64;

function endOfFinite(inputs: readonly Float64Array[], from: number, length: number): number {
  let end = length;
  for (const column of inputs) end = endOfFiniteColumn(column, from, end);
  return end;
}

function endOfFiniteColumn(column: Float64Array, from: number, end: number): number {
  let i = from;
  for (; i + CHUNK <= end; i += CHUNK) {
    if (offOfChunk(column, i) !== 0) break;
  }
  while (i < end) {
    const x = column[i] as number;
    if (x - x !== 0) break;
    i += 1;
  }
  return i;
}

/** The sum of x − x, which is 0 for finite values and NaN as soon as one is not: one test for many. */
function offOfChunk(column: Float64Array, from: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = from; i < from + CHUNK; i += 4) {
    const x = column[i] as number;
    const y = column[i + 1] as number;
    const z = column[i + 2] as number;
    const w = column[i + 3] as number;
    a += x - x;
    b += y - y;
    c += z - z;
    d += w - w;
  }
  return a + b + (c + d);
}

/** A number of a snapshot; what JSON cannot hold (NaN, infinities, -0) is written as text. */
export type SnapshotNumber = number | 'NaN' | 'Infinity' | '-Infinity' | '-0';

/** A snapshot of a stream: plain values, so that it can be stored as JSON and sent. */
export interface StreamSnapshot {
  readonly indicator: string;
  readonly parameters: ParameterValues;
  readonly state: readonly SnapshotNumber[];
}

/** An indicator that runs bar by bar, with preview of the forming bar, snapshot and restore. */
export class IndicatorStream {
  readonly definition: IndicatorDefinition;
  readonly parameters: ParameterValues;
  private readonly kernel: StreamKernel;
  private readonly initial: Float64Array;
  private readonly saved: Float64Array;

  /** @throws RenataError BAD_INPUT for a wrong parameter. */
  constructor(definition: IndicatorDefinition, given: ParameterValues = {}) {
    this.definition = definition;
    this.parameters = resolveParameters(definition.id, definition.parameters, given);
    this.kernel = definition.stream(this.parameters);
    this.initial = this.kernel.state.slice();
    this.saved = this.kernel.state.slice();
  }

  /**
   * Takes a closed bar.
   * @param inputs one value for each of the definition's inputs
   * @param outputs receives one value for each output, NaN in the lead-in
   */
  update(inputs: Float64Array, outputs: Float64Array): void {
    for (let i = 0; i < inputs.length; i += 1) {
      const x = inputs[i] as number;
      if (x - x !== 0) {
        this.kernel.state.set(this.initial);
        outputs.fill(Number.NaN);
        return;
      }
    }
    this.kernel.step(inputs, outputs);
  }

  /** What `update` would give for a bar that is still forming; nothing is kept. */
  preview(inputs: Float64Array, outputs: Float64Array): void {
    this.saved.set(this.kernel.state);
    this.update(inputs, outputs);
    this.kernel.state.set(this.saved);
  }

  /** All that changes between bars, for an owner that keeps many streams: read and written as a whole. */
  get state(): Float64Array {
    return this.kernel.state;
  }

  snapshot(): StreamSnapshot {
    return {
      indicator: this.definition.id,
      parameters: this.parameters,
      state: Array.from(this.kernel.state, toSnapshot),
    };
  }

  /** @throws RenataError BAD_INPUT when the snapshot is of another indicator or other parameters. */
  restore(snapshot: StreamSnapshot): void {
    const same =
      snapshot.indicator === this.definition.id &&
      snapshot.state.length === this.kernel.state.length &&
      this.definition.parameters.every(
        ({ name }) => snapshot.parameters[name] === this.parameters[name],
      );
    if (!same) {
      throw new RenataError(
        'BAD_INPUT',
        `The snapshot is of ${snapshot.indicator} with other parameters; restore it into the same indicator.`,
      );
    }
    snapshot.state.forEach((value, i) => {
      this.kernel.state[i] = Number(value);
    });
  }
}

/** A number as JSON can hold it; `Number` reads it back. */
export function toSnapshot(value: number): SnapshotNumber {
  if (Number.isFinite(value) && !Object.is(value, -0)) return value;
  return Object.is(value, -0) ? '-0' : (String(value) as SnapshotNumber);
}
