import { MarketCalendar } from '../engine/domain/calendar.ts';
import { toErrorPayload, type ErrorPayload } from '../engine/domain/errors.ts';
import { resolveParameters } from '../engine/domain/parameters.ts';
import type { AnyCall, CodeAnswer, CodeInput, CodeStart, LiveCore } from '../engine/live/code.ts';
import type { Called } from '../engine/live/player.ts';
import { instrumentOfData, type PortfolioCodeStart } from '../engine/live/portfolio-code.ts';
import { LivePortfolioRun } from '../engine/live/portfolio-run.ts';
import { recordedPortfolio } from '../engine/live/portfolio-script.ts';
import { LiveRun } from '../engine/live/run.ts';
import { recorded } from '../engine/live/script.ts';
import type { ThreadWork } from '../engine/live/thread.ts';
import { openLivePortfolio } from './sandbox/live-portfolio.ts';
import { openLiveSandbox } from './sandbox/live.ts';

/** Books of a run with its strategy, which is in a sandbox. */
interface Opened {
  readonly run: LiveCore;
  /** What the strategy did since it was last asked. */
  readonly taken: () => readonly AnyCall[];
  readonly dispose: () => void;
}

/**
 * A strategy in code at work, in its sandbox, with books of its own: told what its run is told, it says
 * what it did. The run does the same with its own books, which so come to stand the same.
 */
export class LiveCodeRun {
  readonly #opened: Opened;
  #ended: ErrorPayload | null = null;

  private constructor(opened: Opened) {
    this.#opened = opened;
  }

  /**
   * @param onCall told before each call of the strategy
   * @throws RenataError in one sentence for whatever stands against the strategy
   */
  static async open(work: ThreadWork, onCall: () => void): Promise<LiveCodeRun> {
    return new LiveCodeRun(
      await (work.kind === 'one' ? openOne(work.start, onCall) : openSeveral(work.start, onCall)),
    );
  }

  /** Nothing is done any more once it has ended. */
  hear(input: CodeInput): CodeAnswer {
    if (this.#ended !== null) return { calls: [], ended: this.#ended };
    try {
      this.#opened.run.take(input);
    } catch (error) {
      this.#ended = toErrorPayload(error);
      this.#opened.dispose();
    }
    return { calls: this.#opened.taken(), ended: this.#ended };
  }

  close(): void {
    this.#opened.dispose();
  }
}

async function openOne(start: CodeStart, onCall: () => void): Promise<Opened> {
  const { id, file, parameters, settings, market: given } = start;
  const { timeframe, calendar, hours } = given;
  const market = { timeframe, calendar: new MarketCalendar(calendar), hours };
  const { code, dispose } = await openLiveSandbox(id, file, start.code, market);
  try {
    let recorder: ReturnType<typeof recorded> | undefined;
    const watched = {
      ...code,
      start: (values: typeof parameters) => (recorder = recorded(told(code.start(values), onCall))),
    };
    const program = { kind: 'code', id, code: watched } as const;
    const run = new LiveRun({ program, parameters, settings, market });
    return { run, taken: () => recorder?.taken() ?? [], dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

async function openSeveral(start: PortfolioCodeStart, onCall: () => void): Promise<Opened> {
  const { id, file, code } = start;
  const instruments = start.instruments.map(instrumentOfData);
  const sources = instruments.map(({ symbol, market }) => ({ symbol, ...market }));
  const opened = await openLivePortfolio(id, file, code, sources);
  const dispose = (): void => opened.dispose();
  try {
    const parameters = resolveParameters(id, opened.parameters, start.parameters);
    opened.validate(parameters);
    const recorder = recordedPortfolio(told(opened.start(parameters), onCall));
    const run = new LivePortfolioRun({ ...start, instruments, parameters, strategy: recorder });
    return { run, taken: () => recorder.taken(), dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

function told<Context, Event, Bars>(
  strategy: Called<Context, Event> & { take(bars: Bars): void },
  onCall: () => void,
) {
  return {
    take: (bars: Bars) => strategy.take(bars),
    onBar(context: Context) {
      onCall();
      strategy.onBar(context);
    },
    onOrder(event: Event, context: Context) {
      onCall();
      strategy.onOrder?.(event, context);
    },
  };
}
