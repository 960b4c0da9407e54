/**
 * Gary Antonacci's rule: hold the market that has risen most over the last year (relative momentum), and
 * only while it has risen at all (absolute momentum). Looked at once a month. Otherwise the money is in
 * cash, or in a safe asset when the last instrument is named as one.
 */
import type { PortfolioModule } from 'renata/strategy';

const parameters = {
  window: { default: 252, min: 20, max: 400, description: 'Bars of the return.', unit: 'bars' },
  hurdle: { default: 0, min: -5, max: 10, step: 0.5, description: 'Least return.', unit: '%' },
  safe: { default: false, description: 'The last instrument is held in place of cash.' },
};

export const strategy: PortfolioModule<typeof parameters> = {
  title: 'Dual momentum',
  description:
    'On the first bar of a month puts everything into the market with the best return over a year when that is above the hurdle, and is in cash otherwise, or in the last instrument where that is the safe one.',
  source: 'Gary Antonacci, Dual Momentum Investing (2014)',
  portfolio: true,
  instruments: ['SPY', 'EEM'],
  timeframe: '1d',
  parameters,
  create({ window, hurdle, safe }, setup) {
    const refuge = safe ? setup.symbols.at(-1) : undefined;
    const markets = setup.symbols
      .filter((symbol) => symbol !== refuge)
      .map((symbol) => {
        const bars = setup.instrument(symbol);
        return { symbol, growth: bars.series(`roc(close, ${window})`), month: bars.series('month') };
      });
    const [first] = markets;
    if (first === undefined) throw new Error('it needs a market beside the safe instrument');
    return {
      onBar(portfolio) {
        const begins = first.month.at() !== first.month.at(1);
        if (!begins || !portfolio.instrument(first.symbol).tradable) return;
        if (markets.some(({ growth }) => Number.isNaN(growth.at()))) return;
        const best = markets.reduce((a, b) => (b.growth.at() > a.growth.at() ? b : a));
        const chosen = best.growth.at() > hurdle ? best.symbol : refuge;
        // What is held already stays as it is.
        if (chosen !== undefined && portfolio.instrument(chosen).position > 0) return;
        portfolio.setTargets(chosen === undefined ? {} : { [chosen]: 1 }, { tag: chosen ?? 'cash' });
      },
    };
  },
};
