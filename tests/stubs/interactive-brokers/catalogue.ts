/** A contract that the stub trades, as TWS describes it. */
export interface StubContract {
  readonly conId: number;
  readonly symbol: string;
  readonly secType: string;
  readonly localSymbol: string;
  readonly tradingClass: string;
  readonly exchange: string;
  readonly primaryExch: string;
  readonly currency: string;
  readonly longName: string;
  readonly lastTradeDate: string;
  readonly strike: number;
  readonly right: string;
  readonly multiplier: string;
  readonly minTick: string;
  readonly validExchanges: string;
  readonly marketRuleIds: string;
  readonly timeZoneId: string;
  readonly stockType: string;
  readonly minSize: string;
  readonly sizeIncrement: string;
}

const make = (
  rest: Partial<StubContract> & Pick<StubContract, 'conId' | 'symbol' | 'secType'>,
): StubContract => ({
  localSymbol: rest.symbol,
  tradingClass: rest.symbol,
  exchange: 'SMART',
  primaryExch: '',
  currency: 'USD',
  longName: rest.symbol,
  lastTradeDate: '',
  strike: 0,
  right: '',
  multiplier: '',
  minTick: '0.01',
  validExchanges: 'SMART,NYSE,NASDAQ',
  marketRuleIds: '26,26,26',
  timeZoneId: 'US/Eastern',
  stockType: '',
  minSize: '0.0001',
  sizeIncrement: '0.0001',
  ...rest,
});

export const CONTRACTS: readonly StubContract[] = [
  make({
    conId: 265_598,
    symbol: 'AAPL',
    secType: 'STK',
    primaryExch: 'NASDAQ',
    tradingClass: 'NMS',
    longName: 'APPLE INC',
    stockType: 'COMMON',
  }),
  make({
    conId: 272_093,
    symbol: 'MSFT',
    secType: 'STK',
    primaryExch: 'NASDAQ',
    tradingClass: 'NMS',
    longName: 'MICROSOFT CORP',
    stockType: 'COMMON',
  }),
  make({
    conId: 72_063_691,
    symbol: 'BRK B',
    secType: 'STK',
    primaryExch: 'NYSE',
    longName: 'BERKSHIRE HATHAWAY INC-CL B',
    stockType: 'COMMON',
  }),
  make({
    conId: 756_733,
    symbol: 'SPY',
    secType: 'STK',
    primaryExch: 'ARCA',
    longName: 'SS SPDR S&P 500 ETF TRUST-US',
    stockType: 'ETF',
  }),
  make({
    conId: 12_087_792,
    symbol: 'EUR',
    secType: 'CASH',
    exchange: 'IDEALPRO',
    localSymbol: 'EUR.USD',
    tradingClass: 'EUR.USD',
    longName: 'European Monetary Union Euro',
    minTick: '0.00005',
    validExchanges: 'IDEALPRO',
    marketRuleIds: '239',
    minSize: '1',
    sizeIncrement: '1',
  }),
  make({
    conId: 479_624_278,
    symbol: 'BTC',
    secType: 'CRYPTO',
    exchange: 'PAXOS',
    localSymbol: 'BTC.USD',
    longName: 'Bitcoin cryptocurrency',
    minTick: '0.25',
    validExchanges: 'PAXOS',
    marketRuleIds: '',
    minSize: '0.00000001',
    sizeIncrement: '0.00000001',
  }),
  make({
    conId: 495_512_563,
    symbol: 'ES',
    secType: 'FUT',
    exchange: 'CME',
    localSymbol: 'ESH6',
    tradingClass: 'ES',
    longName: 'E-mini S&P 500',
    lastTradeDate: '20260320',
    multiplier: '50',
    minTick: '0.25',
    validExchanges: 'CME',
    marketRuleIds: '67',
    timeZoneId: 'US/Central',
  }),
  make({
    conId: 700_000_001,
    symbol: 'AAPL',
    secType: 'OPT',
    localSymbol: 'AAPL  260116C00200000',
    lastTradeDate: '20260116',
    strike: 200,
    right: 'C',
    multiplier: '100',
    marketRuleIds: '32,32,32',
  }),
  make({
    conId: 416_904,
    symbol: 'SPX',
    secType: 'IND',
    exchange: 'CBOE',
    longName: 'S&P 500 Stock Index',
    validExchanges: 'CBOE',
    marketRuleIds: '',
  }),
];

/** Steps of prices, each from a price on. */
export const MARKET_RULES: Readonly<
  Record<number, readonly (readonly [from: string, step: string])[]>
> = {
  26: [
    ['0.0', '1.0E-4'],
    ['1.0', '0.01'],
  ],
  32: [
    ['0.0', '0.01'],
    ['3.0', '0.05'],
  ],
  67: [['0.0', '0.25']],
  239: [['0.0', '5.0E-5']],
};

/** The eleven fields by which most messages name a contract. */
export const contractFields = (c: StubContract, exchange = c.exchange): (string | number)[] => [
  c.conId,
  c.symbol,
  c.secType,
  c.lastTradeDate,
  c.strike,
  c.right === '' ? '?' : c.right,
  c.multiplier,
  exchange,
  c.currency,
  c.localSymbol,
  c.tradingClass,
];

export const contractDetails = (reqId: number, c: StubContract): (string | number)[] => [
  10,
  reqId,
  c.symbol,
  c.secType,
  c.lastTradeDate,
  c.lastTradeDate,
  c.strike,
  c.right,
  c.exchange,
  c.currency,
  c.localSymbol,
  c.tradingClass, // market name
  c.tradingClass,
  c.conId,
  c.minTick,
  c.multiplier,
  'ACTIVETIM,AD,ADJUST,ALERT,DAY,GTC,LMT,MKT,STP',
  c.validExchanges,
  1, // price magnifier
  0, // underlying
  c.longName,
  c.primaryExch,
  '', // contract month
  '',
  '',
  '',
  c.timeZoneId,
  '', // trading hours
  '',
  '', // economic value rule
  '',
  0, // identifiers
  1, // group
  '',
  '',
  c.marketRuleIds,
  c.lastTradeDate,
  c.stockType,
  c.minSize,
  c.sizeIncrement,
  '100',
  0, // reasons for not being eligible
];
