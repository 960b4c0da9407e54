import { instrumentId } from '../../engine/domain/identifiers.ts';
import type { MarketDatum } from '../../engine/domain/market-data.ts';
import { timeframe } from '../../engine/domain/timeframe.ts';
import { KEY } from '../stubs/polygon/server.ts';
import { dataSuite, type DataBench } from './data-suite.ts';
import { AAPL, closeRig, MSFT, openRig } from '../stubs/polygon/rig.ts';

const UNITS: Readonly<Record<string, string>> = { m: 'minute', h: 'hour', d: 'day', w: 'week' };
const NEW_YEAR = Date.UTC(2026, 0, 5, 15);

dataSuite('polygon', async (): Promise<DataBench> => {
  const rig = await openRig();
  await rig.data.connect();
  let count = 0;
  return {
    client: rig.data,
    instrument: AAPL,
    second: MSFT,
    unknown: instrumentId('NOPE', 'XNAS'),
    query: 'A',
    lengths: ['1m', '5m', '1h', '1d'].map((each) => timeframe(each)),
    // 9:30 in New York on a Wednesday; a week of days begins on a Monday.
    barsFrom: (length) =>
      length === '1d'
        ? Date.UTC(2024, 6, 22)
        : Date.UTC(2024, 6, 24, length === '1h' ? 0 : 13, length === '1h' ? 0 : 30),
    logs: rig.logs,
    secrets: [KEY],
    source: {
      putBars: (length, rows) => {
        const unit = UNITS[length.slice(-1)] as string;
        rig.stub.bars.set(
          `AAPL ${length.slice(0, -1)} ${unit}`,
          rows.map(([t, o, h, l, c, v]) => ({
            // Its days begin at midnight in New York.
            t: length === '1d' ? t + 4 * 3_600_000 : t,
            o,
            h,
            l,
            c,
            v,
          })),
        );
        rig.stub.page = 7;
      },
      tell: (kind, instrument): Partial<MarketDatum> => {
        count += 1;
        const sym = instrument === AAPL ? 'AAPL' : 'MSFT';
        const t = NEW_YEAR + count * 1000;
        if (kind === 'quote') {
          const [bid, ask] = [100 + count / 8, 100.5 + count / 8];
          // Who hears the stream may still be asking what stands, and would be told the same twice.
          if (!rig.stub.streams.subscribed(`Q.${sym}`))
            rig.stub.quotes.set(sym, { p: bid, s: count, P: ask, S: 7, q: count, t: t * 1e6 });
          rig.stub.streams.tell({ ev: 'Q', sym, bp: bid, bs: count, ap: ask, as: 7, t, q: count });
          return { kind, bid, ask, bidSize: count, askSize: 7, venueTime: t as never };
        }
        if (kind === 'trade') {
          rig.stub.streams.tell({
            ev: 'T',
            sym,
            p: 100,
            s: count,
            i: String(count),
            x: 4,
            t,
            q: count,
          });
          return { kind, price: 100, size: count, tradeId: `4:0:${count}` };
        }
        const prices = { o: 100, h: 102, l: 99, c: 101, v: count };
        rig.stub.streams.tell({ ev: 'AM', sym, ...prices, s: t, e: t + 60_000 });
        return { kind: 'bar', open: 100, high: 102, low: 99, close: 101, volume: count };
      },
      drop: () => rig.stub.streams.dropData(),
      garble: () => {
        const texts = [
          '[{"ev":"Q"',
          '{}',
          'null',
          '[7]',
          '[{"ev":"Q","sym":"AAPL","bp":"x","t":1}]',
        ];
        for (const text of texts) rig.stub.streams.raw(text);
        return texts.length;
      },
      failHistory: () =>
        rig.stub.fault({ call: 'GET /v2/aggs/', times: 9, what: { kind: 'status', status: 500 } }),
    },
    close: () => closeRig(rig),
  };
});
