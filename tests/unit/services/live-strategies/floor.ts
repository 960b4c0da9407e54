import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fromRoot } from '../../../../build/lib/paths.ts';
import type { CodePlace } from '../../../../electron/services/live-strategies/code-thread.ts';
import type { LoadedStrategy } from '../../../../electron/services/strategies/library.ts';
import { readStrategyDocument } from '../../../../electron/services/strategies/read-document.ts';
import { findStrategy } from '../../../../engine/backtest/strategies.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../../../engine/domain/backtest.ts';
import type { Bar, BarColumns } from '../../../../engine/domain/bar.ts';
import type { TradableInstrument } from '../../../../engine/ports/instruments.ts';
import type { JournalEntry } from '../../../../engine/ports/journal.ts';
import type { LiveStrategyRequest } from '../../../../engine/protocol/live-strategy-schemas.ts';
import { CONTROL_LENGTH } from '../../../../engine/protocol/tasks.ts';
import { barOfRow } from '../../../../engine/series/live-bars.ts';
import { LiveCodeRun } from '../../../../workers/live-code.ts';
import { playLivePortfolioTwin } from '../../../../workers/live-portfolio-twin.ts';
import { playLiveTwin } from '../../../../workers/live-twin.ts';
import { describeSandboxed } from '../../../../workers/sandbox/definition.ts';
import { ACCOUNT, DAY, Hall, instrumentOf, type HallOptions, type Seat } from './hall.ts';

export { ACCOUNT };
const INSTRUMENT = instrumentOf('SPX');
export const ID = INSTRUMENT.id;

export interface FloorOptions extends Pick<HallOptions, 'change'> {
  readonly bars: BarColumns;
  readonly warmUp: number;
  readonly commission?: BacktestSettings['commission'];
  readonly slippageBps?: number;
  /** What the instrument is besides. */
  readonly instrument?: Partial<TradableInstrument>;
  /** Where strategies in code run; in this thread when absent. */
  readonly code?: CodePlace;
  /** What an earlier program has written, and the bar that is next by then. */
  readonly before?: { readonly entries: readonly JournalEntry[]; readonly next: number };
}

/** A hall with one instrument. A bar is its open, then its range, then its close. */
export class Floor extends Hall {
  /** Strategies in code by their name, as their files have them. */
  readonly files: Map<string, string>;
  /** The number of the bar that comes next. */
  next: number;
  readonly #options: FloorOptions;
  readonly #costs: HallOptions['costs'];
  readonly #seat: Seat;

  private constructor(options: FloorOptions) {
    const { bars, before, change, commission = DEFAULT_SETTINGS.commission } = options;
    const next = before?.next ?? options.warmUp;
    const seat = { instrument: { ...INSTRUMENT, ...options.instrument }, bars };
    const costs = { commission, slippageBps: options.slippageBps ?? 0 };
    const files = new Map<string, string>();
    super({
      seats: [seat],
      now: bars.time[next] as number,
      entries: before?.entries,
      cash: '1000000',
      leverage: 2,
      costs,
      change,
      code: options.code ?? HERE,
      async load({ strategy, source }) {
        const given = source?.language === 'javascript' ? source.text : undefined;
        const text = given ?? files.get(strategy);
        return text === undefined ? loaded(strategy) : loadedCode(strategy, text);
      },
    });
    this.#options = options;
    this.#costs = costs;
    this.#seat = seat;
    this.files = files;
    this.next = next;
    this.mark(seat, bars.open[next] as number);
  }

  static async open(options: FloorOptions): Promise<Floor> {
    const floor = new Floor(options);
    await floor.start();
    return floor;
  }

  /** Bars as history tells them. */
  set history(bars: BarColumns) {
    this.#seat.bars = bars;
  }

  /** Plays one bar: its open, its range, its close, each with time for what follows from it. */
  async bar(told: Partial<Bar> = {}): Promise<void> {
    const bar = await this.trade();
    this.hear([{ ...bar, ...told }]);
    await this.quiet();
  }

  /** The market goes through a bar; nobody is told of its close. */
  async trade(): Promise<Bar> {
    const bar = this.take();
    await this.open(bar);
    await this.range(bar);
    await this.finish(bar);
    return bar;
  }

  take(): Bar {
    const bar = barOfRow(this.#options.bars, this.next);
    this.next += 1;
    return bar;
  }

  async open({ open }: Pick<Bar, 'open'>): Promise<void> {
    this.price(open);
    await this.quiet();
  }

  async range(bar: Bar): Promise<void> {
    this.through(this.#seat, bar);
    await this.quiet();
  }

  /** The bar is over; nobody has been told of it. */
  async finish(bar: Bar): Promise<void> {
    await this.clock.pass(bar.time + DAY - this.clock.now());
    this.mark(this.#seat, bar.close);
  }

  /** A trade at a price. */
  price(price: number): void {
    this.print(this.#seat, price);
  }

  hear(bars: readonly Bar[]): void {
    this.tell(this.#seat, bars);
  }

  request(strategy: string, change: Partial<LiveStrategyRequest> = {}): LiveStrategyRequest {
    return {
      kind: 'paper',
      strategy,
      parameters: {},
      instrument: ID,
      timeframe: '1d',
      account: ACCOUNT,
      warmUp: this.#options.warmUp,
      end: null,
      onExit: 'keep',
      ...change,
      settings: {
        ...DEFAULT_SETTINGS,
        cash: 500_000,
        // Of a size that does not depend on the price at the fill.
        size: { kind: 'quantity', quantity: 10 },
        ...this.#costs,
        ...change.settings,
      },
    };
  }
}

/** Strategies in code in this very thread; what crosses to them and back does so as between threads. */
export const HERE: CodePlace = {
  async open(work) {
    const run = await LiveCodeRun.open(structuredClone(work), () => undefined);
    return {
      hear: async (input) => structuredClone(run.hear(structuredClone(input))),
      close: async () => run.close(),
    };
  },
  twin: (task) => playLiveTwin(structuredClone(task), new Int32Array(CONTROL_LENGTH)),
  portfolioTwin: (task) =>
    playLivePortfolioTwin(structuredClone(task), new Int32Array(CONTROL_LENGTH)),
};

export async function loadedCode(id: string, text: string): Promise<LoadedStrategy> {
  const file = `${id}.js`;
  const described = await describeSandboxed(file, text);
  return {
    entry: {
      ...described,
      id,
      origin: 'user',
      kind: 'code',
      file: null,
      trusted: false,
      error: null,
    },
    program: { kind: 'code', file, code: text, trusted: false },
    text: { language: 'javascript', file, text },
    hash: createHash('sha256').update(text).digest('hex'),
  };
}

/** A built-in strategy, or an example by its name. */
function loaded(id: string): LoadedStrategy {
  const common = {
    file: null,
    source: null,
    instruments: [],
    timeframe: null,
    trusted: true,
    error: null,
  };
  if (id === 'sector-rotation') {
    const entry = {
      ...common,
      id,
      title: id,
      description: '',
      parameters: [],
      origin: 'example',
      kind: 'code',
      trusted: false,
    } as const;
    return { entry: { ...entry, portfolio: true }, hash: 'h' };
  }
  try {
    const { title, description, parameters } = findStrategy(id);
    const entry = {
      ...common,
      id,
      title,
      description,
      parameters,
      origin: 'built-in',
      kind: 'built-in',
    } as const;
    return { entry, hash: '' };
  } catch {
    const file = `${id.replace(/\.yaml$/, '')}.yaml`;
    const text = readFileSync(fromRoot(`resources/strategies/${file}`), 'utf8');
    const rules = readStrategyDocument(text, file);
    const { name: title, description } = rules.document;
    const entry = {
      ...common,
      id,
      title,
      description,
      parameters: rules.parameters,
      origin: 'example',
      kind: 'rules',
    } as const;
    return { entry, rules, text: { language: 'yaml', file, text }, hash: 'h' };
  }
}
