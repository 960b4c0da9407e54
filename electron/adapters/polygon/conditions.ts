import type { z } from 'zod';
import { messageOf } from '../../../engine/domain/errors.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import type { Query } from '../../net/rest-client.ts';
import type { Cluster } from './naming.ts';
import { nextPage, QUERY_PATIENCE, type Rest } from './rest.ts';
import { conditionsSchema } from './schemas.ts';

/**
 * Numbers of conditions of stock trades that do not set the last price, as they were when this was written;
 * used until the source has told its own list: average price (2), bunched sold (5), cash (7), derivatively
 * priced (10), out of regular hours (12, 13), official close and open (15, 16), next day (20), price
 * variation (21), prior reference (22), seller (29), sold out (32), out of sequence (33), odd lot (37),
 * contingent (52, 53).
 */
const USUAL: ReadonlySet<number> = new Set([
  2, 5, 7, 10, 12, 13, 15, 16, 20, 21, 22, 29, 32, 33, 37, 52, 53,
]);
const NONE: ReadonlySet<number> = new Set();

/** Which trades count for the last price, by the rules that the source publishes. */
export class Conditions {
  readonly #rest: Rest;
  readonly #context: AdapterContext;
  readonly #irregular = new Map<Cluster, ReadonlySet<number>>([['stocks', USUAL]]);
  readonly #asked = new Set<Cluster>();

  constructor(rest: Rest, context: AdapterContext) {
    this.#rest = rest;
    this.#context = context;
  }

  irregular(cluster: Cluster): ReadonlySet<number> {
    return this.#irregular.get(cluster) ?? NONE;
  }

  /** Asks for the rules of a market, once. A failure leaves what is known. */
  async learn(cluster: Cluster): Promise<void> {
    // Conditions of pairs name the side that took liquidity, nothing else.
    if (cluster === 'crypto' || this.#asked.has(cluster)) return;
    this.#asked.add(cluster);
    try {
      const numbers = new Set<number>();
      let page: { readonly path: string; readonly query: Query } | null = {
        path: '/v3/reference/conditions',
        query: { asset_class: cluster, data_type: 'trade', limit: 1000 },
      };
      for (let pages = 0; page !== null && pages < 10; pages += 1) {
        const answer: z.infer<typeof conditionsSchema> = await this.#rest.client.request({
          method: 'GET',
          ...page,
          schema: conditionsSchema,
          priority: 'query',
          patience: QUERY_PATIENCE,
        });
        for (const { id, update_rules: rules } of answer.results)
          if (rules?.consolidated.updates_open_close === false) numbers.add(id);
        page = answer.next_url === null ? null : nextPage(answer.next_url, this.#rest.origin);
      }
      if (numbers.size > 0) this.#irregular.set(cluster, numbers);
    } catch (error) {
      this.#asked.delete(cluster);
      this.#context.log(
        'info',
        'The list of trade conditions did not come; a built-in one is used.',
        {
          cluster,
          problem: messageOf(error),
        },
      );
    }
  }
}
