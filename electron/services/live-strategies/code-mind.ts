import { RenataError, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { BarColumns } from '../../../engine/domain/bar.ts';
import type { Parameter } from '../../../engine/domain/parameters.ts';
import { barsOfTwins, frozenRun, type DriftRun, type Twins } from '../../../engine/live/drift.ts';
import type { LiveProgram } from '../../../engine/live/program.ts';
import type { LiveRun } from '../../../engine/live/run.ts';
import { ScriptedStrategy } from '../../../engine/live/script.ts';
import type { CodeFailure } from '../../../engine/domain/twin.ts';
import type { CodeAnswer, CodeInput, CodeMarketData } from '../../../engine/live/code.ts';
import type { LiveTwinTask } from '../../../engine/protocol/live-code.ts';
import type { CodeAtWork, CodePlace } from './code-thread.ts';

export interface CodeSource {
  readonly id: string;
  /** Its name in messages. */
  readonly file: string;
  /** JavaScript: types have been taken out. */
  readonly code: string;
  readonly parameters: readonly Parameter[];
}

/**
 * The mind of a run whose strategy is code: it thinks elsewhere, and the run's own book does what it did.
 * Every input goes to it before the run takes it. Once it has ended the run decides nothing more.
 */
export class CodeMind {
  readonly program: LiveProgram;
  readonly #source: CodeSource;
  readonly #script = new ScriptedStrategy();
  #work: CodeAtWork | undefined;
  #ended: ErrorPayload | null = null;
  #failed: CodeFailure | null = null;
  #bars = 0;

  constructor(source: CodeSource) {
    this.#source = source;
    const { id, parameters } = source;
    // Parameters are checked where the strategy is made, which is before the run begins.
    const code = { parameters, validate: () => undefined, start: () => this.#script };
    this.program = { kind: 'code', id, code };
  }

  /** Why it decides nothing any more; null while it does. */
  get ended(): ErrorPayload | null {
    return this.#ended;
  }

  /** Makes the strategy ready. @throws RenataError in one sentence for whatever stands against it */
  async open(place: CodePlace, { parameters, settings, setup }: LiveRun): Promise<void> {
    const { id, file, code } = this.#source;
    const market = marketData(setup.market);
    this.#work = await place.open({ id, file, code, parameters, settings, market });
  }

  /** Thinks about an input that the run is about to take. */
  async hear(input: CodeInput): Promise<CodeAnswer> {
    if (this.#ended !== null || this.#work === undefined) return { calls: [], ended: this.#ended };
    const answer = await this.#work.hear(input);
    this.#count(input);
    if (answer.ended === null) this.#script.add(answer.calls);
    else this.#end(input, answer.calls, answer.ended);
    return answer;
  }

  /** A slot that the run has released: nothing is thought about it. */
  release(slot: number): void {
    if (this.#ended === null) void this.#work?.hear({ kind: 'release', slot });
  }

  /** It has ended with this input, of which it had done this much; it is not tried again. */
  end(input: CodeInput, calls: CodeAnswer['calls'], why: ErrorPayload): void {
    this.#count(input);
    this.#end(input, calls, why);
  }

  /** @throws RenataError the reason for which it has ended */
  requireAlive(): void {
    if (this.#ended !== null) throw RenataError.fromPayload(this.#ended);
  }

  /** The same code in the backtest's engine and the backtest's sandbox, beside the run as it stands now. */
  async play(
    place: CodePlace,
    core: LiveRun,
    history: BarColumns | null,
  ): Promise<{ readonly run: DriftRun; readonly twins: Twins }> {
    const { id, file, code } = this.#source;
    const run = frozenRun(core);
    const { parameters, settings, setup, warmUp } = run;
    const { timeframe, calendar, hours } = marketData(setup.market);
    const program = { kind: 'code', file, code, trusted: false } as const;
    const bars = barsOfTwins(run, history);
    const play = (over: BarColumns) =>
      place.twin({
        strategy: id,
        program: { program, timeframe, calendar, others: {} },
        parameters,
        settings,
        hours,
        bars: over,
        warmUp,
        failed: this.#failed,
      } satisfies LiveTwinTask);
    const twins = {
      seen: await play(bars.seen),
      history: bars.history === null ? null : await play(bars.history),
    };
    return { run, twins };
  }

  async close(): Promise<void> {
    await this.#work?.close();
  }

  #count(input: CodeInput): void {
    if (input.kind === 'warm') this.#bars += input.bars.time.length;
    else if (input.kind === 'bar') this.#bars += 1;
  }

  #end({ kind }: CodeInput, calls: CodeAnswer['calls'], why: ErrorPayload): void {
    this.#script.add(calls);
    this.#script.end();
    this.#ended = why;
    this.#failed = { bar: this.#bars - 1, on: kind === 'event' ? 'order' : 'bar' };
    void this.close();
  }
}

function marketData({ timeframe, calendar, hours }: LiveRun['setup']['market']): CodeMarketData {
  return { timeframe, calendar: calendar.data, hours };
}
