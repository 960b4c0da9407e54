import { appendFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manifest } from '../../electron/adapters/csv/manifest.ts';
import type { AdapterContext } from '../../electron/net/adapter.ts';
import { systemClock } from '../../electron/net/system-clock.ts';
import { instrumentId } from '../../engine/domain/identifiers.ts';
import type { MarketDatum } from '../../engine/domain/market-data.ts';
import { unixMillis } from '../../engine/domain/time.ts';
import { timeframe } from '../../engine/domain/timeframe.ts';
import { dataSuite, type DataBench } from './data-suite.ts';

const AAPL = instrumentId('AAPL', 'LOCAL');
const FROM = Date.UTC(2024, 0, 2, 10);
const BARS = 'time,open,high,low,close,volume\n';
const QUOTES = 'time,bid,ask,bid_size,ask_size\n';
const TRADES = 'time,price,size,id\n';

dataSuite(
  'csv',
  async (): Promise<DataBench> => {
    const folder = await mkdtemp(join(tmpdir(), 'renata-csv-'));
    const watched = join(folder, 'watched');
    await mkdir(watched);
    const logs: string[] = [];
    const refuse = (): never => {
      throw new Error('not part of this test');
    };
    for (const symbol of ['AAPL', 'MSFT']) {
      await writeFile(join(watched, `${symbol}_1s.csv`), BARS);
      await writeFile(join(watched, `${symbol}_quotes.csv`), QUOTES);
      await writeFile(
        join(watched, `${symbol}_trades.csv`),
        `${TRADES}2024-01-02T09:00:00Z,1,1,a\n`,
      );
    }
    const context: AdapterContext = {
      // Looks come sooner.
      clock: { ...systemClock, after: (ms, run) => systemClock.after(ms / 20, run) },
      random: () => 0.5,
      log: (level, message) => logs.push(`${level} ${message}`),
      feed: { listen: () => () => undefined, watch: refuse, instrument: refuse },
      series: { read: refuse },
      folder,
    };
    const { data } = manifest.open({ folder: watched, every: 100 }, {}, context);
    if (data === undefined) throw new Error('no prices');
    await data.connect();
    let count = 0;
    const stamp = (time: number): string => new Date(time).toISOString();
    return {
      client: data,
      instrument: AAPL,
      second: instrumentId('MSFT', 'LOCAL'),
      unknown: instrumentId('NOPE', 'LOCAL'),
      query: 'a',
      lengths: ['1m', '5m', '1d'].map((each) => timeframe(each)),
      barsFrom: (length) => (length === '1d' ? Date.UTC(2023, 0, 2) : FROM),
      logs,
      secrets: [],
      source: {
        putBars: async (length, rows) => {
          const lines = rows.map(([time, ...rest]) => [stamp(time), ...rest].join(','));
          await writeFile(join(watched, `AAPL_${length}.csv`), `${BARS}${lines.join('\n')}\n`);
          const last = rows.at(-1)?.[0] ?? 0;
          for (;;) {
            if (data.capabilities.timeframes.includes(length)) {
              const { time } = await data.history({
                instrument: AAPL,
                timeframe: length,
                start: unixMillis(0),
                end: unixMillis(8e15),
              });
              if (time.at(-1) === last) return;
            }
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        },
        tell: async (kind, instrument): Promise<Partial<MarketDatum>> => {
          count += 1;
          const symbol = instrument === AAPL ? 'AAPL' : 'MSFT';
          const time = stamp(FROM + count * 1000);
          if (kind === 'quote') {
            const bid = 100 + count / 8;
            await appendFile(
              join(watched, `${symbol}_quotes.csv`),
              `${time},${bid},200,${count},7\n`,
            );
            return { kind, bid, ask: 200, bidSize: count, askSize: 7 };
          }
          if (kind === 'trade') {
            await appendFile(
              join(watched, `${symbol}_trades.csv`),
              `${time},100,${count},t${count}\n`,
            );
            return { kind, price: 100, size: count };
          }
          await appendFile(join(watched, `${symbol}_1s.csv`), `${time},100,102,99,101,${count}\n`);
          return { kind: 'bar', open: 100, high: 102, low: 99, close: 101, volume: count };
        },
        // The folder goes away and comes back, as one of the network does.
        drop: () => rename(watched, `${watched}.away`),
        restore: async () => {
          await rename(`${watched}.away`, watched).catch(() => undefined);
          const path = join(watched, 'AAPL_quotes.csv');
          const lines = (await readFile(path, 'utf8')).split('\n');
          const good = lines.filter((line) => /^(?:time|\d{4}-)/.test(line));
          if (good.length < lines.length - 1) await writeFile(path, `${good.join('\n')}\n`);
        },
        garble: async () => {
          await appendFile(join(watched, 'AAPL_quotes.csv'), 'yesterday,many,few\n"""\n,,,,\n');
          return 3;
        },
      },
      close: async () => {
        await data.disconnect();
        await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      },
    };
  },
  {
    D10: 'bars are in memory; files that cannot be read are left out, and the state says so',
    D11: 'bars are in memory and there at once',
    D13: 'it tells whatever kind a file holds; one that no file holds is never told',
  },
);
