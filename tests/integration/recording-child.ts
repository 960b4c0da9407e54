import { systemClock } from '../../electron/net/system-clock.ts';
import { Recorder } from '../../electron/services/market-data/recording/recorder.ts';
import { instrumentId } from '../../engine/domain/identifiers.ts';
import type { TradeTick } from '../../engine/domain/market-data.ts';

/** Records trades, numbered without a break from the number that it is given, until it is killed. */
const [folder = '', first = '0'] = process.argv.slice(2);
const recorder = new Recorder({
  folder,
  clock: systemClock,
  onDefect: (error) => {
    throw error;
  },
});
const instrument = instrumentId('AAPL', 'TEST');
let next = Number(first);

function batch(): readonly TradeTick[] {
  return Array.from({ length: 500 }, () => {
    const number = next;
    next += 1;
    return {
      kind: 'trade',
      instrument,
      price: 100 + (number % 977) / 100,
      size: number,
      tradeId: String(number),
      aggressor: 'buy',
      regular: true,
      venueTime: systemClock.now(),
      receivedTime: systemClock.now(),
    };
  });
}

setInterval(() => recorder.record('fake', batch()), 1);
// Written often, so that most kills meet a write.
setInterval(() => {
  const before = next;
  void recorder.flush().then(() => process.send?.(before));
}, 5);
