import type { Command } from 'commander';
import { RESOLUTIONS } from '../../engine/domain/backtest.ts';
import type { BacktestRequest } from '../../engine/protocol/schemas.ts';
import { parseChoice } from './values.ts';

/** What else of the market a run may read besides its bars; the same for a backtest and for research. */
export interface MarketOptions {
  readonly events?: boolean;
  readonly resolve?: string;
}

export function withMarketOptions(command: Command): Command {
  return command
    .option('--events', 'book stored splits and dividends; prices are then raw')
    .option(
      '--resolve <how>',
      `what came first inside a bar: ${RESOLUTIONS.join(' (the worse one) or ')} (stored bars)`,
      'pessimistic',
    );
}

/** Absent where nothing was asked for, so that equal requests have equal texts. @throws RenataError BAD_INPUT */
export function readMarketOptions(
  options: MarketOptions,
): Pick<BacktestRequest, 'events' | 'resolve'> {
  const resolve = parseChoice(options.resolve ?? 'pessimistic', 'resolve', RESOLUTIONS);
  return {
    ...(options.events === true ? { events: true } : {}),
    ...(resolve === 'pessimistic' ? {} : { resolve }),
  };
}
