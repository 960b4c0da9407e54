/** Fields of a new order at protocol 193, in the order in which they are sent. */
const PLACE_ORDER =
  'kind orderId conId symbol secType lastTradeDate strike right multiplier exchange primaryExch currency localSymbol tradingClass secIdType secId ' +
  'action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account openClose origin orderRef transmit parentId blockOrder sweepToFill displaySize triggerMethod outsideRth hidden ' +
  'sharesAllocation discretionaryAmt goodAfterTime goodTillDate faGroup faMethod faPercentage modelCode shortSaleSlot designatedLocation exemptCode ocaType rule80A settlingFirm allOrNone minQty percentOffset eTradeOnly firmQuoteOnly nbboPriceCap auctionStrategy startingPrice stockRefPrice delta stockRangeLower stockRangeUpper overridePercentageConstraints ' +
  'volatility volatilityType deltaNeutralOrderType deltaNeutralAuxPrice continuousUpdate referencePriceType trailStopPrice trailingPercent scaleInitLevelSize scaleSubsLevelSize scalePriceIncrement scaleTable activeStartTime activeStopTime hedgeType optOutSmartRouting clearingAccount clearingIntent notHeld deltaNeutralContract algoStrategy algoId whatIf orderMiscOptions solicited randomizeSize randomizePrice ' +
  'conditions adjustedOrderType triggerPrice lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice adjustedTrailingAmount adjustableTrailingUnit extOperator softDollarName softDollarValue cashQty mifidDecisionMaker mifidDecisionAlgo mifidExecutionTrader mifidExecutionAlgo dontUseAutoPriceForHedge isOmsContainer discretionaryUpToLimitPrice usePriceMgmtAlgo duration postToAts autoCancelParent advancedErrorOverride manualOrderTime customerAccount professionalCustomer includeOvernight manualOrderIndicator';
const PLACE_FIELDS = PLACE_ORDER.split(' ');

export type Placed = Readonly<Record<string, string>>;

/** Names the fields of a new order. @throws Error when there are more or fewer than the protocol has */
export function readPlaceOrder(fields: readonly string[]): Placed {
  if (fields.length !== PLACE_FIELDS.length) {
    throw new Error(`An order has ${fields.length} fields instead of ${PLACE_FIELDS.length}.`);
  }
  return Object.fromEntries(PLACE_FIELDS.map((name, index) => [name, fields[index] as string]));
}

export interface OpenOrderFields {
  readonly orderId: number;
  readonly permId: number;
  readonly clientId: number;
  readonly placed: Placed;
  readonly contract: readonly (string | number)[];
  readonly quantity: string;
  readonly status: string;
  readonly whatIf: boolean;
  /** Changes of initial margin, maintenance margin and equity. */
  readonly margins: readonly string[];
  readonly commission: string;
  readonly warning: string;
}

type Field = string | number | boolean;
const empty = (count: number): string[] => Array.from({ length: count }, () => '');

/** An open order at protocol 193, as TWS tells it. */
export function openOrder(order: OpenOrderFields): Field[] {
  const { placed: p, margins } = order;
  const field = (name: string): string => p[name] ?? '';
  return [
    5,
    order.orderId,
    ...order.contract,
    field('action'),
    order.quantity,
    field('orderType'),
    field('lmtPrice') === '' ? '0.0' : field('lmtPrice'),
    field('auxPrice') === '' ? '0.0' : field('auxPrice'),
    field('tif'),
    field('ocaGroup'),
    field('account'),
    field('openClose'),
    0,
    field('orderRef'),
    order.clientId,
    order.permId,
    field('outsideRth') === '1',
    false, // hidden
    0, // discretionary amount
    '', // good after
    '', // shares allocation
    ...empty(3), // adviser
    '', // model
    field('goodTillDate'),
    '', // rule 80A
    '', // percent offset
    '', // settling firm
    0, // short-sale slot
    '', // designated location
    -1, // exempt code
    0, // auction strategy
    ...empty(5), // box and pegged orders
    field('displaySize'),
    false, // block
    false, // sweep
    false, // all or none
    '', // least quantity
    field('ocaType') === '' ? 0 : field('ocaType'),
    false, // electronic only
    false, // firm quotes only
    '', // best-price cap
    field('parentId') === '' ? 0 : field('parentId'),
    0, // trigger method
    '', // volatility
    0,
    'None', // delta-neutral order
    '',
    0, // its contract
    ...empty(4),
    false,
    0,
    '',
    0, // continuous update
    0, // reference price
    field('trailStopPrice'),
    field('trailingPercent'),
    '', // basis points
    '',
    '', // combination
    0,
    0,
    0,
    ...empty(3), // scale
    '', // hedge
    false, // no smart routing
    '', // clearing account
    'IB',
    false, // not held
    false, // delta-neutral contract
    '', // algorithm
    false, // solicited
    order.whatIf,
    order.status,
    ...empty(3), // margins before
    ...(margins.length === 3 ? margins : empty(3)),
    ...empty(3), // margins after
    order.commission,
    '',
    '',
    order.commission === '' ? '' : 'USD',
    order.warning,
    false, // random size
    false, // random price
    0, // conditions
    'None', // adjusted order
    '1.7976931348623157E308',
    field('trailStopPrice'),
    field('lmtPriceOffset'),
    ...empty(3),
    0,
    ...empty(3), // soft dollars
    '0', // cash quantity
    false,
    false,
    false,
    false,
    '', // duration
    '',
    false,
    ...empty(5), // pegged to best and mid
    '', // customer's account
    false,
    '',
    false,
    '', // operator
    '',
  ];
}

export interface CompletedFields {
  readonly permId: number;
  readonly placed: Placed;
  readonly contract: readonly (string | number)[];
  readonly status: string;
  readonly filled: string;
  readonly completedTime: string;
  readonly completedStatus: string;
}

/** An order that has ended, as TWS tells it: without its size. */
export function completedOrder(order: CompletedFields): Field[] {
  const field = (name: string): string => order.placed[name] ?? '';
  return [
    101,
    ...order.contract,
    field('action'),
    '0',
    field('orderType'),
    field('lmtPrice') === '' ? '0.0' : field('lmtPrice'),
    field('auxPrice') === '' ? '0.0' : field('auxPrice'),
    field('tif'),
    field('ocaGroup'),
    field('account'),
    '',
    0,
    field('orderRef'),
    order.permId,
    field('outsideRth') === '1',
    false,
    0,
    '',
    ...empty(3),
    '',
    field('goodTillDate'),
    '',
    '',
    '',
    0,
    '',
    -1,
    ...empty(5),
    field('displaySize'),
    false,
    false,
    '',
    field('ocaType') === '' ? 0 : field('ocaType'),
    0, // trigger method
    '',
    0,
    'None',
    '',
    0,
    false,
    0,
    '',
    0,
    0,
    field('trailStopPrice'),
    field('trailingPercent'),
    '',
    0,
    0,
    0,
    ...empty(3),
    '',
    '',
    'IB',
    false,
    false,
    '',
    false,
    order.status,
    false,
    false,
    0,
    field('trailStopPrice'),
    field('lmtPriceOffset'),
    '0',
    false,
    false,
    '',
    order.filled,
    0,
    false,
    '',
    false,
    false,
    0,
    order.completedTime,
    order.completedStatus,
    ...empty(5),
    '',
    false,
  ];
}
