import { pathToFileURL } from 'node:url';
import { Random } from '../../engine/backtest/random.ts';
import { resolveParameters } from '../../engine/domain/parameters.ts';
import type { IndicatorDefinition, InputName } from '../../engine/indicators/definition.ts';
import { DEFINITIONS } from '../../engine/indicators/registry.ts';
import { IndicatorStream } from '../../engine/indicators/runner.ts';
import { INDICATORTS, TECHNICAL_INDICATORS } from './indicators/array-packages.ts';
import { columnsOf, type Candle, type PlainBars, type Rival } from './indicators/rival.ts';
import { TRADING_SIGNALS } from './indicators/stream-package.ts';

const BARS = 1_000_000;
/** Bars on which values are compared, and slow package functions timed. */
const FEWER = 100_000;
/** A package function that would need longer than this for all bars is timed on the fewer only. */
const PATIENCE_MS = 250;
const RUNS = 5;
const STREAM_BARS = 100_000;
const RIVALS = [...TECHNICAL_INDICATORS, ...INDICATORTS, ...TRADING_SIGNALS];

/**
 * TA-Lib C's own cost of a bar in nanoseconds, compiled with -O2. It was measured elsewhere: a yardstick
 * for orientation, not a comparison in one run.
 */
const TALIB_C = { sma: 1.7, ema: 2.5, rsi: 7.3, macd: 15.8, bbands: 6.5, atr: 6.5, stoch: 13 };

type Inputs = Readonly<Record<InputName, Float64Array>>;

/** Every indicator on a million bars, and the packages that a TypeScript programmer would use instead. */
export async function run(): Promise<unknown> {
  const inputs = randomWalk(BARS);
  const few = plainBars(inputs, FEWER);
  const compared = RIVALS.map((rival) => compareValues(rival, inputs, few));
  const wrong = compared.filter(({ agrees, differs }) => !agrees && differs === undefined);
  if (wrong.length > 0) throw new Error(`values differ: ${JSON.stringify(wrong)}`);

  const ours = new Map(DEFINITIONS.map((each) => [each.id, timeOurs(each, inputs)]));
  const all = plainBars(inputs, BARS);
  const theirs = compared.map((comparison, k) => {
    const rival = RIVALS[k] as Rival;
    const time = timeRival(rival, few, all);
    const same = timeRivalOfOurs(rival, inputs);
    return { ...comparison, ...time, oursNanoseconds: same, ratio: round(time.nanoseconds / same) };
  });
  const byId = Map.groupBy(theirs, ({ id }) => id);
  const ratios = [...byId.values()].map((group) => Math.min(...group.map(({ ratio }) => ratio)));
  const streams = [...ours.values()].map(({ stream }) => stream);
  return {
    checked: `values of ${compared.filter(({ agrees }) => agrees).length} of ${compared.length} package functions agree within 1e-6 after the warm-up; the others have another definition, as said with each`,
    bars: BARS,
    medianRatioToFastestPackage: median(ratios),
    leastRatioToFastestPackage: Math.min(...ratios),
    medianNanosecondsABar: median([...ours.values()].map(({ batch }) => batch)),
    medianStreamNanoseconds: median(streams),
    largestStreamNanoseconds: Math.max(...streams),
    yardsticks: Object.entries(TALIB_C).map(([id, talibC]) => ({
      id,
      nanoseconds: ours.get(id)?.batch,
      talibC,
      fastestPackage: Math.min(...(byId.get(id) ?? []).map(({ nanoseconds }) => nanoseconds)),
    })),
    indicators: Object.fromEntries(ours),
    packages: theirs,
  };
}

function randomWalk(length: number): Inputs {
  const column = (): Float64Array => new Float64Array(length);
  const random = new Random(7);
  const [open, high, low, close] = [column(), column(), column(), column()];
  const [volume, time, session, periods] = [column(), column(), column(), column()];
  let price = 100;
  for (let i = 0; i < length; i += 1) {
    open[i] = price;
    price *= Math.exp(random.normal() * 0.001);
    close[i] = price;
    high[i] = Math.max(open[i] as number, price) * (1 + random.uniform() * 0.0005);
    low[i] = Math.min(open[i] as number, price) * (1 - random.uniform() * 0.0005);
    volume[i] = 1 + Math.floor(random.uniform() * 1_000);
    time[i] = 1_500_000_000_000 + i * 60_000;
    session[i] = Math.floor((time[i] as number) / 86_400_000);
    periods[i] = 2 + (i % 29);
  }
  const prices = { open, high, low, close, volume, time, session, periods };
  return { ...prices, real: close, real0: close, real1: open };
}

function plainBars({ open, high, low, close, volume }: Inputs, length: number): PlainBars {
  const plain = (column: Float64Array): number[] => Array.from(column.subarray(0, length));
  const bars = {
    open: plain(open),
    high: plain(high),
    low: plain(low),
    close: plain(close),
    volume: plain(volume),
  };
  const candles = bars.close.map((price, i): Candle => ({
    open: bars.open[i] as number,
    high: bars.high[i] as number,
    low: bars.low[i] as number,
    close: price,
    volume: bars.volume[i] as number,
  }));
  return { ...bars, candles };
}

function definitionOf(id: string): IndicatorDefinition {
  const found = DEFINITIONS.find((each) => each.id === id);
  if (found === undefined) throw new Error(`there is no indicator ${id}`);
  return found;
}

function columnsFor(definition: IndicatorDefinition, inputs: Inputs, length: number) {
  const columns = definition.inputs.map((name) => inputs[name].subarray(0, length));
  return { columns, outputs: definition.outputs.map(() => new Float64Array(length)) };
}

/** Compares the second half of the bars, the last with the last, since warm-ups differ in length. */
function compareValues(rival: Rival, inputs: Inputs, bars: PlainBars) {
  const definition = definitionOf(rival.id);
  const { columns, outputs } = columnsFor(definition, inputs, FEWER);
  const parameters = resolveParameters(rival.id, definition.parameters, rival.parameters);
  definition.compute(columns, parameters, outputs);
  let largest = 0;
  columnsOf(rival.compute(bars), rival.keys).forEach((values, k) => {
    const mine = outputs[k];
    if (values === null || mine === undefined) return;
    const shift = values.length - mine.length;
    const scale = mine.reduce((most, x) => Math.max(most, Math.abs(x) || 0), 0);
    for (let i = FEWER >> 1; i < FEWER; i += 1) {
      const wanted = mine[i] as number;
      const difference = Math.abs(Number(values[i + shift] ?? Number.NaN) - wanted);
      // What cancels out near zero is judged by the size of the column.
      const relative = difference / Math.max(Math.abs(wanted), 1e-3 * scale);
      largest = relative <= largest ? largest : relative;
    }
  });
  const { id, name, differs } = rival;
  const agrees = largest <= 1e-6;
  const base = { id, package: rival.package, name, agrees };
  if (agrees) return { ...base, differs: undefined };
  return { ...base, largestDifference: largest, differs };
}

function timeOurs(definition: IndicatorDefinition, inputs: Inputs) {
  const { columns, outputs } = columnsFor(definition, inputs, BARS);
  const parameters = resolveParameters(definition.id, definition.parameters, {});
  const work = (): void => definition.compute(columns, parameters, outputs);
  const first = medianOf(1, work);
  const batch = medianOf(first > 200 ? 1 : RUNS, work);
  const stream = medianOf(3, () => {
    streamOver(definition, columns);
  });
  return { batch: nanoseconds(batch, BARS), stream: nanoseconds(stream, STREAM_BARS) };
}

/** Our time with the parameters of a package's function. */
function timeRivalOfOurs(rival: Rival, inputs: Inputs): number {
  const definition = definitionOf(rival.id);
  const { columns, outputs } = columnsFor(definition, inputs, BARS);
  const parameters = resolveParameters(rival.id, definition.parameters, rival.parameters);
  const work = (): void => definition.compute(columns, parameters, outputs);
  work();
  return nanoseconds(medianOf(3, work), BARS);
}

function streamOver(definition: IndicatorDefinition, columns: readonly Float64Array[]): void {
  const stream = new IndicatorStream(definition);
  const row = new Float64Array(columns.length);
  const values = new Float64Array(definition.outputs.length);
  for (let i = 0; i < STREAM_BARS; i += 1) {
    for (let k = 0; k < columns.length; k += 1) row[k] = (columns[k] as Float64Array)[i] as number;
    stream.update(row, values);
  }
}

function timeRival(rival: Rival, few: PlainBars, all: PlainBars) {
  const quick = medianOf(2, () => rival.compute(few));
  if ((quick * BARS) / FEWER > PATIENCE_MS) {
    return { nanoseconds: nanoseconds(quick, FEWER), timedOnBars: FEWER };
  }
  return {
    nanoseconds: nanoseconds(
      medianOf(3, () => rival.compute(all)),
      BARS,
    ),
    timedOnBars: BARS,
  };
}

function medianOf(runs: number, work: () => unknown): number {
  const times = Array.from({ length: runs }, () => {
    const started = performance.now();
    work();
    return performance.now() - started;
  });
  return median(times);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function nanoseconds(milliseconds: number, bars: number): number {
  return round((milliseconds * 1e6) / bars);
}

function round(value: number): number {
  return Number(value.toFixed(2));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(await run(), null, 2)}\n`);
}
