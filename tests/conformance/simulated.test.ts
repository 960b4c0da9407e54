import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manifest } from '../../electron/adapters/simulated/manifest.ts';
import type { AdapterContext } from '../../electron/net/adapter.ts';
import { systemClock } from '../../electron/net/system-clock.ts';
import { decimal, price, quantity, toNumber, type Price } from '../../engine/domain/decimal.ts';
import { accountId, instrumentId } from '../../engine/domain/identifiers.ts';
import type { OrderIntent } from '../../engine/domain/live-order.ts';
import type { MarketDatum, QuoteTick } from '../../engine/domain/market-data.ts';
import { timeframe } from '../../engine/domain/timeframe.ts';
import { VenueError } from '../../engine/ports/venue-error.ts';
import { instrumentOf } from '../support/exchange.ts';
import { dataSuite, type DataBench } from './data-suite.ts';
import { executionSuite, type ExecutionBench } from './execution-suite.ts';

const ALFA = instrumentId('ALFA', 'SIM');
const USUAL = Object.fromEntries(
  manifest.fields.flatMap(({ name, default: usual }) => (usual === null ? [] : [[name, usual]])),
);

interface Line {
  readonly kind: string;
  readonly intent?: OrderIntent;
}

function contextOf(more: Partial<AdapterContext>, logs: string[]): AdapterContext {
  const refuse = (): never => {
    throw new Error('not part of this test');
  };
  return {
    clock: systemClock,
    random: () => 0.5,
    log: (level, message) => logs.push(`${level} ${message}`),
    feed: { listen: () => () => undefined, watch: refuse, instrument: refuse },
    series: { read: refuse },
    folder: '',
    ...more,
  };
}

executionSuite(
  'simulated',
  async (): Promise<ExecutionBench> => {
    const folder = mkdtempSync(join(tmpdir(), 'renata-paper-'));
    const logs: string[] = [];
    const listeners = new Set<(batch: readonly MarketDatum[]) => void>();
    const rules = {
      ...instrumentOf(ALFA),
      lotSize: decimal('0.001'),
      minQuantity: decimal('0.001'),
      fractional: true,
    };
    const { execution } = manifest.open(
      { ...USUAL, prices: 'connections', fillBySize: true, fees: 'none' },
      {},
      contextOf(
        {
          folder,
          feed: {
            listen: (listener) => {
              listeners.add(listener);
              return () => listeners.delete(listener);
            },
            watch: async () => () => undefined,
            instrument: async (id) => {
              if (id !== ALFA) throw new VenueError('not-found', `No source has ${id}.`);
              return rules;
            },
          },
        },
        logs,
      ),
    );
    if (execution === undefined) throw new Error('no venue');
    await execution.connect();
    const quote = (bid: number, ask: number, size: number): void => {
      const tick: QuoteTick = {
        kind: 'quote',
        instrument: ALFA,
        bid,
        ask,
        bidSize: size,
        askSize: size,
        venueTime: systemClock.now(),
        receivedTime: systemClock.now(),
      };
      for (const listener of listeners) listener([tick]);
    };
    /** The venue's own record on the disk is what it has taken. */
    const lines = (): readonly Line[] => {
      const path = join(folder, 'PAPER.jsonl');
      if (!existsSync(path)) return [];
      return readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Line);
    };
    const ordersOf = (name: string) =>
      lines().flatMap(({ kind, intent }) =>
        kind === 'order' && intent?.clientOrderId === name ? [intent] : [],
      );
    return {
      client: execution,
      account: accountId('PAPER'),
      instrument: ALFA,
      unknown: instrumentId('NOPE', 'SIM'),
      price: price('100'),
      quantity: quantity('20'),
      now: () => systemClock.now(),
      logs,
      secrets: [],
      venue: {
        changes: () => lines().length,
        arrived: (name) => (ordersOf(name)[0]?.terms as unknown as Record<string, unknown>) ?? null,
        words: (terms) => ({ ...terms }),
        copies: (name) => ordersOf(name).length,
        fill: (name, size, at: Price) => {
          const side = ordersOf(name)[0]?.terms.side;
          const limit = toNumber(at);
          // The market comes to the order, with so many units, and goes again.
          if (side === 'buy') quote(limit - 1, limit, toNumber(size));
          else quote(limit, limit + 1, toNumber(size));
          quote(99.99, 100.01, 1000);
        },
      },
      close: async () => {
        await execution.disconnect();
        rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      },
    };
  },
  Object.fromEntries(
    ['E12', 'E13', 'E14', 'E17', 'E21', 'E26', 'E30', 'E31', 'E32'].map((number) => [
      number,
      'the venue is in the process: nothing is sent over a wire, lost, garbled or told twice, and nobody else trades there',
    ]),
  ),
);

dataSuite(
  'simulated',
  async (): Promise<DataBench> => {
    const logs: string[] = [];
    const { data } = manifest.open({ ...USUAL, every: 10 }, {}, contextOf({}, logs));
    if (data === undefined) throw new Error('no prices');
    await data.connect();
    const told: MarketDatum[] = [];
    data.onData((batch) => told.push(...batch));
    const [first, second] = await data.findInstruments('', 2);
    if (first === undefined || second === undefined) throw new Error('no instruments');
    return {
      client: data,
      instrument: first.id,
      second: second.id,
      unknown: instrumentId('NOPE', 'SIM'),
      query: first.symbol,
      lengths: ['1m', '1h'].map((each) => timeframe(each)),
      barsFrom: () => Math.floor(Date.now() / 86_400_000) * 86_400_000 - 86_400_000,
      logs,
      secrets: [],
      source: {
        // It makes its prices itself; the next one is not known before.
        tell: (kind, instrument) => {
          told.length = 0;
          return { kind, instrument };
        },
      },
      close: () => data.disconnect(),
    };
  },
  {
    D09: 'it makes bars of any length',
    ...Object.fromEntries(
      ['D06', 'D07', 'D10', 'D15', 'D16', 'D17', 'D18'].map((number) => [
        number,
        'prices are made up in the process: they come over no wire, and nobody can say which come next',
      ]),
    ),
  },
);
