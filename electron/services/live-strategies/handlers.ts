import type { z } from 'zod';
import type { liveStrategyCalls } from '../../../engine/protocol/live-strategy-schemas.ts';
import type { TradingEvents } from '../trading/trading.ts';
import type { LiveStrategies } from './live-strategies.ts';

type Calls = typeof liveStrategyCalls;
type Handlers = {
  readonly [Name in keyof Calls]: (
    input: z.infer<Calls[Name]['input']>,
  ) => Promise<z.infer<Calls[Name]['output']>>;
};

/** Handlers of the calls about strategies that run live. */
export function strategyHandlers(strategies: LiveStrategies): Handlers {
  return {
    'liveStrategies.start': (request) => strategies.start(request),
    'liveStrategies.list': async () => [...(await strategies.list())],
    'liveStrategies.get': ({ run }) => strategies.get(run),
    'liveStrategies.pause': ({ run }) => strategies.pause(run),
    'liveStrategies.resume': ({ run }) => strategies.resume(run),
    'liveStrategies.stop': ({ run, onExit }) => strategies.stop(run, onExit),
    'liveStrategies.report': ({ run }) => strategies.report(run),
  };
}

/** What happens in trading, told to the strategies as well. */
export function alsoTell<Events extends TradingEvents>(
  events: Events,
  strategies: () => LiveStrategies | undefined,
): TradingEvents {
  return {
    ...events,
    onOrder: (order) => {
      events.onOrder(order);
      strategies()?.onOrder(order);
    },
    onFill: (fill) => {
      events.onFill(fill);
      strategies()?.onFill();
    },
    onRisk: () => {
      events.onRisk();
      strategies()?.onRisk();
    },
  };
}
