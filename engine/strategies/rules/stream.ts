import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { OrderEvent, Strategy, StrategyContext } from '../../backtest/strategy.ts';
import type { Bar } from '../../domain/bar.ts';
import { RenataError } from '../../domain/errors.ts';
import { resolveParameters, type ParameterValues } from '../../domain/parameters.ts';
import {
  BarsFeed,
  type BarSource,
  type FeedSnapshot,
  type SourceBar,
} from '../../expressions/bars-feed.ts';
import { scopeKey, type NodeId } from '../../expressions/graph.ts';
import { ExpressionStream, type ExpressionSnapshot } from '../../expressions/stream.ts';
import { canonicalJson } from './canonical.ts';
import { planOf } from './plan.ts';
import type { RuleProgram } from './program.ts';
import { RuleStrategy, type RuleState } from './strategy.ts';

/** Form of the snapshots; one of another form is refused. */
const VERSION = 1;

/** Running rules between two bars: plain values, so that they can be stored as JSON. */
export interface RuleSnapshot {
  readonly version: number;
  /** Of the document, its parameters and the bars that it runs on. */
  readonly program: string;
  readonly bars: number;
  readonly feed: FeedSnapshot;
  readonly expressions: ExpressionSnapshot;
  readonly strategy: RuleState;
}

/** How the bars come that rules run on. */
export interface RuleMarket {
  readonly base: BarSource;
  /** How those of another instrument come; without it there are none. */
  readonly lookUp?: (symbol: string) => BarSource | undefined;
}

/**
 * The rules of a document bar by bar, with the values, orders and digits of a backtest over the same bars:
 * `ruleDefinition` evaluates the same graph over columns and the same `RuleStrategy` reads it. Bars of all
 * instruments come in by `take` as they close; then `onBar` is called, as in a backtest, on a close that
 * was traded. Fills are told before the bar in which they happened is taken. Values follow the first bar
 * that was taken: where an indicator depends on where its series begins, so do they. Memory is constant.
 */
export class RuleStream implements Strategy {
  /** Bars that have to be taken before every rule can be known. */
  readonly lookback: number;
  /** Other instruments whose bars the rules read. */
  readonly instruments: readonly string[];
  private readonly fingerprint: string;
  private readonly feed: BarsFeed;
  private readonly expressions: ExpressionStream;
  private readonly strategy: RuleStrategy;
  /** One row for each part that is no constant, which the plan reads as its columns. */
  private readonly rows: ReadonlyMap<string, Float64Array>;
  /** The same rows in the order of `roots`. */
  private readonly cells: readonly Float64Array[];
  private readonly roots: readonly NodeId[];
  private bars = 0;

  /** @throws RenataError BAD_INPUT for wrong parameters, and what bars that are not there cause */
  constructor(program: RuleProgram, given: ParameterValues, { base, lookUp }: RuleMarket) {
    const { document } = program;
    const values = resolveParameters(document.name, program.parameters, given);
    program.check(values);
    const compiled = program.compile(values);
    const [first] = compiled.expressions;
    if (first === undefined) throw new TypeError('rules have an entry');
    this.lookback = compiled.lookback;
    this.feed = new BarsFeed([first], base, lookUp);
    this.instruments = this.feed.instruments;
    this.expressions = new ExpressionStream(first);
    const parts = program.varying(compiled);
    this.roots = parts.map(({ root }) => root);
    this.rows = new Map(parts.map(({ path }) => [path, new Float64Array(1).fill(Number.NaN)]));
    this.cells = parts.map(({ path }) => this.rows.get(path) as Float64Array);
    const plan = planOf(document, program.constants(compiled), this.rows);
    this.strategy = new RuleStrategy(plan, 'newest-bar');
    const sources = first.scopes.map((scope) => {
      const { instrument } = scope;
      const source = instrument === null ? base : lookUp?.(instrument);
      return [scopeKey(scope), source?.timeframe, source?.hours, source?.calendar.name];
    });
    const described = JSON.stringify([canonicalJson(document), Object.entries(values), sources]);
    this.fingerprint = bytesToHex(sha256(utf8ToBytes(described)));
  }

  /** Closed bars of the instrument itself that were taken. */
  get barCount(): number {
    return this.bars;
  }

  /** Whether there were as many bars as a backtest would ask for. */
  get ready(): boolean {
    return this.bars > this.lookback;
  }

  /**
   * Takes all bars that close at one moment, of the instrument itself and of those that the rules read.
   * @returns whether one of the instrument itself is among them: then `onBar` follows
   * @throws RenataError BAD_INPUT for bars of several moments, or that come too late
   */
  take(bars: readonly SourceBar[]): boolean {
    const alone = this.feed.takeAlone(bars);
    let closed = alone !== undefined;
    if (alone !== undefined) this.expressions.update(alone);
    else {
      for (const moment of this.feed.take(bars)) {
        if (this.expressions.updateAt(moment.closed) !== undefined) closed = true;
      }
    }
    if (closed) {
      this.bars += 1;
      this.write();
    }
    return closed;
  }

  /** The newest values of conditions, prices and plots, by their paths: conditions are 1, 0 or NaN. */
  values(): ReadonlyMap<string, number> {
    return new Map([...this.rows].map(([path, row]) => [path, row[0] as number]));
  }

  /** One of them, for those who ask at every bar: no map is made. `undefined` where `values` has none. */
  value(path: string): number | undefined {
    return this.rows.get(path)?.[0];
  }

  /** The values as if the bar of the instrument itself that is forming had closed; nothing is kept. */
  preview(bar: Bar): ReadonlyMap<string, number> {
    const forming = this.feed.preview(bar);
    const values = this.expressions.previewWith(forming, () =>
      this.roots.map((root) => this.expressions.value(root)),
    );
    return new Map([...this.rows.keys()].map((path, k) => [path, values[k] as number]));
  }

  onBar(context: StrategyContext): void {
    this.strategy.onBar(context);
  }

  onOrder(event: OrderEvent, context: StrategyContext): void {
    this.strategy.onOrder(event, context);
  }

  snapshot(): RuleSnapshot {
    return {
      version: VERSION,
      program: this.fingerprint,
      bars: this.bars,
      feed: this.feed.snapshot(),
      expressions: this.expressions.snapshot(),
      strategy: this.strategy.snapshot(),
    };
  }

  /**
   * Goes on where a snapshot was taken, in rules that have been made anew. Orders keep the numbers that
   * they had: the context has to know them still.
   * @throws RenataError BAD_INPUT when the snapshot is of other rules, parameters or bars
   */
  restore(snapshot: RuleSnapshot): void {
    if (snapshot.version !== VERSION || snapshot.program !== this.fingerprint) {
      throw new RenataError(
        'BAD_INPUT',
        'snapshot: it is of other rules, parameters or bars; begin anew with bars of the past.',
        { details: { parameter: 'snapshot' } },
      );
    }
    this.feed.restore(snapshot.feed);
    this.expressions.restore(snapshot.expressions);
    this.strategy.restore(snapshot.strategy);
    this.bars = snapshot.bars;
    if (this.bars > 0) this.write();
  }

  private write(): void {
    const { cells, roots, expressions } = this;
    for (let k = 0; k < cells.length; k += 1) {
      (cells[k] as Float64Array)[0] = expressions.value(roots[k] as NodeId);
    }
  }
}
