import { z } from 'zod';

/**
 * What is let in of the library's messages. It reads numbers as doubles and gives undefined where TWS sent
 * nothing or its largest double; NaN is what it makes of letters where a number belongs, and never passes.
 */
const number = z.number();
const whole = z.number().int();
const text = z.string().max(20_000);
const maybeText = text.optional();
const maybeNumber = z.number().optional();

export const contractSchema = z.object({
  conId: whole.min(0),
  symbol: text,
  secType: text,
  lastTradeDateOrContractMonth: maybeText,
  strike: maybeNumber,
  right: maybeText,
  multiplier: maybeNumber,
  exchange: maybeText,
  primaryExch: maybeText,
  currency: text,
  localSymbol: maybeText,
  tradingClass: maybeText,
});
export type ContractTold = z.infer<typeof contractSchema>;

export const detailsSchema = z.object({
  contract: contractSchema,
  longName: maybeText,
  marketName: maybeText,
  minTick: number.positive(),
  orderTypes: maybeText,
  validExchanges: maybeText,
  priceMagnifier: whole.optional(),
  timeZoneId: maybeText,
  lastTradeTime: maybeText,
  realExpirationDate: maybeText,
  marketRuleIds: maybeText,
  stockType: maybeText,
  minSize: maybeNumber,
  sizeIncrement: maybeNumber,
});
export type DetailsTold = z.infer<typeof detailsSchema>;

export const incrementsSchema = z
  .array(z.object({ lowEdge: number.min(0), increment: number.positive() }))
  .min(1)
  .max(100);

export const sampleSchema = z.object({
  contract: z.object({
    conId: whole,
    symbol: text,
    secType: text,
    primaryExch: maybeText,
    currency: text,
  }),
});

export const orderSchema = z.object({
  orderId: whole.optional(),
  clientId: whole.optional(),
  permId: whole.optional(),
  parentId: whole.optional(),
  action: z.enum(['BUY', 'SELL', 'SSHORT', 'SLONG']),
  totalQuantity: number.min(0),
  orderType: text,
  lmtPrice: maybeNumber,
  auxPrice: maybeNumber,
  trailStopPrice: maybeNumber,
  trailingPercent: maybeNumber,
  lmtPriceOffset: maybeNumber,
  tif: text,
  goodTillDate: maybeText,
  ocaGroup: maybeText,
  ocaType: whole.optional(),
  account: text,
  orderRef: maybeText,
  outsideRth: z.boolean().optional(),
  displaySize: whole.optional(),
  whatIf: z.boolean().optional(),
  filledQuantity: maybeNumber,
});
export type OrderTold = z.infer<typeof orderSchema>;

export const orderStateSchema = z.object({
  status: text,
  initMarginChange: maybeNumber,
  maintMarginChange: maybeNumber,
  commission: maybeNumber,
  minCommission: maybeNumber,
  maxCommission: maybeNumber,
  warningText: maybeText,
  completedTime: maybeText,
  completedStatus: maybeText,
});
export type OrderStateTold = z.infer<typeof orderStateSchema>;

export const statusSchema = z.tuple([
  whole, // order id
  text, // status
  number.min(0), // filled
  number.min(0).optional(), // remaining
  maybeNumber, // average price
  whole.optional(), // permanent id
  whole.optional(), // parent id
  maybeNumber, // last price
  whole.optional(), // client id
  maybeText, // why it is held
  maybeNumber,
]);

export const executionSchema = z.object({
  orderId: whole.optional(),
  clientId: whole.optional(),
  permId: whole,
  execId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/),
  time: text,
  acctNumber: text,
  side: z.enum(['BOT', 'SLD']),
  shares: number.min(0),
  price: number,
  cumQty: maybeNumber,
  avgPrice: maybeNumber,
  orderRef: maybeText,
  lastLiquidity: whole.optional(),
});
export type ExecutionTold = z.infer<typeof executionSchema>;

export const commissionSchema = z.object({
  execId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/),
  commission: maybeNumber,
  currency: text,
});

export const positionSchema = z.tuple([text, contractSchema, number, maybeNumber]);
export const summarySchema = z.tuple([whole, text, text, text, text]);

export const barSchema = z.tuple([
  whole, // request
  text, // time
  number,
  number,
  number,
  number,
  maybeNumber, // volume
  maybeNumber, // count
  maybeNumber, // average
  z.unknown(),
]);

export const scanRowSchema = z.tuple([
  whole,
  whole,
  z.object({
    contract: z.object({
      conId: whole,
      symbol: text,
      secType: text,
      exchange: maybeText,
      currency: text,
      localSymbol: maybeText,
    }),
    marketName: maybeText,
  }),
  maybeText,
  maybeText,
  maybeText,
  maybeText,
]);
