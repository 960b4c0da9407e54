/**
 * Two prices that move together: when one has run away from the other, sell it short and buy the other
 * for the same money, and close both when the gap has closed. Both legs go in and out together.
 */
import type { PortfolioModule } from 'renata/strategy';

const parameters = {
  window: { default: 60, min: 10, max: 500, description: 'Bars of mean and deviation.', unit: 'bars' },
  wide: { default: 2, min: 0.5, max: 5, step: 0.1, description: 'Deviations at which a trade begins.' },
  patience: { default: 40, min: 1, max: 250, description: 'Closes until it is given up.', unit: 'bars' },
  size: { default: 45, min: 1, max: 50, step: 1, description: 'Part of the equity of one leg.', unit: '%' },
};

export const strategy: PortfolioModule<typeof parameters> = {
  title: 'Pairs z-score',
  description:
    'Measures how far the logarithm of the ratio of two instruments is from its mean, in standard deviations. Buys the cheap one and sells the dear one short for the same money (--short), and leaves both at the mean.',
  source: 'Gatev, Goetzmann and Rouwenhorst, Pairs Trading, Review of Financial Studies 19 (2006)',
  portfolio: true,
  instruments: ['SPY', 'QQQ'],
  timeframe: '1d',
  parameters,
  create({ window, wide, patience, size }, setup) {
    const [first, second] = setup.symbols;
    if (first === undefined || second === undefined || setup.symbols.length > 2) {
      throw new Error(`a pair has two instruments, not ${setup.symbols.length}`);
    }
    const gap = setup.instrument(first).series(`zscore(ln(close / on("${second}", close)), ${window})`);
    const part = size / 100;
    let held = 0;
    return {
      onBar(portfolio) {
        if (!portfolio.shortAllowed) throw new Error('a pair needs short positions; run it with --short');
        // Where one of the two has no bar the gap would be that of another day.
        const both = [first, second].every((symbol) => portfolio.instrument(symbol).tradable);
        if (!both || Number.isNaN(gap.at())) return;
        const side = Math.sign(portfolio.instrument(first).position);
        if (side === 0) {
          held = 0;
          if (Math.abs(gap.at()) <= wide) return;
          const bought = gap.at() < 0 ? part : -part;
          portfolio.setTargets({ [first]: bought, [second]: -bought }, { tag: 'apart' });
          return;
        }
        held += 1;
        const closed = side * gap.at() >= 0;
        if (closed || held >= patience) portfolio.setTargets({}, { tag: closed ? 'closed' : 'given up' });
      },
    };
  },
};
