import { RenataError } from '../../engine/domain/errors.ts';
import { resolveParameters } from '../../engine/domain/parameters.ts';
import { INDICATORS } from '../../engine/indicators/registry.ts';
import type { CallInput, CallOutput } from '../../engine/protocol/contract.ts';
import { lowerBound } from '../../engine/series/columns.ts';
import type { Store } from '../storage/store-client.ts';
import type { ComputePool } from './compute.ts';
import { checkOrder, details } from './history.ts';
import { suggestion } from './nearest-name.ts';

export interface Indicators {
  compute(input: CallInput<'indicators.compute'>): Promise<CallOutput<'indicators.compute'>>;
}

export function createIndicators(store: Store, compute: ComputePool): Indicators {
  return {
    async compute({ indicator, parameters, datasetId, adjustment, start, end, maxPoints }) {
      const definition = INDICATORS.find((known) => known.id === indicator);
      if (definition === undefined) {
        const known = INDICATORS.map((each) => each.id);
        throw new RenataError(
          'NOT_FOUND',
          `There is no indicator "${indicator}".${suggestion(indicator, known)}`,
          { details: { parameter: 'indicator' } },
        );
      }
      const values = resolveParameters(indicator, definition.parameters, parameters);
      checkOrder(start, end);
      await details(store, datasetId);
      // The whole dataset, so that the lead-in does not move with the range that is shown.
      const { bars } = await store.readBars({ datasetId, adjustment });
      const outputs = await compute.run('indicator', { indicator, parameters: values, bars });
      const to = end === null ? bars.time.length : lowerBound(bars.time, end + 1);
      const first = start === null ? 0 : lowerBound(bars.time, start);
      const from = Math.max(first, to - maxPoints, 0);
      const cut = (column: Float64Array): Float64Array<ArrayBuffer> =>
        new Float64Array(column.subarray(from, Math.max(from, to)));
      return {
        time: cut(bars.time),
        outputs: outputs.map((output) => ({ name: output.name, values: cut(output.values) })),
      };
    },
  };
}
