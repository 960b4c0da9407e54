import type { Decimal } from '../domain/decimal.ts';
import type { TradeId, VenueOrderId } from '../domain/identifiers.ts';
import type { Fill, OrderAmendment, OrderIntent, OrderTerms } from '../domain/live-order.ts';
import type { UnixMillis } from '../domain/time.ts';

/** Who says it: we ourselves, the venue as it happened, or the venue when it was asked afterwards. */
export type FactSource = 'local' | 'venue' | 'reconciliation';

/** What was under way when its outcome was lost. */
export type Step = 'submit' | 'amend' | 'cancel';

/**
 * One thing that is known of an order. The life of an order is the list of its facts in the journal; facts
 * that come twice or late do no harm (see `record.ts`).
 */
export type OrderFact =
  | { readonly type: 'initialized'; readonly intent: OrderIntent }
  /** Our own refusal; nothing was sent. */
  | { readonly type: 'denied'; readonly code: string; readonly reason: string }
  /** It may be on its way to the venue from here on. */
  | { readonly type: 'submitted' }
  | { readonly type: 'accepted'; readonly venueOrderId: VenueOrderId }
  | { readonly type: 'rejected'; readonly code: string; readonly reason: string }
  | { readonly type: 'triggered' }
  | { readonly type: 'filled'; readonly fill: Fill }
  /** A commission that the venue tells after the fill. */
  | {
      readonly type: 'commission';
      readonly tradeId: TradeId;
      readonly commission: Decimal;
      readonly currency: string;
    }
  /** The venue has taken a trade back; `at`: when, where a later trade may bear its name. */
  | { readonly type: 'busted'; readonly tradeId: TradeId; readonly at?: UnixMillis | undefined }
  | { readonly type: 'amend-requested'; readonly change: OrderAmendment }
  | {
      readonly type: 'amended';
      readonly terms: OrderTerms;
      /** New where the venue replaces orders. */
      readonly venueOrderId: VenueOrderId | null;
    }
  | { readonly type: 'amend-refused'; readonly code: string; readonly reason: string }
  | { readonly type: 'cancel-requested' }
  | { readonly type: 'cancel-refused'; readonly code: string; readonly reason: string }
  | { readonly type: 'canceled'; readonly reason: string }
  | { readonly type: 'expired'; readonly reason: string }
  /** A timeout, a lost connection, an answer that cannot be read: anything may have happened. */
  | { readonly type: 'outcome-unknown'; readonly step: Step; readonly reason: string }
  /** The venue was asked and knows the order as it stands; nothing is unknown any more. */
  | { readonly type: 'confirmed' };

export interface OrderEvent {
  readonly fact: OrderFact;
  readonly source: FactSource;
  /** When the venue says it happened; null for what we did. */
  readonly venueTime: UnixMillis | null;
  /** When it was known here. */
  readonly time: UnixMillis;
}
