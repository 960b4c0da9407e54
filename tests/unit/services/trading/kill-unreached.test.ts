import { describe, expect, it } from 'vitest';
import { AAPL, ACCOUNT } from '../../../support/exchange.ts';
import { settle } from '../../../support/fake-clock.ts';
import { openDesk, type TestDesk } from '../../../support/trading-desk.ts';
import {
  unreachedText,
  unreachedTitle,
} from '../../../../renderer/components/trading/unreached.ts';
import { riskView } from '../../../../electron/services/live-handlers.ts';
import { ticketOf } from '../../../support/trading-desk.ts';
import { atVenue, now, place } from './placing.ts';

/** Two orders work at the venue, which cannot be reached any more. */
async function cutOff(): Promise<TestDesk> {
  const desk = await openDesk();
  await place(desk);
  await place(desk, ticketOf({ terms: { quantity: '7' } }));
  desk.exchange.setPhase('reconnecting');
  desk.exchange.cancelAll = async () => {
    throw new Error('no connection');
  };
  await settle();
  return desk;
}

async function kill(desk: TestDesk): Promise<readonly string[]> {
  const killing = desk.trading.kill(false, 'test', 'kill-switch');
  await desk.clock.pass(10_000);
  return (await killing).failures;
}

/** The venue answers again, also to "cancel all". */
async function back(desk: TestDesk): Promise<void> {
  Reflect.deleteProperty(desk.exchange, 'cancelAll');
  desk.exchange.setPhase('ready');
  await settle();
}

const shown = ({ trading }: TestDesk) =>
  riskView(trading, { running: false, armed: false, note: '' }).unreached;

const told = ({ notices }: TestDesk): readonly string[] =>
  notices.filter(({ title }) => title.startsWith('Kill switch:')).map(({ text }) => text);

describe('orders at a venue that cannot be reached', () => {
  it('are shown, until it is connected again', async () => {
    const desk = await cutOff();
    expect(shown(desk)).toEqual([{ account: ACCOUNT, orders: 2, cancels: false }]);
    expect(unreachedText(shown(desk))).toBe('2 orders open out of reach');
    expect(unreachedTitle(shown(desk))).toBe(
      '2 orders of PAPER1 are open at a venue that cannot be reached.',
    );
    await back(desk);
    expect(shown(desk)).toEqual([]);
    expect(unreachedText([])).toBe('');
    // Nobody has used the kill switch.
    expect(atVenue(desk)).toEqual(['buy 100 accepted', 'buy 7 accepted']);
  });

  it('are shown too when the connection was taken away for good', async () => {
    const desk = await cutOff();
    desk.trading.removeVenue(desk.exchange.venue);
    expect(desk.trading.accounts()).toEqual([]);
    expect(shown(desk)).toEqual([{ account: ACCOUNT, orders: 2, cancels: false }]);
    expect(await kill(desk)).toContainEqual(
      expect.stringContaining('2 orders are open at a venue'),
    );
    expect(shown(desk)).toEqual([{ account: ACCOUNT, orders: 2, cancels: true }]);
    Reflect.deleteProperty(desk.exchange, 'cancelAll');
    desk.exchange.setPhase('ready');
    desk.trading.addVenue(desk.exchange);
    await settle();
    expect(atVenue(desk)).toEqual(['buy 100 canceled', 'buy 7 canceled']);
  });

  it('are named by the kill switch, and cancelled as soon as it can', async () => {
    const desk = await cutOff();
    // What waits for the answer of a venue that is not there is not known.
    desk.exchange.faults.push('lost-before', 'not-sent');
    expect(await kill(desk)).toContainEqual(
      'PAPER1: 2 orders are open at a venue that cannot be reached; cancelled as soon as it is connected again',
    );
    expect(shown(desk)).toEqual([{ account: ACCOUNT, orders: 2, cancels: true }]);
    expect(unreachedText(shown(desk))).toBe('2 orders open out of reach, cancelled on reconnect');
    expect(unreachedTitle(shown(desk))).toMatch(/the kill switch cancels them/);
    await back(desk);
    expect(atVenue(desk)).toEqual(['buy 100 canceled', 'buy 7 canceled']);
    expect(shown(desk)).toEqual([]);
    expect(told(desk)).toEqual([
      'PAPER1: what the kill switch could not reach before is cancelled now.',
    ]);
    // Once: what is placed later is left alone.
    await desk.trading.risk.setState('active', '', 'user');
    await desk.clock.pass(15_000);
    await place(desk, ticketOf({ terms: { quantity: '9' } }));
    await desk.clock.pass(130_000);
    expect(atVenue(desk).at(-1)).toBe('buy 9 accepted');
    expect(told(desk)).toHaveLength(1);
  });

  it('are cancelled after a restart as well, also those placed elsewhere meanwhile', async () => {
    const desk = await cutOff();
    desk.exchange.faults.push('not-sent', 'not-sent');
    await kill(desk);
    await desk.trading.close();
    const { clock, exchange, journal } = desk;
    const [model] = desk.trading.log.ledger.all();
    exchange.placeOutside({ ...(model as NonNullable<typeof model>), clientOrderId: 'X' as never });
    const { connect } = exchange;
    exchange.connect = async () => undefined;
    const again = await openDesk({ clock, exchange, journal });
    expect(shown(again)).toEqual([{ account: ACCOUNT, orders: 2, cancels: true }]);
    exchange.connect = connect;
    await back(again);
    expect(atVenue(again)).toEqual(['buy 100 canceled', 'buy 7 canceled', 'buy 100 canceled']);
    // And a start after that has nothing left to do.
    await again.trading.close();
    const last = await openDesk({ clock, exchange, journal });
    expect(shown(last)).toEqual([]);
    expect(told(last)).toEqual([]);
  });

  it('are those of that time, once the user trades again', async () => {
    const desk = await cutOff();
    desk.exchange.faults.push('not-sent', 'not-sent');
    await kill(desk);
    await desk.trading.risk.setState('active', '', 'user');
    const [model] = desk.trading.log.ledger.all();
    const outside = { ...(model as NonNullable<typeof model>), clientOrderId: 'X' as never };
    desk.exchange.placeOutside(outside);
    await back(desk);
    expect(atVenue(desk)).toEqual(['buy 100 canceled', 'buy 7 canceled', 'buy 100 accepted']);
  });

  it('are tried again when the venue refuses, and the user is told', async () => {
    const desk = await cutOff();
    desk.exchange.faults.push('not-sent', 'not-sent');
    await kill(desk);
    desk.exchange.setPhase('ready');
    desk.exchange.faults.push('rejected');
    await settle();
    expect(told(desk)).toEqual([
      'PAPER1: what the kill switch could not reach before is cancelled now, but 1 still works; it is tried again.',
    ]);
    await back(desk);
    await desk.clock.pass(70_000);
    expect(atVenue(desk)).toEqual(['buy 100 canceled', 'buy 7 canceled']);
    const [first] = desk.trading.log.ledger.all();
    expect(now(desk, first)).toMatchObject({ state: 'Canceled', instrument: AAPL });
  });

  it('because it goes while the kill switch asks it are cancelled later as well', async () => {
    const desk = await openDesk();
    await place(desk);
    desk.exchange.cancelAll = async () => {
      desk.exchange.setPhase('reconnecting');
      throw new Error('the connection broke');
    };
    desk.exchange.faults.push('not-sent');
    expect(await kill(desk)).toContainEqual(expect.stringContaining('1 order is open at a venue'));
    expect(atVenue(desk)).toEqual(['buy 100 accepted']);
    await back(desk);
    expect(atVenue(desk)).toEqual(['buy 100 canceled']);
  });

  it('are forgotten by a restart when that cannot be noted, which the kill switch says', async () => {
    const desk = await cutOff();
    desk.exchange.faults.push('not-sent', 'not-sent');
    desk.journal.failing = true;
    expect(await kill(desk)).toContainEqual(
      expect.stringContaining('journal: what could not be reached is forgotten by a restart'),
    );
    // While it runs it still knows.
    expect(shown(desk)).toEqual([{ account: ACCOUNT, orders: 2, cancels: true }]);
    await back(desk);
    expect(atVenue(desk)).toEqual(['buy 100 canceled', 'buy 7 canceled']);
  });
});
