import { describe, expect, it } from 'vitest';
import type { ParameterValues } from '../../../engine/domain/parameters.ts';
import type { IndicatorDefinition, InputName } from '../../../engine/indicators/definition.ts';
import { IndicatorStream, runIndicator } from '../../../engine/indicators/runner.ts';
import { spx } from '../../unit/engine/backtest/bars.ts';
import { fc } from '../../support/properties.ts';

/** One row of everything that an indicator may read. */
type Row = Readonly<Record<InputName, number>>;

export interface PropertyOptions {
  /**
   * Indicators whose first value waits for an event (a turn, a finished brick, …), so that it may come
   * later than the look-back.
   */
  readonly sparse?: readonly string[];
  /** Other parameters than small periods for an indicator, by its id. */
  readonly parameters?: Readonly<Record<string, ParameterValues>>;
}

const RELATIVE = 1e-12;

/** Bars that are possible: low ≤ open, close ≤ high; now and then no range, no volume or a broken value. */
const row = fc
  .record({
    middle: fc.double({ min: 50, max: 150, noNaN: true }),
    up: fc.double({ min: 0, max: 5, noNaN: true }),
    down: fc.double({ min: 0, max: 5, noNaN: true }),
    open: fc.double({ min: 0, max: 1, noNaN: true }),
    close: fc.double({ min: 0, max: 1, noNaN: true }),
    volume: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 10_000 }) }, fc.constant(0)),
    flat: fc.integer({ min: 0, max: 9 }),
    broken: fc.integer({ min: 0, max: 40 }),
    period: fc.integer({ min: 2, max: 12 }),
  })
  .map(
    ({
      middle,
      up,
      down,
      open,
      close,
      volume,
      flat,
      broken,
      period,
    }): Omit<Row, 'time' | 'session'> => {
      const high = flat === 0 ? middle : middle + up;
      const low = flat === 0 ? middle : middle - down;
      const bar = {
        open: low + (high - low) * open,
        high,
        low,
        close: low + (high - low) * close,
        volume,
        periods: period,
      };
      const shut = broken === 0 ? Number.NaN : broken === 1 ? Infinity : bar.close;
      return { ...bar, close: shut, real: shut, real0: shut, real1: bar.open };
    },
  );

/** Rows with times: seven bars a session. */
function timed(list: readonly Omit<Row, 'time' | 'session'>[]): Row[] {
  return list.map((each, i) => {
    const session = 18_000 + Math.floor(i / 7);
    return { ...each, session, time: session * 86_400_000 + (i % 7) * 3_600_000 + 52_200_000 };
  });
}

const rows = fc.array(row, { maxLength: 160, size: 'max' }).map(timed);

/** Small periods, so that short series have values. */
function smallParameters(definition: IndicatorDefinition, seed: number): ParameterValues {
  return Object.fromEntries(
    definition.parameters.map((parameter, i) => {
      if (parameter.kind !== 'integer') return [parameter.name, parameter.default];
      const wanted = 2 + ((seed + i * 3) % 7);
      const enumerated = parameter.max < 20;
      const value = enumerated
        ? parameter.min + (seed % (parameter.max - parameter.min + 1))
        : wanted;
      return [parameter.name, Math.min(Math.max(parameter.min, value), parameter.max)];
    }),
  );
}

function columnsOf(definition: IndicatorDefinition, list: readonly Row[]): Float64Array[] {
  return definition.inputs.map((input) => Float64Array.from(list, (each) => each[input]));
}

function expectEqual(mine: number, wanted: number, where: string): void {
  if (Object.is(mine, wanted)) return;
  const difference = Math.abs(mine - wanted);
  if (difference <= RELATIVE * Math.abs(wanted)) return;
  expect(mine, where).toBe(wanted);
}

/** Compares stream and batch bar by bar, with previews and with a restart at `cut`. */
function expectStreamIsBatch(
  definition: IndicatorDefinition,
  parameters: ParameterValues,
  list: readonly Row[],
  cut: number,
): void {
  const batch = runIndicator(definition, columnsOf(definition, list), parameters);
  let stream = new IndicatorStream(definition, parameters);
  const size = JSON.stringify(stream.snapshot().state.length);
  const outputs = new Float64Array(definition.outputs.length);
  const previewed = new Float64Array(definition.outputs.length);
  list.forEach((each, i) => {
    if (i === cut) {
      const saved = JSON.parse(JSON.stringify(stream.snapshot())) as ReturnType<
        IndicatorStream['snapshot']
      >;
      stream = new IndicatorStream(definition, parameters);
      stream.restore(saved);
    }
    const inputs = Float64Array.from(definition.inputs, (input) => each[input]);
    stream.preview(inputs, previewed);
    stream.update(inputs, outputs);
    expect(previewed).toEqual(outputs);
    outputs.forEach((value, k) => {
      expectEqual(value, batch[k]?.[i] ?? Number.NaN, `${definition.id}, bar ${i}, output ${k}`);
    });
  });
  expect(JSON.stringify(stream.snapshot().state.length)).toBe(size);
}

/** What holds for every indicator, whatever it measures. */
export function describeProperties(
  definitions: readonly IndicatorDefinition[],
  options: PropertyOptions = {},
): void {
  describe.each(definitions.map((definition) => [definition.id, definition] as const))(
    '%s',
    (id, definition) => {
      const parametersFor = (seed: number): ParameterValues =>
        options.parameters?.[id] ?? smallParameters(definition, seed);

      it('gives bar by bar, across a restart, what it gives at once', () => {
        fc.assert(
          fc.property(rows, fc.nat(20), fc.nat(160), (list, seed, cut) => {
            expectStreamIsBatch(definition, parametersFor(seed), list, cut);
          }),
          { numRuns: 40 },
        );
      });

      it('does so on real bars with its defaults', () => {
        const bars = spx();
        const list = Array.from({ length: 700 }, (_, i): Row => {
          const [open = 0, high = 0, low = 0, close = 0] = [
            bars.open[i],
            bars.high[i],
            bars.low[i],
            bars.close[i],
          ];
          const time = bars.time[i] as number;
          const day = time / 86_400_000;
          const volume = bars.volume[i] as number;
          return {
            open,
            high,
            low,
            close,
            volume,
            time,
            session: day,
            real: close,
            real0: close,
            real1: open,
            periods: 2 + (i % 29),
          };
        });
        expectStreamIsBatch(definition, {}, list, 333);
      });

      it('never changes a value when bars are added', () => {
        fc.assert(
          fc.property(rows, fc.nat(20), fc.nat(160), (list, seed, cut) => {
            const parameters = parametersFor(seed);
            const whole = runIndicator(definition, columnsOf(definition, list), parameters);
            const part = runIndicator(
              definition,
              columnsOf(definition, list.slice(0, cut)),
              parameters,
            );
            part.forEach((column, k) => {
              expect([...column]).toEqual(Array.from(whole[k]?.subarray(0, column.length) ?? []));
            });
          }),
          { numRuns: 20 },
        );
      });

      it('starts after its look-back, and gives no value of infinity on possible bars', () => {
        const list = timed(
          Array.from({ length: 400 }, (_, i) => {
            const close = 100 + 10 * Math.sin(i / 9) + (i % 5);
            const open = 100 + 10 * Math.sin((i - 1) / 9) + (i % 3);
            const high = Math.max(open, close) + 1 + (i % 4);
            const low = Math.min(open, close) - 1 - (i % 2);
            const volume = 1_000 + (i % 13) * 50;
            return {
              open,
              high,
              low,
              close,
              volume,
              real: close,
              real0: close,
              real1: open,
              periods: 2 + (i % 5),
            };
          }),
        );
        const parameters = parametersFor(1);
        const outputs = runIndicator(definition, columnsOf(definition, list), parameters);
        const first = Math.min(
          ...outputs.map((column) => {
            const at = column.findIndex(Number.isFinite);
            return at < 0 ? Infinity : at;
          }),
        );
        const lookback = definition.lookback(parameters);
        if (options.sparse?.includes(id) === true) expect(first).toBeGreaterThanOrEqual(lookback);
        else expect(first).toBe(lookback);
        for (const column of outputs) {
          expect(column.some((value) => value === Infinity || value === -Infinity)).toBe(false);
          if (definition.outputs[0]?.kind === 'integer') {
            expect(column.every((value) => Number.isNaN(value) || Number.isInteger(value))).toBe(
              true,
            );
          }
        }
      });

      it('bears empty, one-bar and constant series', () => {
        for (const length of [0, 1, 2, 200]) {
          const list = timed(
            Array.from({ length }, () => ({
              open: 5,
              high: 5,
              low: 5,
              close: 5,
              volume: 0,
              real: 5,
              real0: 5,
              real1: 5,
              periods: 3,
            })),
          );
          const parameters = parametersFor(3);
          const outputs = runIndicator(definition, columnsOf(definition, list), parameters);
          for (const column of outputs) {
            expect(column.length).toBe(length);
            expect(column.some((value) => value === Infinity || value === -Infinity)).toBe(false);
          }
          expectStreamIsBatch(definition, parameters, list, 100);
        }
      });

      it('says who and what it is', () => {
        expect(definition.id).toMatch(/^[a-z][a-z0-9_]*$/u);
        expect(definition.title.length).toBeGreaterThan(2);
        expect(definition.explanation.length).toBeGreaterThan(40);
        expect(definition.formula.length).toBeGreaterThan(3);
        expect(definition.source.length).toBeGreaterThan(3);
        expect(new Set(definition.outputs.map(({ name }) => name)).size).toBe(
          definition.outputs.length,
        );
      });
    },
  );
}
