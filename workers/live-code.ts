import type { Strategy } from '../engine/backtest/strategy.ts';
import { MarketCalendar } from '../engine/domain/calendar.ts';
import { toErrorPayload } from '../engine/domain/errors.ts';
import type { RunningStrategy } from '../engine/live/program.ts';
import { LiveRun } from '../engine/live/run.ts';
import { Recorder } from '../engine/live/script.ts';
import type { CodeAnswer, CodeInput, CodeStart } from '../engine/live/code.ts';
import { openLiveSandbox } from './sandbox/live.ts';

/**
 * A strategy in code at work, in its sandbox, with a book of its own: told what its run is told, it says
 * what it did. The run does the same with its own book, which so comes to stand the same.
 */
export class LiveCodeRun {
  readonly #run: LiveRun;
  readonly #recorder: () => Recorder;
  readonly #dispose: () => void;
  #ended: CodeAnswer['ended'] = null;

  private constructor(run: LiveRun, recorder: () => Recorder, dispose: () => void) {
    this.#run = run;
    this.#recorder = recorder;
    this.#dispose = dispose;
  }

  /**
   * @param onCall told before each call of the strategy
   * @throws RenataError in one sentence for whatever stands against the strategy
   */
  static async open(start: CodeStart, onCall: () => void): Promise<LiveCodeRun> {
    const { id, file, parameters, settings, market: given } = start;
    const { timeframe, calendar, hours } = given;
    const market = { timeframe, calendar: new MarketCalendar(calendar), hours };
    const { code, dispose } = await openLiveSandbox(id, file, start.code, market);
    try {
      let recorder: Recorder | undefined;
      const recorded = {
        ...code,
        start: (values: typeof parameters) =>
          (recorder = new Recorder(told(code.start(values), onCall))),
      };
      const program = { kind: 'code', id, code: recorded } as const;
      const run = new LiveRun({ program, parameters, settings, market });
      return new LiveCodeRun(run, () => recorder as Recorder, dispose);
    } catch (error) {
      dispose();
      throw error;
    }
  }

  /** Nothing is done any more once it has ended. */
  hear(input: CodeInput): CodeAnswer {
    if (this.#ended !== null) return { calls: [], ended: this.#ended };
    try {
      this.#tell(input);
    } catch (error) {
      this.#ended = toErrorPayload(error);
      this.#dispose();
    }
    return { calls: this.#recorder().taken(), ended: this.#ended };
  }

  #tell(input: CodeInput): void {
    switch (input.kind) {
      case 'warm':
        this.#run.warm(input.bars);
        return;
      case 'bar':
        this.#run.bar(input.bar, input.mode);
        return;
      case 'event':
        this.#run.tell(input.event);
        return;
      case 'release':
        this.#run.release(input.slot);
    }
  }
}

function told(strategy: RunningStrategy, onCall: () => void): RunningStrategy {
  const onOrder: Strategy['onOrder'] = (event, context) => {
    onCall();
    strategy.onOrder?.(event, context);
  };
  return {
    take: (bar) => strategy.take(bar),
    onBar(context) {
      onCall();
      strategy.onBar(context);
    },
    onOrder,
  };
}
