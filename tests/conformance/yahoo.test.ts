import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { YahooClient } from '../../electron/adapters/yahoo/client.ts';
import { instrumentId } from '../../engine/domain/identifiers.ts';
import type { MarketDatum } from '../../engine/domain/market-data.ts';
import { timeframe } from '../../engine/domain/timeframe.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { YahooStub } from '../stubs/yahoo/server.ts';
import { dataSuite, type DataBench } from './data-suite.ts';

const AAPL = instrumentId('AAPL', 'XNAS');
/** A Tuesday, 10:00 in New York. */
const NOW = Date.UTC(2024, 0, 2, 15, 0);
const OPEN = 14.5 * 3_600_000;

function quoteOf(symbol: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    symbol,
    quoteType: 'EQUITY',
    exchange: 'NMS',
    exchangeTimezoneName: 'America/New_York',
    exchangeDataDelayedBy: 0,
    gmtOffSetMilliseconds: -18_000_000,
    currency: 'USD',
    longName: `${symbol} Incorporated`,
    priceHint: 2,
    marketState: 'REGULAR',
    regularMarketTime: NOW / 1000 - 900,
    regularMarketPrice: 187,
    regularMarketVolume: 1_000_000,
    bid: 187,
    ask: 200,
    ...more,
  };
}

dataSuite('yahoo', async (): Promise<DataBench> => {
  const stub = new YahooStub();
  await stub.start();
  const clock = new FakeClock(NOW);
  const folder = await mkdtemp(join(tmpdir(), 'renata-yahoo-'));
  const logs: string[] = [];
  const refuse = (): never => {
    throw new Error('not part of this test');
  };
  stub.quotes.set('^GSPC', quoteOf('^GSPC', { quoteType: 'INDEX', exchange: 'SNP' }));
  for (const symbol of ['AAPL', 'MSFT']) stub.quotes.set(symbol, quoteOf(symbol));
  const client = new YahooClient(
    { every: 15_000, requestsPerMinute: 6000, fetch: stub.fetch },
    {
      clock,
      random: () => 0.5,
      log: (level, message) => logs.push(`${level} ${message}`),
      feed: { listen: () => () => undefined, watch: refuse, instrument: refuse },
      series: { read: refuse },
      folder,
    },
  );
  await client.connect();
  let count = 0;
  return {
    client,
    instrument: AAPL,
    second: instrumentId('MSFT', 'XNAS'),
    unknown: instrumentId('NOPE', 'XNAS'),
    query: 'AAPL',
    lengths: ['1m', '1d'].map((each) => timeframe(each)),
    barsFrom: (length) => (length === '1d' ? Date.UTC(2023, 10, 6) : Date.UTC(2023, 11, 28, 15)),
    repeats: true,
    logs,
    secrets: [],
    source: {
      putBars: (length, rows) => {
        stub.rows.set(
          `AAPL ${length}`,
          rows.map(([time, o, h, l, c, v]) => ({
            // Its days begin at the open in New York.
            t: (length === '1d' ? time + OPEN : time) / 1000,
            o,
            h,
            l,
            c,
            v,
          })),
        );
      },
      tell: (_kind, instrument): Partial<MarketDatum> => {
        count += 1;
        const symbol = instrument === AAPL ? 'AAPL' : 'MSFT';
        const bid = 187 + count / 8;
        stub.quotes.set(
          symbol,
          quoteOf(symbol, { bid, regularMarketTime: NOW / 1000 - 900 + count }),
        );
        return { kind: 'quote', bid, ask: 200 };
      },
      drop: () => stub.fault('/v7/finance/quote', { kind: 'status', status: 503 }, 1000),
      restore: () => stub.mend(),
      garble: () => {
        stub.fault('/v7/finance/quote', { kind: 'text', text: '{"quoteResponse":{"result":[{' }, 1);
        return 1;
      },
      failHistory: () => stub.fault('/v8/finance/chart', { kind: 'status', status: 500 }, 100),
      pass: (milliseconds) => clock.pass(milliseconds),
    },
    close: async () => {
      await client.disconnect();
      await stub.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
});
