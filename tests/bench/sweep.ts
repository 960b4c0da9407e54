import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { DEFAULT_SETTINGS } from '../../engine/domain/backtest.ts';
import { BAR_COLUMN_NAMES } from '../../engine/domain/bar.ts';
import { allocateColumns } from '../../engine/series/columns.ts';
import { METRIC_NAMES } from '../../engine/sweep/metrics.ts';
import { SweepRunner, type Slice, type SweepTask } from '../../engine/sweep/run.ts';
import { SweepTable, type TableChunk } from '../../engine/sweep/table.ts';
import { spx } from '../unit/engine/backtest/bars.ts';

const RUNS = 25;
const THREADS = 2;
/** The quickest averages cross the others most often: a smaller part of the pairs is half of the work. */
const FIRST_PART = 0.4;
const TABLE_BYTES = 16e6;
const FILE = fileURLToPath(import.meta.url);

/**
 * 4,851 pairs of averages over 5,105 daily bars: every figure is compared with the event-driven engine
 * first. The sweep is timed in a process of its own, so that the memory is that of the sweep alone.
 */
export async function run(): Promise<unknown> {
  const task = taskOf();
  const combinations = compareWithEvents(task);
  const { stdout } = await promisify(execFile)(process.execPath, [FILE, 'measure']);
  return {
    checked: `all figures of all ${combinations} pairs equal those of the event-driven engine within 1e-9`,
    ...(JSON.parse(stdout) as object),
    millionsPerSecondOfOthers: await othersOf(task),
  };
}

async function measure(): Promise<unknown> {
  const task = taskOf();
  const combinations = new SweepRunner(task).space.count().valid;
  const cells = combinations * task.bars.time.length;
  const alone = await medianSeconds(() => {
    const runner = new SweepRunner(task);
    const table = new SweepTable(runner.names, TABLE_BYTES);
    runner.run({ from: 0, to: runner.space.size }, table);
    return table;
  });
  const pool = await startPool(task);
  const onThreads = await medianSeconds(() => pool.run());
  const busiest = pool.busiestSeconds();
  await pool.stop();
  return {
    combinations,
    bars: task.bars.time.length,
    oneThread: rateOf(cells, alone),
    [`${THREADS}Threads`]: rateOf(cells, onThreads),
    // What the clock would show on a machine that does nothing else.
    [`${THREADS}ThreadsByProcessorTime`]: rateOf(cells, busiest),
    wantedMillionsPerSecond: 600,
    peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    allowedMegabytes: 300,
  };
}

async function othersOf(task: SweepTask): Promise<Readonly<Record<string, number>>> {
  const macd = { fast: '5..14', slow: '20..39', signal: '9' };
  const rsi = { period: '5..14', lower: '20..39', upper: '70' };
  const few = { fast: '10', slow: '20..100' };
  const sma = { fast: '10, 20', slow: '30, 40, 50' };
  return {
    'sma-cross, each pair alone': await rate(task, 'sma-cross', few, false),
    'macd-trend': await rate(task, 'macd-trend', macd, false),
    'rsi-reversion': await rate(task, 'rsi-reversion', rsi, false),
    'sma-cross, event by event': await rate(task, 'sma-cross', sma, true),
  };
}

/** The bars on shared memory, so that threads need no copy. */
function taskOf(): SweepTask {
  const file = spx();
  const bars = allocateColumns(file.time.length);
  for (const name of BAR_COLUMN_NAMES) bars[name].set(file[name]);
  return {
    strategy: 'sma-cross',
    space: { ranges: { fast: '2..100', slow: '2..100' }, constraints: ['fast < slow'] },
    settings: {
      ...DEFAULT_SETTINGS,
      fill: 'same-close',
      commission: { percent: 0.1, perShare: 0, minimum: 0 },
    },
    bars,
  };
}

function compareWithEvents(task: SweepTask): number {
  const whole = { from: 0, to: new SweepRunner(task).space.size };
  const [fast, events] = [false, true].map((eventDriven) => {
    const runner = new SweepRunner(task, { eventDriven });
    const table = new SweepTable(runner.names, TABLE_BYTES);
    runner.run(whole, table);
    return table;
  }) as [SweepTable, SweepTable];
  if (fast.length !== events.length) throw new Error(`${fast.length} rows, not ${events.length}`);
  for (const name of ['combination', 'fast', 'slow', ...METRIC_NAMES]) {
    const column = fast.columnOf(name);
    for (let row = 0; row < fast.length; row += 1) {
      const mine = fast.get(row, column);
      const theirs = events.get(row, column);
      const same = Object.is(mine, theirs) || Math.abs(mine - theirs) <= 1e-9 * Math.abs(theirs);
      if (!same) throw new Error(`${name} of row ${row}: ${mine} is not ${theirs}`);
    }
  }
  return fast.length;
}

async function rate(
  task: SweepTask,
  strategy: string,
  ranges: Readonly<Record<string, string>>,
  eventDriven: boolean,
): Promise<number> {
  const varied = { ...task, strategy, space: { ranges } };
  let cells = 0;
  const seconds = await medianSeconds(() => {
    const runner = new SweepRunner(varied, { eventDriven });
    const table = new SweepTable(runner.names, TABLE_BYTES);
    runner.run({ from: 0, to: runner.space.size }, table);
    cells = table.length * task.bars.time.length;
  }, 5);
  return Number((cells / seconds / 1e6).toFixed(1));
}

/** What a thread answers. */
interface Part {
  readonly chunk: TableChunk;
  /** Processor time. */
  readonly seconds: number;
}

interface Pool {
  run(): Promise<SweepTable>;
  /** Processor time of the busier thread, median over the later half of the runs. */
  busiestSeconds(): number;
  stop(): Promise<void>;
}

/** Threads that each run one part of the pairs; their rows are put together in order. */
async function startPool(task: SweepTask): Promise<Pool> {
  const runner = new SweepRunner(task);
  const slices = halves(runner);
  const workers = slices.map(
    () => new Worker(FILE, { workerData: task, resourceLimits: { maxYoungGenerationSizeMb: 8 } }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const busiest: number[] = [];
  return {
    busiestSeconds: () => medianOf(busiest.slice(busiest.length >> 1)),
    async run() {
      const answers = workers.map((worker, k) => {
        const answer = once(worker, 'message');
        worker.postMessage(slices[k]);
        return answer;
      });
      const table = new SweepTable(runner.names, TABLE_BYTES);
      const parts = (await Promise.all(answers)).map(([part]) => part as Part);
      for (const { chunk } of parts) table.addChunk(chunk);
      busiest.push(Math.max(...parts.map(({ seconds }) => seconds)));
      if (table.length !== 4_851) throw new Error(`the threads made ${table.length} rows`);
      return table;
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** Two slices of about the same work. */
function halves({ space }: SweepRunner): Slice[] {
  const codes = new Float64Array(space.dimensions.length);
  const { valid } = space.count();
  let seen = 0;
  let middle = 0;
  while (seen < FIRST_PART * valid) {
    if (space.read(middle, codes)) seen += 1;
    middle += 1;
  }
  return [
    { from: 0, to: middle },
    { from: middle, to: space.size },
  ];
}

function rateOf(cells: number, seconds: number): Readonly<Record<string, number>> {
  return {
    milliseconds: Number((seconds * 1_000).toFixed(2)),
    millionsPerSecond: Math.round(cells / seconds / 1e6),
  };
}

async function medianSeconds(work: () => unknown, runs = RUNS): Promise<number> {
  for (let k = 0; k < runs; k += 1) await work();
  const times: number[] = [];
  for (let k = 0; k < runs; k += 1) {
    const started = performance.now();
    await work();
    times.push((performance.now() - started) / 1_000);
  }
  return medianOf(times);
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

if (!isMainThread) {
  const task = workerData as SweepTask;
  parentPort?.on('message', (slice: Slice) => {
    const before = process.threadCpuUsage();
    const runner = new SweepRunner(task);
    const table = new SweepTable(runner.names, TABLE_BYTES);
    runner.run(slice, table);
    const chunk = table.toChunk();
    const { user, system } = process.threadCpuUsage(before);
    parentPort?.postMessage(
      { chunk, seconds: (user + system) / 1e6 } satisfies Part,
      chunk.columns.map(({ buffer }) => buffer as ArrayBuffer),
    );
  });
  parentPort?.postMessage('ready');
} else if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const report = process.argv[2] === 'measure' ? measure() : run();
  process.stdout.write(`${JSON.stringify(await report, null, 2)}\n`);
}
