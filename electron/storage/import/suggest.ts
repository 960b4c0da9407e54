import { basename, extname } from 'node:path';
import { MS_PER_DAY } from '../../../engine/domain/time.ts';
import { timeframe, timeframeOfMillis } from '../../../engine/domain/timeframe.ts';
import type { Timeframe } from '../../../engine/domain/timeframe.ts';

const COINS =
  /^(BTC|XBT|ETH|LTC|XRP|ADA|SOL|DOGE|BNB|DOT|BCH|LINK|AVAX|MATIC|TRX|XLM|XMR|ATOM|UNI|ETC|SHIB|TON)$/;
const MONEY =
  'USD|EUR|GBP|JPY|CHF|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|TRY|ZAR|MXN|SGD|HKD|CNH|INR|KRW';
const PAIR = new RegExp(`^(${MONEY})[/-]?(${MONEY})(=X)?$`);
const COIN_PAIR = new RegExp(`^([A-Z0-9]{2,10}?)[/-]?(USDT|USDC|BUSD|BTC|ETH|${MONEY})$`);
/** Suffixes under which Yahoo lists shares of markets for which there is no calendar here. */
const ELSEWHERE =
  /\.(HK|L|DE|F|PA|AS|BR|MI|MC|SW|ST|OL|CO|HE|VI|TO|V|AX|NZ|T|KS|KQ|TW|SS|SZ|SI|NS|BO|SA|MX|JO|IS|TA)$/;

/** A symbol from a file name: `AAPL.csv` is AAPL, `btc_usd 1m.csv` is BTC_USD. */
export function suggestSymbol(fileName: string): string {
  const stem = basename(fileName, extname(fileName)).toUpperCase();
  const cleaned = stem
    .replace(/[ _-]+(\d+)(S|M|MIN|H|D|W|MINUTE|HOUR|DAY|DAILY)$/, '')
    .replaceAll(/[^A-Z0-9._/=^-]+/g, '-')
    .replace(/^[^A-Z0-9]+/, '')
    .replace(/[-._]+$/, '')
    .slice(0, 32);
  return cleaned === '' ? 'DATA' : cleaned;
}

/** The calendar that a symbol and the weekdays of its bars point to. */
export function suggestCalendar(symbol: string, times: readonly number[]): string {
  const plain = symbol.toUpperCase();
  if (PAIR.test(plain)) return 'forex';
  const coin = COIN_PAIR.exec(plain);
  if (coin !== null && COINS.test(coin[1] ?? '')) return 'crypto';
  if (/(USDT|USDC|BUSD)$/.test(plain) && plain.length > 4) return 'crypto';
  const saturdays = times.filter((time) => new Date(time).getUTCDay() === 6).length;
  if (saturdays > times.length * 0.05) return 'crypto';
  return ELSEWHERE.test(plain) ? 'none' : 'us-equity';
}

/** The currency that a symbol names, US dollars otherwise. */
export function suggestCurrency(symbol: string): string {
  const match = new RegExp(`[/-]?(USDT|USDC|BUSD|${MONEY})(=X)?$`).exec(symbol.toUpperCase());
  return match !== null && match[0].length < symbol.length ? (match[1] ?? 'USD') : 'USD';
}

/**
 * The bar length of a series: the most common distance between times, when it is common enough to be
 * no chance. Distances of 28 to 31 days are a month.
 * @param times in order, ascending or descending
 */
export function detectTimeframe(times: readonly number[]): Timeframe | null {
  const counts = new Map<number, number>();
  let smallest = Number.POSITIVE_INFINITY;
  let total = 0;
  for (let i = 1; i < times.length; i += 1) {
    const distance = Math.abs((times[i] ?? 0) - (times[i - 1] ?? 0));
    if (distance === 0) continue;
    const days = distance / MS_PER_DAY;
    const key = days > 27.9 && days < 31.1 ? 30 * MS_PER_DAY : distance;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    smallest = Math.min(smallest, key);
    total += 1;
  }
  let mode = 0;
  let most = 0;
  for (const [distance, count] of counts) {
    if (count > most || (count === most && distance < mode)) {
      most = count;
      mode = distance;
    }
  }
  const common = most >= total * 0.3 || (mode === smallest && most > 1 && most >= total * 0.05);
  if (total === 0 || !common) return null;
  if (mode === 30 * MS_PER_DAY) return timeframe('1M');
  return timeframeOfMillis(mode) ?? null;
}
