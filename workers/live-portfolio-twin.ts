import type { BarColumns } from '../engine/domain/bar.ts';
import { resolveParameters } from '../engine/domain/parameters.ts';
import type { PortfolioTwin } from '../engine/domain/twin.ts';
import { instrumentOfData } from '../engine/live/portfolio-code.ts';
import { Mortal } from '../engine/live/player.ts';
import { SEVERAL } from '../engine/live/portfolio-script.ts';
import { portfolioTwinOf } from '../engine/live/portfolio-twin.ts';
import type { LivePortfolioTwinTask } from '../engine/protocol/live-code.ts';
import { legsOf } from '../engine/strategies/code/portfolio.ts';
import { openSandboxedPortfolio } from './sandbox/portfolio.ts';
import { beat, beatingWith, keepingPlace } from './strategies.ts';

/** The paper twin of a strategy of several instruments: the portfolio backtest in its sandbox. */
export async function playLivePortfolioTwin(
  task: LivePortfolioTwinTask,
  control: Int32Array,
): Promise<PortfolioTwin> {
  const { strategy, file, code, settings, currency, bars, warmUp, failed } = task;
  const instruments = task.instruments.map(instrumentOfData);
  const named = instruments.map(({ symbol, market }, row) => ({
    ...market,
    symbol,
    bars: bars[row] as BarColumns,
  }));
  beat(control);
  const { definition, dispose } = await openSandboxedPortfolio(
    strategy,
    file,
    code,
    legsOf(named),
    settings.codeWork,
  );
  try {
    const parameters = resolveParameters(strategy, definition.parameters, task.parameters);
    definition.validate(parameters);
    return keepingPlace(() => {
      const made = definition.create(parameters);
      const mortal = failed === null ? made : new Mortal(made, failed, SEVERAL);
      return portfolioTwinOf(beatingWith(control, mortal), {
        settings: { ...settings, currency },
        instruments,
        bars,
        warmUp,
      });
    });
  } finally {
    dispose();
  }
}
