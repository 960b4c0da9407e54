import { MarketCalendar } from '../engine/domain/calendar.ts';
import { RenataError } from '../engine/domain/errors.ts';
import { BarsEnvironment } from '../engine/expressions/bars-environment.ts';
import { Mortal } from '../engine/live/player.ts';
import { ONE } from '../engine/live/script.ts';
import { twinOf } from '../engine/live/twin.ts';
import type { Twin } from '../engine/domain/twin.ts';
import type { LiveTwinTask } from '../engine/protocol/live-code.ts';
import { openSandboxed } from './sandbox/definition.ts';
import { beat, beatingWith, keepingPlace } from './strategies.ts';

/** The paper twin of a strategy in code: the backtest's engine and the backtest's sandbox. */
export async function playLiveTwin(task: LiveTwinTask, control: Int32Array): Promise<Twin> {
  const { strategy, program: given, parameters, settings, hours, bars, warmUp, failed } = task;
  const { program, timeframe } = given;
  if (program.kind !== 'code') throw new RenataError('INTERNAL', `${strategy} is not code.`);
  const market = { timeframe, calendar: new MarketCalendar(given.calendar), hours };
  const environment = new BarsEnvironment({ ...market, bars });
  beat(control);
  const { definition, dispose } = await openSandboxed(
    strategy,
    program.file,
    program.code,
    bars,
    environment,
    settings.codeWork,
  );
  const { create } = definition;
  const beating = {
    ...definition,
    create: (...asked: Parameters<typeof create>) => {
      const made = create(...asked);
      return beatingWith(control, failed === null ? made : new Mortal(made, failed, ONE));
    },
  };
  try {
    return keepingPlace(() => twinOf(beating, { parameters, settings, bars, market, warmUp }));
  } finally {
    dispose();
  }
}
