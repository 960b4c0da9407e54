import { accountId, type InstrumentId } from '../../engine/domain/identifiers.ts';
import {
  qualityTable,
  type QualityGroup,
  type QualityRow,
} from '../../engine/execution/quality.ts';
import type { Fit } from '../../engine/execution/fit-slippage.ts';
import type { AlgorithmTicket, QualityRowView } from '../../engine/protocol/execution-schemas.ts';
import type { Clock } from '../../engine/ports/clock.ts';
import type { LiveHandlers, SourceOf } from './live-handlers.ts';
import type { MarketDataService } from './market-data/types.ts';
import { algorithmView } from './trading/algorithm-records.ts';
import { noteOf, readAlgorithm, type VolumeByClock } from './trading/algorithm-requests.ts';
import { newId } from './trading/identifiers.ts';
import type { Trading } from './trading/trading.ts';

export interface ExecutionServices {
  readonly trading: Trading;
  readonly market: Pick<MarketDataService, 'instrument'>;
  readonly clock: Clock;
  /** Volumes of a stored dataset. @throws RenataError NOT_FOUND */
  readonly volumes: (datasetId: string) => Promise<VolumeByClock>;
}

type Names = Extract<keyof LiveHandlers<never>, `algorithms.${string}` | `quality.${string}`>;

/** Handlers of algorithms and of execution quality. */
export function executionHandlers<Context>(
  services: ExecutionServices,
  sourceOf: SourceOf<Context>,
): Pick<LiveHandlers<Context>, Names> {
  const { trading, market, clock, volumes } = services;
  const { algorithms, quality } = trading;

  const read = async (requestId: string, ticket: AlgorithmTicket, context: Context) => {
    trading.venues.account(accountId(ticket.account));
    const instrument = await market.instrument(ticket.instrument as InstrumentId);
    const source = sourceOf(context);
    const now = clock.now();
    return readAlgorithm(ticket, { instrument, now, source, strategy: null, requestId, volumes });
  };

  return {
    'algorithms.preview': async ({ ticket }, context) => {
      const request = await read(newId('P', clock.now()), ticket, context);
      const { order, schedule, whole, decision } = await algorithms.preview(request);
      return {
        schedule: schedule.map(({ from, to, quantity }) => ({
          from: Math.round(from),
          to: Math.round(to),
          quantity,
        })),
        note: noteOf(order.method),
        check: trading.checked(whole, decision),
      };
    },
    'algorithms.start': async ({ requestId, ticket }, context) => {
      const request = await read(requestId, ticket, context);
      const { standing, whole, decision } = await algorithms.begin(request);
      return { algorithm: algorithmView(standing), check: trading.checked(whole, decision) };
    },
    'algorithms.list': async ({ account, running, limit }) =>
      algorithms
        .list()
        .filter(
          (each) =>
            (account === null || each.account === account) &&
            (!running || each.report.status !== 'done'),
        )
        .toReversed()
        .slice(0, limit)
        .map(algorithmView),
    'algorithms.pause': async ({ id }) => algorithmView(await algorithms.pause(id)),
    'algorithms.resume': async ({ id }) => algorithmView(await algorithms.resume(id)),
    'algorithms.stop': async ({ id }) => algorithmView(await algorithms.cancel(id)),

    'quality.report': async ({ by, of, account, since, edges }) => {
      const executed = quality
        .executed(of)
        .filter(
          ({ id, arrivedAt }) =>
            (account === null || quality.accountOf(id) === account) &&
            (since === null || arrivedAt >= since),
        );
      const group: QualityGroup =
        by === 'size'
          ? { by, edges: edges?.toSorted((a, b) => a - b) ?? powersOfTen(executed) }
          : { by };
      return { rows: qualityTable(executed, group).map(rowView) };
    },
    'quality.fit': async () => {
      const { samples, leftOut, bps, coefficient, model } = quality.fit();
      return { samples, leftOut, bps: fitView(bps), coefficient: fitView(coefficient), model };
    },
  };
}

/** Upper ends of sizes that the orders need: 10, 100, 1000, … */
function powersOfTen(orders: readonly { readonly quantity: number }[]): readonly number[] {
  const sizes = orders.map(({ quantity }) => Math.ceil(Math.log10(quantity)));
  const least = Math.min(...sizes);
  const most = Math.max(...sizes);
  if (!Number.isFinite(least) || !Number.isFinite(most)) return [1];
  return Array.from({ length: Math.max(1, most - least + 1) }, (_, i) =>
    Number((10 ** (least + i)).toPrecision(12)),
  );
}

/** Numbers that are not known are null at the border. */
const numberView = (value: number): number | null => (Number.isFinite(value) ? value : null);

const costView = ({ bps, money }: { readonly bps: number; readonly money: number }) => ({
  bps: numberView(bps),
  money: numberView(money),
});

const fitView = ({ value, standardError, residual }: Fit) => ({
  value: numberView(value),
  standardError: numberView(standardError),
  residual: numberView(residual),
});

function rowView(row: QualityRow): QualityRowView {
  const { decision, arrival, mid, vwap } = row.slippage;
  return {
    ...row,
    slippage: {
      decision: costView(decision),
      arrival: costView(arrival),
      mid: costView(mid),
      vwap: costView(vwap),
    },
    commission: costView(row.commission),
    shortfall: costView(row.shortfall),
  };
}
