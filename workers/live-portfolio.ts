import { toErrorPayload } from '../engine/domain/errors.ts';
import { resolveParameters } from '../engine/domain/parameters.ts';
import {
  instrumentOfData,
  type PortfolioAnswer,
  type PortfolioCodeStart,
  type PortfolioInput,
} from '../engine/live/portfolio-code.ts';
import { LivePortfolioRun } from '../engine/live/portfolio-run.ts';
import { PortfolioRecorder } from '../engine/live/portfolio-script.ts';
import type { RunningPortfolio } from '../engine/live/portfolio-types.ts';
import { openLivePortfolio } from './sandbox/live-portfolio.ts';

/**
 * A strategy of several instruments at work, in its sandbox, with books of its own: told what its run is
 * told, it says what it did. The run does the same with its own books, which so come to stand the same.
 */
export class PortfolioCodeRun {
  readonly #run: LivePortfolioRun;
  readonly #recorder: PortfolioRecorder;
  readonly #dispose: () => void;
  #ended: PortfolioAnswer['ended'] = null;

  private constructor(run: LivePortfolioRun, recorder: PortfolioRecorder, dispose: () => void) {
    this.#run = run;
    this.#recorder = recorder;
    this.#dispose = dispose;
  }

  /**
   * @param onCall told before each call of the strategy
   * @throws RenataError in one sentence for whatever stands against the strategy
   */
  static async open(start: PortfolioCodeStart, onCall: () => void): Promise<PortfolioCodeRun> {
    const { id, file, code } = start;
    const instruments = start.instruments.map(instrumentOfData);
    const sources = instruments.map(({ symbol, market }) => ({ symbol, ...market }));
    const opened = await openLivePortfolio(id, file, code, sources);
    try {
      const parameters = resolveParameters(id, opened.parameters, start.parameters);
      opened.validate(parameters);
      const recorder = new PortfolioRecorder(told(opened.start(parameters), onCall));
      const run = new LivePortfolioRun({ ...start, instruments, parameters, strategy: recorder });
      return new PortfolioCodeRun(run, recorder, () => opened.dispose());
    } catch (error) {
      opened.dispose();
      throw error;
    }
  }

  /** Nothing is done any more once it has ended. */
  hear(input: PortfolioInput): PortfolioAnswer {
    if (this.#ended !== null) return { calls: [], ended: this.#ended };
    try {
      this.#tell(input);
    } catch (error) {
      this.#ended = toErrorPayload(error);
      this.#dispose();
    }
    return { calls: this.#recorder.taken(), ended: this.#ended };
  }

  close(): void {
    this.#dispose();
  }

  #tell(input: PortfolioInput): void {
    if (input.kind === 'moments') {
      for (const { time, bars } of input.moments) this.#run.moment(time, bars, input.mode);
    } else if (input.kind === 'event') this.#run.tell(input.event);
    else this.#run.release(input.instrument, input.slot);
  }
}

function told(strategy: RunningPortfolio, onCall: () => void): RunningPortfolio {
  return {
    take: (bars) => strategy.take(bars),
    onBar(context) {
      onCall();
      strategy.onBar(context);
    },
    onOrder(event, context) {
      onCall();
      strategy.onOrder?.(event, context);
    },
  };
}
