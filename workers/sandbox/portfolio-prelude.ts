/** Where the numbers of an account lie in the block, and those of each instrument after them. */
export const ACCOUNT = {
  moment: 0,
  time: 1,
  cash: 2,
  equity: 3,
  shortAllowed: 4,
  warmingUp: 5,
} as const;
export const ACCOUNT_NUMBERS = 6;

export const INSTRUMENT = {
  index: 0,
  position: 1,
  price: 2,
  entryPrice: 3,
  weight: 4,
  tradable: 5,
} as const;
export const INSTRUMENT_NUMBERS = 6;

/**
 * The part of the prelude that a strategy of several instruments sees. It stands inside the prelude's
 * function and uses what is defined there.
 */
export const PORTFOLIO_PRELUDE = `
  const portfolio = (symbols) => {
    const find = Map.prototype.get;
    const rows = new Map();
    for (let row = 0; row < symbols.length; row += 1) rows.set(symbols[row], row);
    const rowOf = find.bind(rows);
    const row = (symbol) => {
      const found = rowOf(symbol);
      if (found === undefined) throw new Error(host.unknown(String(symbol)));
      return found;
    };
    const start = (row) => ${ACCOUNT_NUMBERS} + row * ${INSTRUMENT_NUMBERS};
    const instruments = [];
    const setups = [];
    for (let i = 0; i < symbols.length; i += 1) {
      const at = start(i);
      const price = (name) => view(-1, () => host.price(i, name), at, i + ' ' + name);
      const made = (id) => view(id, () => host.column(id), at);
      instruments[i] = freeze({
        symbol: symbols[i],
        get index() { return state[at + ${INSTRUMENT.index}]; },
        get position() { return state[at + ${INSTRUMENT.position}]; },
        get price() { return state[at + ${INSTRUMENT.price}]; },
        get entryPrice() { return state[at + ${INSTRUMENT.entryPrice}]; },
        get weight() { return state[at + ${INSTRUMENT.weight}]; },
        get tradable() { return state[at + ${INSTRUMENT.tradable}] === 1; },
        open: price('open'), high: price('high'), low: price('low'),
        close: price('close'), volume: price('volume'),
      });
      setups[i] = freeze({
        symbol: symbols[i],
        get barCount() {
          if (grows) throw new RangeError('setup.instrument(symbol).barCount is of backtests alone: how many bars a live run will have is not known');
          return host.barCount(i);
        },
        indicator: (id, parameters, output) =>
          made(host.indicator(i, String(id), stringify(parameters === undefined ? {} : parameters), text(output))),
        series: (expression) => made(host.series(i, String(expression))),
      });
    }
    return {
      context: freeze({
        symbols,
        get index() { return state[${ACCOUNT.moment}]; },
        get time() { return state[${ACCOUNT.time}]; },
        get cash() { return state[${ACCOUNT.cash}]; },
        get equity() { return state[${ACCOUNT.equity}]; },
        get shortAllowed() { return state[${ACCOUNT.shortAllowed}] === 1; },
        get warmingUp() { return state[${ACCOUNT.warmingUp}] === 1; },
        random: () => host.random(),
        instrument: (symbol) => instruments[row(symbol)],
        order: (symbol, request) => host.order(row(symbol), stringify(request)),
        bracket: (symbol, request) => parse(host.bracket(row(symbol), stringify(request))),
        amend: (order, change) => host.amend(+order, stringify(change)) === 1,
        cancel: (order) => { host.cancel(+order); },
        cancelAll: (symbol) => { host.cancelAll(symbol === undefined ? -1 : row(symbol)); },
        setTargets: (weights, options) => { host.targets(stringify(weights), stringify(options === undefined ? {} : options)); },
      }),
      setup: freeze({ symbols, instrument: (symbol) => setups[row(symbol)] }),
    };
  };`;
