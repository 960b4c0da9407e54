import { PORTFOLIO_PRELUDE } from './portfolio-prelude.ts';

/**
 * Runs inside the sandbox before the strategy does. It is the only thing there that can reach the
 * functions handed in, and gives the strategy an interface over them: numbers come from typed arrays that
 * were copied in once and from a small block that is written before each call. Arrays stay in closures, so
 * that the strategy can read them up to the current bar only.
 */
export const PRELUDE = `(function (host, block) {
  'use strict';
  const { Float64Array, JSON, Object, String, Error, RangeError, TypeError, Math, WeakMap, Map } = globalThis;
  const { stringify, parse } = JSON;
  const { freeze } = Object;
  const state = new Float64Array(block);
  const plotted = new WeakMap();
  const idOf = plotted.get.bind(plotted);
  const keep = plotted.set.bind(plotted);
  Math.random = () => host.random();

  // Live there are no whole columns: each value is asked for, and only those of bars that have closed are there.
  const grows = host.value !== undefined;
  const view = (id, load, clock = 0, name = '') => {
    let values;
    const at = (ago = 0) => {
      const now = state[clock];
      const i = now - ago;
      // The sum is what is checked: an object may give another number each time it is asked for one.
      if (i > now) throw new RangeError('the value ' + -ago + ' bars in the future cannot be read; at(n) takes n = 0, 1, 2, … bars back');
      if (i < 0) return 0 / 0;
      if (!grows && values === undefined) values = new Float64Array(load());
      const value = grows ? host.value(id, name, i) : values[i];
      if (value === undefined) throw new RangeError('at(n) takes n = 0, 1, 2, … bars back, not ' + String(ago));
      return value;
    };
    const made = freeze({ at });
    keep(made, id);
    return made;
  };
  const text = (value) => (value === undefined ? '' : String(value));
  const price = (name) => view(-1, () => host.price(name), 0, name);
  const made = (id) => view(id, () => host.column(id));
  const bars = () => ({ context: freeze({
    get index() { return state[0]; },
    get position() { return state[1]; },
    get cash() { return state[2]; },
    get equity() { return state[3]; },
    get entryPrice() { return state[4]; },
    get shortAllowed() { return state[5] === 1; },
    get warmingUp() { return state[7] === 1; },
    time: price('time'), open: price('open'), high: price('high'),
    low: price('low'), close: price('close'), volume: price('volume'),
    random: () => host.random(),
    order: (request) => host.order(stringify(request)),
    buy: (tag) => host.market('buy', text(tag)),
    sell: (tag) => host.market('sell', text(tag)),
    exit: (tag) => host.market('exit', text(tag)),
    bracket: (request) => parse(host.bracket(stringify(request))),
    amend: (order, change) => host.amend(+order, stringify(change)),
    cancel: (order) => { host.cancel(+order); },
    cancelAll: () => { host.cancelAll(); },
  }), setup: freeze({
    get barCount() {
      if (grows) throw new RangeError('setup.barCount is of backtests alone: how many bars a live run will have is not known');
      return state[6];
    },
    indicator: (id, parameters, output) =>
      made(host.indicator(String(id), stringify(parameters === undefined ? {} : parameters), text(output))),
    series: (expression) => made(host.series(String(expression))),
    plot: (name, series) => {
      const id = idOf(series);
      if (id === undefined || id < 0) throw new TypeError('plot takes a series that setup.indicator or setup.series gave');
      host.plot(String(name), id);
    },
  }) });
  ${PORTFOLIO_PRELUDE}
  const symbols = freeze(parse(host.symbols()));
  const { context, setup } = symbols.length === 0 ? bars() : portfolio(symbols);

  let strategy;
  let running;
  const nothing = (what, result) => {
    if (result !== undefined && result !== null && typeof result === 'object') {
      throw new TypeError(what + ' must return nothing; a strategy cannot wait (async)');
    }
  };
  const told = (error) => {
    try {
      if (typeof error !== 'object' || error === null) return stringify(['', String(error), '', 0]);
      const { name, message, stack, lineNumber } = error;
      return stringify([String(name), String(message), String(stack), +lineNumber]);
    } catch {
      return stringify(['', 'it threw something that cannot be read', '', 0]);
    }
  };
  /** Gives undefined when the work went well, and else what was thrown, as text. */
  const guarded = (work) => () => {
    try { return work(); } catch (error) { return told(error); }
  };
  return freeze({
    told,
    load(exported) {
      strategy = exported.strategy === undefined ? exported.default : exported.strategy;
      if (typeof strategy !== 'object' || strategy === null) throw new TypeError('it has to export its strategy: export const strategy = { … }');
      if (typeof strategy.create !== 'function') throw new TypeError('strategy.create has to be a function');
      const { create, validate, ...described } = strategy;
      if (validate !== undefined && typeof validate !== 'function') throw new TypeError('strategy.validate has to be a function');
      return stringify(described);
    },
    check(values) {
      if (strategy.validate === undefined) return undefined;
      const problem = strategy.validate(parse(values));
      return problem === undefined ? undefined : String(problem);
    },
    create(values) {
      running = strategy.create(freeze(parse(values)), setup);
      if (typeof running !== 'object' || running === null || typeof running.onBar !== 'function') {
        throw new TypeError('strategy.create has to return an object with the function onBar');
      }
      return running.onOrder === undefined ? 0 : 1;
    },
    bar: guarded(() => { nothing('onBar', running.onBar(context)); }),
    event(json) {
      try {
        const happened = parse(json);
        // JSON has no NaN: nothing was filled.
        if (happened.price === null) happened.price = 0 / 0;
        nothing('onOrder', running.onOrder(freeze(happened), context));
      } catch (error) { return told(error); }
    },
  });
})`;
