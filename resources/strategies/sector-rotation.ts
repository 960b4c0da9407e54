/**
 * Relative strength: hold the strongest few of a group in equal parts and look again each month. One that
 * is below its own average over many weeks is left in cash.
 */
import type { PortfolioModule } from 'renata/strategy';

const parameters = {
  window: { default: 126, min: 20, max: 300, description: 'Bars of the return.', unit: 'bars' },
  hold: { default: 2, min: 1, max: 20, description: 'How many of the strongest are held.' },
  weeks: { default: 40, min: 5, max: 100, description: 'Weeks of the average.', unit: 'weeks' },
};

export const strategy: PortfolioModule<typeof parameters> = {
  title: 'Relative-strength rotation',
  description:
    'Once a month ranks the instruments by their return over half a year and holds the strongest in equal parts, those alone that are above their average of 40 weeks.',
  source:
    'Jegadeesh and Titman, Returns to Buying Winners and Selling Losers, Journal of Finance 48 (1993)',
  portfolio: true,
  instruments: ['QQQ', 'SPY', 'IWM', 'EEM'],
  timeframe: '1d',
  parameters,
  create({ window, hold, weeks }, setup) {
    const group = setup.symbols.map((symbol) => {
      const bars = setup.instrument(symbol);
      return {
        symbol,
        growth: bars.series(`roc(close, ${window})`),
        average: bars.series(`tf("1w", sma(close, ${weeks}))`),
        month: bars.series('month'),
      };
    });
    let month = -1;
    return {
      onBar(portfolio) {
        const open = group.filter(({ symbol }) => portfolio.instrument(symbol).tradable);
        const now = open[0]?.month.at() ?? month;
        if (now === month) return;
        month = now;
        const ranked = open
          .filter(({ growth }) => !Number.isNaN(growth.at()))
          .toSorted((a, b) => b.growth.at() - a.growth.at())
          .slice(0, hold);
        const strong = ranked.filter(({ symbol, average }) => {
          return portfolio.instrument(symbol).price > average.at();
        });
        const weights = Object.fromEntries(strong.map(({ symbol }) => [symbol, 1 / hold]));
        portfolio.setTargets(weights, { minTradeWeight: 0.02, tag: 'rotate' });
      },
    };
  },
};
