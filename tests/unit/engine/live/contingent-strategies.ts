import type {
  OrderEvent,
  Strategy,
  StrategyContext,
  StrategyDefinition,
} from '../../../../engine/backtest/strategy.ts';

/** Orders that hang on others, in the ways in which strategies use them. */
type Made = (memory: Memory) => Partial<Strategy> & Pick<Strategy, 'onBar'>;

/** What a strategy remembers between its bars. */
interface Memory {
  entry: number;
  stop: number;
  target: number;
  since: number;
}

function definition(id: string, make: Made): StrategyDefinition {
  return {
    id,
    title: id,
    description: id,
    parameters: [],
    validate: () => undefined,
    create: () => ({ ...make({ entry: -1, stop: -1, target: -1, since: 0 }) }),
  };
}

const near = (context: StrategyContext, percent: number): number =>
  context.close.at() * (1 + percent / 100);

/** Up or down, without an indicator. */
const rising = (context: StrategyContext): boolean => context.close.at() > context.close.at(3);

export const CONTINGENT: readonly StrategyDefinition[] = [
  // An entry at the market with a stop and a target, in both directions.
  definition('both-ways', () => ({
    onBar(context) {
      if (context.position !== 0 || context.index % 3 !== 0) return;
      const up = rising(context);
      context.cancelAll();
      context.bracket({
        entry: { side: up ? 'buy' : 'sell', quantity: 10, tag: up ? 'long' : 'short' },
        stopLoss: { stopPrice: near(context, up ? -1.2 : 1.2) },
        takeProfit: { limitPrice: near(context, up ? 1.6 : -1.6) },
      });
    },
  })),
  // A limit that is given anew on every bar until it fills, exits and all.
  definition('resting', () => ({
    onBar(context) {
      if (context.position !== 0) return;
      context.cancelAll();
      context.bracket({
        entry: { side: 'buy', type: 'limit', limitPrice: near(context, -0.3), quantity: 10 },
        stopLoss: { stopPrice: near(context, -1.4) },
        takeProfit: { limitPrice: near(context, 0.9) },
      });
    },
  })),
  // A stop entry whose protection trails.
  definition('trailing', () => ({
    onBar(context) {
      if (context.position !== 0 || context.index % 4 !== 0) return;
      context.cancelAll();
      context.bracket({
        entry: { side: 'buy', type: 'stop', stopPrice: near(context, 0.2), quantity: 10 },
        stopLoss: { type: 'trailing_stop', trailPercent: 1.5 },
      });
    },
  })),
  // A stop above and one below, of which one takes the other away; each has its own stop.
  definition('straddle', (memory) => ({
    onBar(context) {
      if (context.position !== 0) {
        if (context.index - memory.since > 4) context.exit('time');
        return;
      }
      memory.since = context.index;
      context.cancelAll();
      const above = context.order({
        side: 'buy',
        type: 'stop',
        stopPrice: near(context, 0.5),
        quantity: 10,
        tag: 'above',
      });
      const below = context.order({
        side: 'sell',
        type: 'stop',
        stopPrice: near(context, -0.5),
        quantity: 10,
        tag: 'below',
        oco: above,
      });
      const out = { type: 'stop', reduceOnly: true } as const;
      context.order({ ...out, side: 'sell', stopPrice: near(context, -1), parent: above });
      context.order({ ...out, side: 'buy', stopPrice: near(context, 1), parent: below });
    },
  })),
  // The same with a stop that is given on the fill.
  definition('either', (memory) => ({
    onBar(context) {
      if (context.position !== 0) {
        if (context.index - memory.since > 4) context.exit('time');
        return;
      }
      memory.since = context.index;
      context.cancelAll();
      const stop = { type: 'stop', quantity: 10 } as const;
      const above = context.order({ ...stop, side: 'buy', stopPrice: near(context, 0.5) });
      context.order({ ...stop, side: 'sell', stopPrice: near(context, -0.5), oco: above });
    },
    onOrder({ state, side, price, tag }: OrderEvent, context) {
      if (state !== 'Filled' || tag !== '') return;
      const buys = side === 'buy';
      context.order({
        side: buys ? 'sell' : 'buy',
        type: 'stop',
        stopPrice: price * (buys ? 0.985 : 1.015),
        reduceOnly: true,
        tag: 'stop',
      });
    },
  })),
  // The stop follows by changes; the target is given up after a while; the end is at the market.
  definition('moving', (memory) => ({
    onBar(context) {
      if (context.position === 0) {
        if (!rising(context)) return;
        context.cancelAll();
        const { entry, stopLoss, takeProfit } = context.bracket({
          entry: { side: 'buy', quantity: 10 },
          stopLoss: { stopPrice: near(context, -1.5) },
          takeProfit: { limitPrice: near(context, 2) },
        });
        Object.assign(memory, { entry, stop: stopLoss, target: takeProfit, since: context.index });
        return;
      }
      const age = context.index - memory.since;
      context.amend(memory.stop, { stopPrice: near(context, -1.5 + age * 0.1) });
      if (age === 3) context.cancel(memory.target);
      if (age === 12) context.exit('old');
    },
  })),
  // Leaves at the market and never takes its exits away: they work for what comes after, or end unneeded.
  definition('left-behind', (memory) => ({
    onBar(context) {
      if (context.position === 0) {
        if (context.index - memory.since < 3) return;
        context.bracket({
          entry: { side: 'buy', quantity: 10 },
          stopLoss: { stopPrice: near(context, -2) },
          takeProfit: { limitPrice: near(context, 1.5) },
        });
        memory.since = context.index;
      } else if (context.index - memory.since === 4) {
        context.exit('time');
        memory.since = context.index;
      }
    },
  })),
  // An addition that works once the first has filled, and exits that are given on the fill.
  definition('adding', (memory) => ({
    onBar(context) {
      if (context.position === 0 && context.index - memory.since >= 5) {
        context.cancelAll();
        memory.since = context.index;
        memory.entry = context.order({ side: 'buy', quantity: 10, tag: 'first' });
        context.order({
          side: 'buy',
          type: 'limit',
          limitPrice: near(context, -0.8),
          parent: memory.entry,
          quantity: 5,
          tag: 'more',
        });
      } else if (context.index - memory.since === 8) {
        context.cancelAll();
        context.exit('time');
        memory.since = context.index;
      }
    },
    onOrder({ order, state }: OrderEvent, context) {
      if (order !== memory.entry || state !== 'Filled') return;
      const stop = context.order({
        side: 'sell',
        type: 'stop',
        stopPrice: near(context, -1.7),
        quantity: 10,
        reduceOnly: true,
        tag: 'stop',
      });
      context.order({
        side: 'sell',
        type: 'limit',
        limitPrice: near(context, 1.1),
        quantity: 10,
        reduceOnly: true,
        oco: stop,
        tag: 'target',
      });
    },
  })),
];
