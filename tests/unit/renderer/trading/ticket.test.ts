import { describe, expect, it } from 'vitest';
import { ticket as ticketSchema } from '../../../../engine/protocol/live-schemas.ts';
import { ORDER_TYPES } from '../../../../engine/domain/order.ts';
import { decimal } from '../../../../engine/domain/decimal.ts';
import type { TradableInstrument } from '../../../../renderer/client/trading-state.ts';
import { exitPrice, type ExitBase } from '../../../../renderer/panels/ticket/exits.ts';
import {
  cleared,
  EMPTY_FORM,
  fieldOf,
  hasLimit,
  hasStop,
  hasTrail,
  parseTicket,
  readForm,
  type TicketForm,
} from '../../../../renderer/panels/ticket/ticket-form.ts';
import { wished } from '../../../../renderer/panels/ticket/wish.ts';
import { quote } from './views.ts';

const ACME: TradableInstrument = {
  id: 'ACME.XNAS',
  symbol: 'ACME',
  name: 'Acme',
  assetClass: 'equity',
  currency: 'USD',
  baseCurrency: '',
  calendar: 'us-equity',
  ticks: [
    { from: '0', tickSize: '0.0001' },
    { from: '1', tickSize: '0.01' },
  ],
  lotSize: '1',
  minQuantity: '1',
  maxQuantity: null,
  minNotional: null,
  maxNotional: null,
  multiplier: '1',
  tradable: true,
  shortable: true,
  fractional: false,
  marginable: true,
  expiry: null,
};

const QUOTE = quote({
  bid: 99.99,
  ask: 100.01,
  bidSize: 100,
  askSize: 200,
  last: 100,
  lastSize: 10,
});

const FACTS = { instrument: ACME, quote: QUOTE, equity: '100000' };
const FORM: TicketForm = {
  ...EMPTY_FORM,
  account: 'PAPER',
  instrument: 'ACME.XNAS',
  size: '100',
  limit: '100',
};

function ticketOf(part: Partial<TicketForm>) {
  const read = readForm({ ...FORM, ...part }, FACTS);
  if (!('ticket' in read)) throw new Error(JSON.stringify(read));
  return read.ticket;
}

function errorsOf(part: Partial<TicketForm>) {
  const read = readForm({ ...FORM, ...part }, FACTS);
  if ('ticket' in read) throw new Error('no error');
  return read;
}

describe('the ticket', () => {
  it('is what the form says, field by field', () => {
    expect(ticketOf({})).toEqual({
      account: 'PAPER',
      instrument: 'ACME.XNAS',
      terms: { side: 'buy', type: 'limit', quantity: '100', limitPrice: '100', timeInForce: 'day' },
    });
    expect(
      ticketOf({
        side: 'sell',
        size: ' 0100.50 ',
        limit: '1250.500',
        force: 'gtd',
        goodTill: '2027-01-02T15:30',
        extended: true,
        reduceOnly: true,
        postOnly: true,
      }).terms,
    ).toEqual({
      side: 'sell',
      type: 'limit',
      quantity: '100.5',
      limitPrice: '1250.5',
      timeInForce: 'gtd',
      goodTill: Date.UTC(2027, 0, 2, 15, 30),
      extendedHours: true,
      reduceOnly: true,
      postOnly: true,
    });
  });

  it('spends money instead of buying units', () => {
    const ticket = ticketOf({ sizeIn: 'money', size: '2500' });
    expect(ticket.notional).toBe('2500');
    expect(ticket.terms.quantity).toBeUndefined();
  });

  it.each(ORDER_TYPES)('gives a %s order the prices that belong to it, and no others', (type) => {
    const { terms } = ticketOf({
      type,
      limit: '101',
      stop: '99',
      trail: '1.5',
      limitOffset: '0.1',
      postOnly: true,
    });
    expect(terms.limitPrice !== undefined).toBe(hasLimit(type));
    expect(terms.stopPrice !== undefined).toBe(hasStop(type));
    expect(terms.trailAmount !== undefined).toBe(hasTrail(type));
    expect(terms.limitOffset !== undefined).toBe(type === 'trailing_stop_limit');
    expect(terms.postOnly).toBe(type === 'limit' ? true : undefined);
    expect(
      ticketSchema.safeParse(
        ticketOf({ type, limit: '101', stop: '99', trail: '1.5', limitOffset: '0' }),
      ).success,
    ).toBe(true);
  });

  it('trails by percent where that was chosen', () => {
    const { terms } = ticketOf({ type: 'trailing_stop', trail: '2.5', trailIn: 'percent' });
    expect(terms.trailPercent).toBe('2.5');
    expect(terms.trailAmount).toBeUndefined();
  });

  it.each(['NaN', '1e3', '1,000', '--1', 'Infinity', '0x10', '1 000', '1'.repeat(60)])(
    'refuses %s as a number and says so at its field',
    (size) => {
      const { errors } = errorsOf({ size });
      expect(errors['size']).toMatch(/number|commas/);
    },
  );

  it('tells what is missing from what is wrong', () => {
    expect(errorsOf({ size: '' })).toEqual({ errors: {}, missing: true });
    expect(errorsOf({ limit: '' })).toEqual({ errors: {}, missing: true });
    expect(errorsOf({ account: '' }).missing).toBe(true);
    expect(errorsOf({ force: 'gtd', goodTill: '' }).missing).toBe(true);
    expect(errorsOf({ force: 'gtd', goodTill: 'soon' }).errors['goodTill']).toBeDefined();
  });

  it('has exits at the prices that their distances come to', () => {
    // A stop 1.5 % below 100 is 98.50: one R is 1.50, so 2 R is 103.00.
    const ticket = ticketOf({
      protect: { on: true, value: '1.5', unit: 'percent' },
      target: { on: true, value: '2', unit: 'r' },
    });
    expect(ticket.stopLoss).toEqual({ stopPrice: '98.5' });
    expect(ticket.takeProfit).toEqual({ limitPrice: '103' });
  });

  it('measures exits of a market order from what the market asks', () => {
    const ticket = ticketOf({
      type: 'market',
      side: 'sell',
      protect: { on: true, value: '10', unit: 'ticks' },
    });
    // A seller gets the bid of 99.99; ten ticks of 0.01 above it is the stop of a short position.
    expect(ticket.stopLoss).toEqual({ stopPrice: '100.09' });
    expect(ticket.terms.limitPrice).toBeUndefined();
  });

  it('refuses exits on the wrong side, and waits for those not typed yet', () => {
    expect(errorsOf({ protect: { on: true, value: '101', unit: 'price' } }).errors['protect']).toBe(
      'Must be below the entry at 100.',
    );
    expect(
      errorsOf({ side: 'sell', target: { on: true, value: '101', unit: 'price' } }).errors[
        'target'
      ],
    ).toBe('Must be below the entry at 100.');
    expect(errorsOf({ target: { on: true, value: '', unit: 'r' } })).toEqual({
      errors: {},
      missing: true,
    });
  });
});

describe('prices of exits', () => {
  const base: ExitBase = {
    entry: decimal('50'),
    side: 'buy',
    ticks: ACME.ticks,
    quantity: decimal('200'),
    equity: decimal('100000'),
    multiplier: decimal('1'),
  };

  it('put 1 % of the equity at risk for one R without a stop', () => {
    // 1 % of 100,000 is 1,000; over 200 units that is 5.00 a unit.
    expect(exitPrice('stop', 'r', '1', base)).toEqual({ price: '45' });
    expect(exitPrice('target', 'r', '2', base)).toEqual({ price: '60' });
    // With a multiplier of 50 a unit moves 50 times the money: 0.10 away.
    expect(exitPrice('stop', 'r', '1', { ...base, multiplier: decimal('50') })).toEqual({
      price: '49.9',
    });
  });

  it('lie the other way round for a short position', () => {
    const short = { ...base, side: 'sell' as const };
    expect(exitPrice('stop', 'percent', '2', short)).toEqual({ price: '51' });
    expect(exitPrice('target', 'percent', '2', short)).toEqual({ price: '49' });
  });

  it('stand on the tick of their price, which gets finer below 1', () => {
    expect(exitPrice('stop', 'percent', '0.33', base)).toEqual({ price: '49.84' });
    const penny = { ...base, entry: decimal('0.5') };
    expect(exitPrice('stop', 'percent', '0.33', penny)).toEqual({ price: '0.4984' });
  });

  it('say what keeps them from being found', () => {
    expect(exitPrice('stop', 'r', '1', { ...base, equity: undefined })).toHaveProperty('fault');
    expect(exitPrice('stop', 'percent', '0', base)).toEqual({ fault: 'Must be more than 0.' });
    expect(exitPrice('stop', 'percent', '0.001', base)).toHaveProperty('fault');
    expect(exitPrice('stop', 'price', 'x', base)).toHaveProperty('fault');
  });
});

describe('what the ticket keeps', () => {
  it('is never a price, nor an exit that is switched on', () => {
    const kept = parseTicket({
      ...FORM,
      stop: '99',
      force: 'gtd',
      goodTill: '2027-01-01T00:00',
      reduceOnly: true,
      protect: { on: true, value: '98', unit: 'price' },
    });
    expect(kept).toMatchObject({
      instrument: 'ACME.XNAS',
      size: '100',
      limit: '',
      stop: '',
      force: 'day',
      goodTill: '',
      reduceOnly: false,
      protect: { on: false, value: '', unit: 'price' },
    });
  });

  it('is read from anything without harm', () => {
    expect(parseTicket(null)).toBeUndefined();
    expect(parseTicket('x')).toBeUndefined();
    expect(parseTicket({ side: 'up', type: 7, size: 3, target: null })).toEqual(EMPTY_FORM);
  });

  it('is without size and prices after it was cleared', () => {
    const form = cleared({ ...FORM, stop: '1', postOnly: true, reduceOnly: true, extended: true });
    expect(form).toEqual({
      ...EMPTY_FORM,
      account: 'PAPER',
      instrument: 'ACME.XNAS',
      extended: true,
    });
  });
});

describe('wishes of other panels', () => {
  it('fill the ticket of the same instrument, and begin another for a new one', () => {
    const form = { ...FORM, type: 'market' as const };
    expect(wished(form, { instrument: 'ACME.XNAS', side: 'sell', price: '99.5' })).toMatchObject({
      type: 'limit',
      side: 'sell',
      size: '100',
      limit: '99.5',
    });
    expect(wished(form, { instrument: 'OTHER.XNAS' })).toMatchObject({
      instrument: 'OTHER.XNAS',
      size: '',
      limit: '',
    });
  });

  it('protect a position with a stop that outlives the day', () => {
    const form = wished(
      { ...FORM, target: { on: true, value: '2', unit: 'r' } },
      {
        instrument: 'ACME.XNAS',
        side: 'sell',
        quantity: '70',
        type: 'stop',
        price: '95',
        reduceOnly: true,
      },
    );
    expect(form).toMatchObject({
      type: 'stop',
      stop: '95',
      size: '70',
      force: 'gtc',
      reduceOnly: true,
      target: { on: false },
    });
    // What the user had chosen comes back for the next order, also after a restart.
    expect(cleared(form)).toMatchObject({ type: 'limit', force: 'day', side: 'buy', aside: null });
    expect(parseTicket(JSON.parse(JSON.stringify(form)))).toMatchObject({
      type: 'limit',
      force: 'day',
      side: 'buy',
      aside: null,
    });
    expect(readForm(form, FACTS)).toMatchObject({
      ticket: { terms: { type: 'stop', stopPrice: '95', timeInForce: 'gtc', reduceOnly: true } },
    });
  });
});

describe('faults that the workstation names', () => {
  it('are shown beside the field that they are of', () => {
    expect(fieldOf('quantity')).toBe('size');
    expect(fieldOf('stopLoss.stopPrice')).toBe('protect');
    expect(fieldOf('goodTill')).toBe('goodTill');
  });
});
