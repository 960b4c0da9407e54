import { readFileSync } from 'node:fs';
import { fromRoot } from '../../../../build/lib/paths.ts';
import { stripTypes } from '../../../../electron/services/strategies/strip-types.ts';

/** An example of the program, as JavaScript. */
export function exampleCode(name: string): string {
  const file = `${name}.ts`;
  return stripTypes(readFileSync(fromRoot(`resources/strategies/${file}`), 'utf8'), file);
}

/**
 * Everything that a strategy may use at once: indicators and series of other timeframes, values far back,
 * numbers by chance, variables of its own, a stop that is given when the entry has filled and changed on
 * every close, a target, and orders that are taken back.
 */
export const BUSY = `export const strategy = {
  title: 'Busy', description: '', parameters: {
    fast: { default: 5, min: 2, max: 50 }, slow: { default: 20, min: 3, max: 200 }, mood: { default: true },
  },
  validate: ({ fast, slow }) => (fast < slow ? undefined : 'fast ' + fast + ' must be less than slow ' + slow + '.'),
  create({ fast, slow, mood }, setup) {
    const a = setup.indicator('ema', { timeperiod: fast });
    const b = setup.indicator('sma', { timeperiod: slow });
    const range = setup.indicator('atr', { timeperiod: 10 });
    const signal = setup.indicator('macd', { fastperiod: 5, slowperiod: 12, signalperiod: 4 }, 'signal');
    const week = setup.series('tf("1w", ema(close, 3))');
    setup.plot('slow', b);
    let stop = -1; let limit = -1; let since = 0; let best = 0; const seen = [];
    return {
      onBar(bar) {
        seen.push(bar.close.at());
        const far = bar.close.at(Math.min(bar.index, 250));
        if (bar.position > 0) {
          since += 1;
          best = Math.max(best, bar.close.at());
          if (stop >= 0) bar.amend(stop, { stopPrice: best - 2 * range.at() });
          if (since >= 15 || bar.random() < 0.05) bar.exit('time');
          return;
        }
        if (limit >= 0) { bar.cancel(limit); limit = -1; }
        const rising = a.at() > b.at() && bar.close.at() > week.at() && signal.at() > signal.at(3);
        if (rising && bar.random() < 0.7) bar.buy(far < bar.close.at() ? 'far' : 'near');
        else if (mood && seen.length % 3 === 0)
          limit = bar.order({ side: 'buy', type: 'limit', limitPrice: bar.close.at() - range.at(), tag: 'dip' });
      },
      onOrder(event, bar) {
        if (event.state === 'Canceled' || event.state === 'Denied') { if (event.order === limit) limit = -1; return; }
        if (event.quantity === 0) return;
        if (event.side === 'buy') {
          since = 0; best = event.price;
          stop = bar.order({ side: 'sell', type: 'stop', stopPrice: event.price - 2 * range.at(), reduceOnly: true, tag: 'stop' });
        } else if (bar.position === 0) { bar.cancelAll(); stop = -1; }
      },
    };
  },
};`;
