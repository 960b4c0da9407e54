import type { ReconciliationCase } from '../../../engine/protocol/live-schemas.ts';

/** What differs, as a title. */
export const KIND_WORDS: Readonly<Record<ReconciliationCase['kind'], string>> = {
  'order-missing-at-venue': 'Order missing at the venue',
  'order-unknown-here': 'Order unknown here',
  'order-differs': 'Order differs',
  'fill-missing-here': 'Fill missing here',
  'fill-differs': 'Fill differs',
  'fill-unknown-order': 'Fill of an unknown order',
  'position-differs': 'Position differs',
  'cash-differs': 'Cash differs',
  'order-anomaly': 'Order told strangely',
  'query-failed': 'The venue could not be asked',
};
